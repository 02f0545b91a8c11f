"""The answer to `/models`, in all its shapes."""

from chatapp.providers.response_decoder import parse_json


def read_model_ids(body: bytes) -> tuple[str, ...] | None:
    """The ids in an answer to `/models`, in any known shape, or None when it is no such answer."""
    entries = read_entries(body)
    if entries is None:
        return None
    ids = {found for entry in entries if (found := model_id(entry))}
    return tuple(sorted(ids, key=lambda name: (name.casefold(), name)))


def read_entries(body: bytes) -> list[object] | None:
    """The entries of the answer, one a model, or None when it is no such answer."""
    try:
        listing = parse_json(body)
    except ValueError:
        return None
    if isinstance(listing, dict):
        found = (listing.get(name) for name in ("data", "models"))
        listing = next((value for value in found if isinstance(value, list)), None)
    return listing if isinstance(listing, list) else None


def model_id(entry: object) -> str:
    """The id that an entry gives its model, or nothing."""
    if isinstance(entry, dict):
        named = (entry.get(name) for name in ("id", "name", "model"))
        entry = next((value for value in named if isinstance(value, str) and value), "")
    return entry.removeprefix("models/") if isinstance(entry, str) else ""
