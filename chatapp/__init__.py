"""chatapp: a full-screen terminal chat client for any OpenAI-compatible API."""

__version__ = "0.1.0"
