"""What a server tells of its models' context windows.

Lists of models tell it under several names; Ollama, LM Studio and older llama.cpp servers tell
it, or what they really use of it, at an address of their own.
"""

from collections.abc import Iterable, Mapping

from chatapp.providers.model_listing import model_id, read_entries
from chatapp.providers.response_decoder import parse_json

_FIELDS = (
    ("meta", "n_ctx"),  # llama.cpp: what it was started with
    ("loaded_context_length",),  # LM Studio, likewise
    ("max_model_len",),  # vLLM, SGLang
    ("top_provider", "context_length"),  # OpenRouter: of the provider it would choose
    ("context_length",),  # OpenRouter, Together; Ollama of what is loaded
    ("context_window",),  # Groq
    ("max_context_length",),  # Mistral; LM Studio of what is not loaded
    ("max_input_tokens",),
    ("inputTokenLimit",),  # Gemini
)
"""Where the entry of a model has its window, the surest first."""

_NO_WINDOW = 10**9
"""In tokens: what is no number of tokens that a model could read."""

_NATIVE_PLACES = {
    "library": "/api/ps",  # Ollama
    "organization_owner": "/api/v0/models",  # LM Studio
    "llamacpp": "/props",
}
"""By what a list of models calls their owner: where such a server tells more."""


class ServerWindows:
    """What one server has said about its models."""

    def __init__(self) -> None:
        self._windows: dict[str, int] = {}
        self._owners: dict[str, str] = {}
        self.was_asked = False
        """Whether it makes no sense to ask for the list of models once more."""

    def take_listing(self, entries: Iterable[object]) -> None:
        """Learn from the entries of an answer to `/models`."""
        self.was_asked = True
        for entry in entries:
            if name := model_id(entry):
                self._take(name, entry)
                owner = entry.get("owned_by") if isinstance(entry, Mapping) else None
                self._owners[name] = owner if isinstance(owner, str) else ""

    def native_place(self, model: str) -> str | None:
        """The path, below the server's root, at which it tells what its list did not."""
        if self.window(model) is not None:
            return None
        name = self._name(model)
        return _NATIVE_PLACES.get(self._owners[name]) if name is not None else None

    def take_native(self, model: str, body: bytes) -> None:
        """Learn from the answer at the native place of a model."""
        entries = read_entries(body)
        for entry in entries or ():
            self._take(model_id(entry), entry)
        if entries is None and (name := self._name(model)) is not None:
            self._take(name, _default_settings(body))

    def window(self, model: str) -> int | None:
        """The model's window in tokens, or None."""
        name = self._name(model)
        return None if name is None else self._windows.get(name)

    def _take(self, name: str, entry: object) -> None:
        if tokens := _window_of(entry):
            self._windows[name] = tokens

    def _name(self, model: str) -> str | None:
        """The name in the list; a server with one model answers to any name."""
        names = (model, f"{model}:latest", *(self._owners if len(self._owners) == 1 else ()))
        return next((name for name in names if name in self._owners), None)


def _window_of(entry: object) -> int | None:
    """The window that a model's entry tells."""
    for path in _FIELDS:
        value = entry
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _NO_WINDOW:
            return value
    return None


def _default_settings(body: bytes) -> object:
    """What llama.cpp's `/props` says in the shape of a list's entry."""
    try:
        properties = parse_json(body)
    except ValueError:
        return None
    if not isinstance(properties, Mapping):
        return None
    return {"meta": properties.get("default_generation_settings")}
