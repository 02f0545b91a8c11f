"""The figures of an exchange in words, the same wherever they are told.

What comes from the server or the request is made fit for a terminal here.
"""

import json

from chatapp.core.exchange_log import ExchangeLog
from chatapp.core.oddities import Finding
from chatapp.core.safe_text import safe_line
from chatapp.core.wire import WireRequest

_PARAMETERS = ("model", "stream", "temperature", "max_tokens", "max_completion_tokens")
_PERCENTILES = ((50, "median"), (90, "p90"), (99, "p99"))


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def address(request: WireRequest) -> str:
    """What was called, and of which endpoint."""
    return safe_line(f"{request.method} {request.url}  ({request.endpoint})")


def size_and_question(request: WireRequest) -> str:
    """How long a request is and what it asks for, but for the conversation itself."""
    return f"{len(request.body.encode(errors='replace')):,} bytes, {_asks(request)}"


def counts(log: ExchangeLog, unended: str) -> str:
    """How much came and how it ended; `unended` is said where it did not."""
    tokens, is_estimated = log.completion_tokens
    counted = f"{'~' if is_estimated else ''}{_number(tokens, 'token')}"
    closing = log.end.closing.words if log.end else unended
    came = f"{_number(log.event_count, 'event')}, {_number(log.byte_count, 'byte')}"
    return f"{came}, {counted}, {closing}"


def speed(log: ExchangeLog) -> str:
    """How fast it came."""
    if log.is_partial:
        return f"watched from the middle on, total {duration(log.elapsed_s)}"
    ttft = "none" if log.ttft_s is None else duration(log.ttft_s)
    rate = log.tokens_per_second
    mark = "~" if log.completion_tokens[1] else ""
    said = "" if rate is None else f", {mark}{rate:.1f} tokens/s"
    return f"TTFT {ttft}, total {duration(log.elapsed_s)}{said}"


def gaps(log: ExchangeLog) -> str:
    """How long the gaps between events were."""
    told = (f"{name} {duration(log.gaps.percentile(part))}" for part, name in _PERCENTILES)
    return f"{', '.join(told)}, longest {duration(log.gaps.longest_s)}"


def finding_words(finding: Finding) -> str:
    """What was odd, and where and how often."""
    message = safe_line(finding.oddity.message)
    times = f"{finding.count:,} times, first" if finding.count > 1 else "once,"
    return f"{message} ({times} in #{finding.first_item})"


def _number(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _asks(request: WireRequest) -> str:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(body, dict):
        return "no object"
    told = [f"{name} {json.dumps(value)}" for name, value in body.items() if name in _PARAMETERS]
    lists = (name for name in ("messages", "tools") if isinstance(body.get(name), list))
    told += [f"{name}: {len(body[name])}" for name in lists]
    return safe_line(", ".join(told))
