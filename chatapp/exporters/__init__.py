"""Conversations as files: ours, and what other programs write."""
