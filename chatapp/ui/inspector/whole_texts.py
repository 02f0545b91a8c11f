"""What is looked at as a whole: an event, or the request that was sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.core.exchange_log import LogEntry
from chatapp.core.exchange_words import address, duration, size_and_question
from chatapp.core.safe_text import safe_line
from chatapp.core.wire import Headers, WireEnd, WireEvent, WireItem, WireRequest, WireResponse
from chatapp.ui.inspector.event_filter import data_of

MOST_SHOWN = 256 * 1024
"""Characters of a text that are shown; copied it is whole."""


@dataclass(frozen=True, slots=True)
class WholeText:
    """`about` is lines fit for a terminal, `text` as it came over the wire, JSON laid out."""

    about: str
    text: str
    language: str = "json"

    @property
    def shown(self) -> str:
        """As much of the text as is shown."""
        return self.text if len(self.text) <= MOST_SHOWN else self.text[:MOST_SHOWN] + "\n…"


def text_of_request(request: WireRequest) -> WholeText:
    """The request as it was sent, keys masked."""
    about = f"{address(request)}\n{size_and_question(request)}"
    body, language = _laid_out(request.body)
    return WholeText(about, f"{body}\n\n{_json(_by_name(request.headers))}", language)


def text_of_entry(entry: LogEntry) -> WholeText:
    """An event with all that is odd about it."""
    item, kind = entry.item, entry.reading.kind
    odd = (f"! {safe_line(oddity.message)}" for oddity in entry.reading.oddities)
    about = "\n".join((f"#{entry.number} {kind}{_size(item)}", _times(entry), *_fields(item), *odd))
    if isinstance(item, WireResponse):
        return WholeText(about, _json({"status": item.status} | _by_name(item.headers)))
    return WholeText(about, *_laid_out(data_of(item) or entry.reading.preview))


def _times(entry: LogEntry) -> str:
    after, gap = duration(entry.after_s), duration(entry.gap_s)
    return f"{after} after the request, {gap} after the one before"


def _size(item: WireItem) -> str:
    return "" if isinstance(item, WireResponse | WireEnd) else f", {item.size:,} bytes"


def _fields(item: WireItem) -> Iterator[str]:
    """The fields of a server-sent event beside its data."""
    if isinstance(item, WireEvent):
        if item.name:
            yield f"event: {safe_line(item.name)}"
        if item.event_id is not None:
            yield f"id: {safe_line(item.event_id)}"


def _by_name(headers: Headers) -> dict[str, object]:
    return {"headers": dict(headers)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _laid_out(data: str) -> tuple[str, str]:
    """A text and its language; JSON on many lines, unless it is too long to be shown whole."""
    if len(data) > MOST_SHOWN:
        return data, "text"
    try:
        return _json(json.loads(data)), "json"
    except (ValueError, RecursionError):
        return data, "text"
