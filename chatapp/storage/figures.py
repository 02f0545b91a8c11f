"""What replies cost in tokens, time and money, read without their words."""

import json
import sqlite3
from collections.abc import Iterator, Mapping

from chatapp.core.messages import Ending, ModelRef
from chatapp.core.ports import JsonValue
from chatapp.core.records import ReplyFigures
from chatapp.core.usage import Timing, Usage

_MOST = 2**53
"""What a whole number may be at most; a sum of these is still exact as JSON anywhere."""

_REPLIES = """
SELECT created_at, json_extract(body, '$.model', '$.ending', '$.usage', '$.timing', '$.cost_usd')
FROM messages {}
WHERE role = 'assistant' AND owner IS NULL AND json_valid(body)
"""


def reply_figures(connection: sqlite3.Connection, since: float | None) -> tuple[ReplyFigures, ...]:
    """The figures of all replies since then; one that cannot be read is left out.

    Raises sqlite3.Error.
    """
    if since is None:  # in the order in which they lie, which is faster than by an index
        rows = connection.execute(_REPLIES.format("NOT INDEXED"))
    else:
        rows = connection.execute(f"{_REPLIES.format('')} AND created_at >= ?", (since,))
    # a fork's copies are equal to what they were made of
    return tuple(dict.fromkeys(figures for row in rows for figures in _figures(*row)))


def _figures(at: float, values: str) -> Iterator[ReplyFigures]:
    """The one in the row, or none; SQLite found it to be JSON, of what kind nobody knows."""
    try:
        found = json.loads(values)
    except (ValueError, RecursionError):  # a number too long, or too deep for Python
        return
    match found:
        case [{"endpoint": str(endpoint), "model": str(model)}, ending, usage, timing, cost]:
            yield ReplyFigures(
                ModelRef(endpoint, model),
                at,
                _usage(usage),
                _timing(timing),
                _amount(cost),
                is_finished=ending == Ending.FINISHED.value,
            )
        case _:
            pass


def _usage(value: JsonValue) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    prompt = _count(value.get("prompt_tokens"))
    completion = _count(value.get("completion_tokens"))
    total = _count(value.get("total_tokens"))
    if prompt is None or completion is None or total is None:
        return None
    return Usage(
        prompt,
        completion,
        total,
        cached_tokens=_count(value.get("cached_tokens")),
        reasoning_tokens=_count(value.get("reasoning_tokens")),
        is_estimated=value.get("is_estimated") is True,
        responses=_count(value.get("responses")) or 1,
    )


def _timing(value: JsonValue) -> Timing | None:
    if not isinstance(value, Mapping):
        return None
    generation_s, elapsed_s = _amount(value.get("generation_s")), _amount(value.get("elapsed_s"))
    if generation_s is None or elapsed_s is None:
        return None
    return Timing(_amount(value.get("ttft_s")), generation_s, elapsed_s)


def _count(value: JsonValue) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _MOST else None


def _amount(value: JsonValue) -> float | None:
    """Seconds or dollars."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _MOST else None
