"""What replies cost in tokens, time and money, read without their words."""

import json
import sqlite3

from chatapp.core.messages import Ending, ModelRef
from chatapp.core.ports import JsonValue
from chatapp.core.records import ReplyFigures
from chatapp.core.usage import Timing, Usage

_FINISHED = Ending.FINISHED.value
_MOST = 2**53
"""No count, duration or price is believed from here on."""

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
    found = map(_figures, rows)
    # a fork's copies are equal to what they were made of
    return tuple(dict.fromkeys(figures for figures in found if figures is not None))


def _figures(row: tuple[float, str]) -> ReplyFigures | None:
    """SQLite found the row to be JSON; of what kind, nobody knows."""
    at, values = row
    try:
        model, ending, usage, timing, cost_usd = json.loads(values)
    except (ValueError, RecursionError):  # a number too long, or too deep for Python
        return None
    match model:
        case {"endpoint": str(endpoint), "model": str(name)}:
            return ReplyFigures(
                ModelRef(endpoint, name),
                at,
                _usage(usage),
                _timing(timing),
                _amount(cost_usd),
                is_finished=ending == _FINISHED,
            )
        case _:
            return None


def _usage(value: JsonValue) -> Usage | None:
    if not isinstance(value, dict):
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
        _count(value.get("cached_tokens")),
        _count(value.get("reasoning_tokens")),
        value.get("is_estimated") is True,
        _count(value.get("responses")) or 1,
    )


def _timing(value: JsonValue) -> Timing | None:
    if not isinstance(value, dict):
        return None
    generation_s, elapsed_s = _amount(value.get("generation_s")), _amount(value.get("elapsed_s"))
    if generation_s is None or elapsed_s is None:
        return None
    return Timing(_amount(value.get("ttft_s")), generation_s, elapsed_s)


def _count(value: JsonValue) -> int | None:
    return value if type(value) is int and 0 <= value < _MOST else None


def _amount(value: JsonValue) -> float | None:
    """Seconds or dollars."""
    number = value if isinstance(value, float) else _count(value)
    return float(number) if number is not None and 0 <= number < _MOST else None
