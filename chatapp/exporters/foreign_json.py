"""Reading what other programs write: forgiving, for nobody promised what stands there.

Each function returns what the value is if it is that, and something empty otherwise.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from chatapp.core.errors import CodecError
from chatapp.core.ports import ImportSource, JsonValue
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.exporters.unsafe_characters import without_surrogates

JsonObject = Mapping[str, JsonValue]

_LAST_SECOND = 253_402_300_799.0
_FIRST_MILLISECOND = 100_000_000_000.0
"""Seconds beyond this would be the year 5138; a number as large counts milliseconds."""


def as_object(value: JsonValue) -> JsonObject:
    """The object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_items(value: JsonValue) -> Sequence[JsonValue]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else ()


def as_text(value: JsonValue) -> str:
    """The text, without lone surrogates, or an empty one."""
    return without_surrogates(value) if isinstance(value, str) else ""


def as_count(value: JsonValue) -> int | None:
    """The whole number from 0 up, or None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if is_count and isinstance(value, int) else None


def as_moment(value: JsonValue) -> float | None:
    """Seconds since the epoch, from a number or an ISO 8601 text, or None."""
    if isinstance(value, str):
        return _from_iso(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    if seconds > _FIRST_MILLISECOND:
        seconds /= 1000
    return seconds if math.isfinite(seconds) and 0 <= seconds <= _LAST_SECOND else None


def _from_iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(aware.timestamp(), 0.0)
    except (ValueError, OverflowError):
        return None


def first_line(text: str, length: int = 80) -> str:
    """How a text begins, on one line; empty where it says nothing. `length` is in characters."""
    words = " ".join(text[: 10 * length].split())
    return words if len(words) <= length else words[: length - 1] + "\u2026"


def read_each(
    source: ImportSource,
    read: Callable[[JsonObject], StoredConversation],
    title_key: str,
) -> Iterator[StoredConversation | ImportProblem]:
    """Read the file's values one by one; what is wrong with one is said in its place.

    Raises CodecError where the JSON itself breaks, and OSError.
    """
    for number, value in enumerate(source.json_values(), start=1):
        title = first_line(as_text(as_object(value).get(title_key)))
        place = f"conversation {number}" + (f" ({title})" if title else "")
        try:
            if not isinstance(value, Mapping):
                raise CodecError("it is no JSON object")
            conversation = read(value)
        except CodecError as error:
            yield ImportProblem(place, str(error))
        except RecursionError:
            yield ImportProblem(place, "it is nested too deeply")
        else:
            yield conversation
