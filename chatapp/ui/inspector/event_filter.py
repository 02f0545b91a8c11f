"""Which events of an exchange are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from chatapp.core.exchange_log import LogEntry
from chatapp.core.wire import (
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireResponse,
)
from chatapp.core.wire_chunks import EventKind

_MOST_SEARCHED = 64 * 1024
"""Characters of an event that are looked through."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Lets through what is odd, of one kind, and has all the words; by default everything.

    Words are looked for in the kind, in what is said, in what is odd, and in the data.
    """

    is_odd: bool = False
    kind: EventKind | None = None
    words: str = ""

    def passes(self, entry: LogEntry) -> bool:
        """Whether an event is shown."""
        if self.is_odd and not entry.reading.oddities:
            return False
        if self.kind is not None and entry.reading.kind is not self.kind:
            return False
        return not self.words or _has_all(self.words.casefold().split(), _text_of(entry))

    def next_kind(self, entries: Iterable[LogEntry]) -> EventKind | None:
        """The kind after this filter's that is found among the entries; None after the last."""
        found = {entry.reading.kind for entry in entries}
        order = [None, *(kind for kind in EventKind if kind in found or kind is self.kind)]
        return order[(order.index(self.kind) + 1) % len(order)]

    def __bool__(self) -> bool:
        return self != EventFilter()

    def __str__(self) -> str:
        quoted = f"“{self.words}”" if self.words else ""
        return ", ".join(filter(None, ("odd" if self.is_odd else "", self.kind, quoted)))


def _has_all(words: Iterable[str], text: str) -> bool:
    return all(word in text for word in words)


def data_of(item: WireItem) -> str:
    """What an item says as it came: hostile, and of any length; empty for head and end."""
    match item:
        case WireEvent(data=data):
            return data
        case WireComment(text=text) | WireBody(text=text):
            return text
        case WireResponse() | WireEnd():
            return ""
        case _:
            assert_never(item)


def _text_of(entry: LogEntry) -> str:
    reading = entry.reading
    odd = " ".join(oddity.message for oddity in reading.oddities)
    data = data_of(entry.item)[:_MOST_SEARCHED]
    return f"{reading.kind} {reading.preview} {odd} {data}".casefold()
