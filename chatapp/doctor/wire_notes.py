"""What the wire shows of the doctor's own request."""

from collections.abc import Sequence

from chatapp.core.exchange_reader import ExchangeReader
from chatapp.core.wire import ExchangeTap, WireEvent, WireItem, WireRequest, WireResponse


class WireNotes:
    """A tap that keeps what is told of the last exchange that was answered with status 200."""

    def __init__(self) -> None:
        self.refusals = 0
        self._last = _ExchangeNotes(self)

    def open(self, request: WireRequest) -> ExchangeTap:
        """Begin anew with every request."""
        self._last = _ExchangeNotes(self)
        return self._last

    def close(self) -> None:
        """Keep what is noted."""

    @property
    def is_streamed(self) -> bool:
        """Whether more than one event came."""
        return self._last.events > 1

    @property
    def events(self) -> int:
        """How many events came."""
        return self._last.events

    @property
    def oddities(self) -> tuple[str, ...]:
        """What was odd, in clauses."""
        return tuple(finding.oddity.message for finding in self._last.reader.findings)


class _ExchangeNotes:
    def __init__(self, notes: WireNotes) -> None:
        self._notes = notes
        self.reader = ExchangeReader()
        self.events = 0

    def take(self, items: Sequence[WireItem]) -> None:
        for item in items:
            self.reader.read(item)
            self.events += isinstance(item, WireEvent)
            if isinstance(item, WireResponse) and item.status != 200:
                self._notes.refusals += 1
