"""The answer to `/models`, in all its shapes."""

from chatapp.providers.response_decoder import parse_json


def read_model_ids(body: bytes) -> tuple[str, ...] | None:
    """The ids in an answer to `/models`, in any known shape, or None when it is no such answer."""
    try:
        listing = parse_json(body)
    except ValueError:
        return None
    if isinstance(listing, dict):
        found = (listing.get(name) for name in ("data", "models"))
        listing = next((value for value in found if isinstance(value, list)), None)
    if not isinstance(listing, list):
        return None
    ids = {model_id for entry in listing if (model_id := _model_id(entry))}
    return tuple(sorted(ids, key=lambda model_id: (model_id.casefold(), model_id)))


def _model_id(entry: object) -> str:
    if isinstance(entry, dict):
        named = (entry.get(name) for name in ("id", "name", "model"))
        entry = next((value for value in named if isinstance(value, str) and value), "")
    return entry.removeprefix("models/") if isinstance(entry, str) else ""
