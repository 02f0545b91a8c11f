"""The answer to `/models`, in all its shapes."""

from collections.abc import Iterable
from typing import TypeGuard

from chatapp.providers.response_decoder import parse_json

MOST_MODELS = 10_000
"""Several times what the largest catalogues have; nobody reads a longer list."""

LONGEST_ID = 256
"""In characters; a longer one is no name that anybody gave."""


def model_ids(entries: Iterable[object]) -> tuple[str, ...]:
    """The ids that the entries of an answer give their models, sorted."""
    ids = {found for entry in entries if (found := model_id(entry))}
    return tuple(sorted(ids, key=lambda name: (name.casefold(), name)))


def read_entries(body: bytes) -> list[object] | None:
    """The first entries of an answer to `/models`, one a model, or None when it is no such answer.

    Any known shape will do.
    """
    try:
        listing = parse_json(body)
    except ValueError:
        return None
    if isinstance(listing, dict):
        found = (listing.get(name) for name in ("data", "models"))
        listing = next((value for value in found if isinstance(value, list)), None)
    return listing[:MOST_MODELS] if isinstance(listing, list) else None


def model_id(entry: object) -> str:
    """The id that an entry gives its model, or nothing where it gives none of use."""
    if isinstance(entry, dict):
        named = (entry.get(name) for name in ("id", "name", "model"))
        entry = next((value for value in named if isinstance(value, str) and value), "")
    return entry.removeprefix("models/") if _is_id(entry) else ""


def _is_id(entry: object) -> TypeGuard[str]:
    return isinstance(entry, str) and len(entry) <= LONGEST_ID
