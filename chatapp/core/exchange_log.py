"""Exchanges kept to be looked at: the last items of each, and sums over all of them."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatapp.core.exchange_reader import ExchangeReader, Reading
from chatapp.core.oddities import Finding
from chatapp.core.usage import estimate_tokens
from chatapp.core.wire import (
    Exchange,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireRequest,
    WireResponse,
)

ITEMS_KEPT = 2_000
BYTES_KEPT = 4 * 1024 * 1024
EXCHANGES_KEPT = 8

_SECONDS_KEPT = 600
_SHORTEST_GAP_S = 1e-6
_STEPS_PER_OCTAVE = 8


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One item with its reading; `number` counts from 1.

    `after_s` runs from the sending of the request, `gap_s` from the item before.
    """

    number: int
    item: WireItem
    reading: Reading
    after_s: float
    gap_s: float


class GapHistogram:
    """Counts times by their length, in steps of a ninth, so that any number takes little room."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._longest_s = 0.0
        self._number = 0

    def __len__(self) -> int:
        return self._number

    @property
    def longest_s(self) -> float:
        """The longest time, exactly; 0 where there was none."""
        return self._longest_s

    def add(self, seconds: float) -> None:
        """Count one more."""
        octaves = math.log2(max(seconds, _SHORTEST_GAP_S) / _SHORTEST_GAP_S)
        step = round(octaves * _STEPS_PER_OCTAVE)
        self._counts[step] = self._counts.get(step, 0) + 1
        self._longest_s = max(self._longest_s, seconds)
        self._number += 1

    def percentile(self, percent: float) -> float:
        """The time that so many percent do not exceed, to within a twentieth; 0 for none."""
        rank = math.ceil(self._number * percent / 100)
        for step in sorted(self._counts):
            rank -= self._counts[step]
            if rank <= 0:
                return min(_seconds(step), self._longest_s)
        return self._longest_s

    def counts(self, bounds: Sequence[float]) -> list[int]:
        """How many are below each of the rising `bounds`, and at last how many are beyond."""
        counted = [0] * (len(bounds) + 1)
        for step, count in self._counts.items():
            place = sum(1 for bound in bounds if _seconds(step) >= bound)
            counted[place] += count
        return counted


def _seconds(step: int) -> float:
    return float(_SHORTEST_GAP_S * 2 ** (step / _STEPS_PER_OCTAVE))


class ExchangeLog:
    """One exchange; implements `ExchangeTap`.

    The last `limit` items are kept (None: all), fewer where they are long: the last is always
    there. The figures are of all. Constant work per item.

    Where the request is not watched whole, what came before is not known and not measured:
    neither when the first word came nor how fast it went from there.
    """

    def __init__(
        self,
        request: WireRequest | None = None,
        limit: int | None = ITEMS_KEPT,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.request = request
        self.response: WireResponse | None = None
        self.end: WireEnd | None = None
        self.entries: deque[LogEntry] = deque(maxlen=limit)
        self.gaps = GapHistogram()
        """The gaps between events."""
        self.is_partial = request is not None and not request.is_whole
        """Whether watching began after the response did."""
        self.event_count = 0
        self.byte_count = 0
        self.ttft_s: float | None = None
        """From sending the request to the first word of the model."""
        self.tokens_by_second: deque[float] = deque(maxlen=_SECONDS_KEPT)
        """Estimated, of the last ten minutes."""
        self._on_change = on_change
        self._reader = ExchangeReader(is_streamed=_is_streamed(request))
        self._number = 0
        self._bytes_kept = 0
        self._most_bytes = BYTES_KEPT if limit is not None else None
        self._began_at = request.at if request else None
        self._heard_at = self._began_at
        self._event_at: float | None = None
        self._spoke_at: float | None = None
        self._first_second = 0
        self._estimated = 0.0
        self._reported: int | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is odd about the exchange so far."""
        return self._reader.findings

    @property
    def item_count(self) -> int:
        """How many items came, those included that are kept no longer."""
        return self._number

    @property
    def elapsed_s(self) -> float:
        """From sending the request to the last item."""
        if self._began_at is None or self._heard_at is None:
            return 0.0
        return self._heard_at - self._began_at

    @property
    def completion_tokens(self) -> tuple[int, bool]:
        """The tokens of the reply, and whether that is an estimate."""
        if self._reported is not None:
            return self._reported, False
        return round(self._estimated), True

    @property
    def tokens_per_second(self) -> float | None:
        """The speed after the first word; None where it is too short to say."""
        if self.ttft_s is None or self._spoke_at is None or self._began_at is None:
            return None
        seconds = self._spoke_at - self._began_at - self.ttft_s
        tokens = self.completion_tokens[0]
        return (tokens - 1) / seconds if seconds > 0.05 and tokens > 1 else None

    @property
    def exchange(self) -> Exchange:
        """The exchange as a value, with the items that are kept."""
        incoming = tuple(
            entry.item
            for entry in self.entries
            if isinstance(entry.item, WireEvent | WireComment | WireBody)
        )
        return Exchange(self.request, self.response, incoming, self.end)

    def take(self, items: Sequence[WireItem]) -> None:
        """Log some more items."""
        for item in items:
            self._log(item)
        self._on_change()

    def _log(self, item: WireItem) -> None:
        self._number += 1
        if self._began_at is None:
            self._began_at = item.at
        before = item.at if self._heard_at is None else self._heard_at
        self._heard_at = item.at
        reading = self._reader.read(item)
        after_s = item.at - self._began_at
        self._keep(LogEntry(self._number, item, reading, after_s, item.at - before))
        if isinstance(item, WireResponse):
            self.response = item
        elif isinstance(item, WireEnd):
            self.end = item
        else:
            self.byte_count += item.size
            self._count(item, reading, after_s)

    def _keep(self, entry: LogEntry) -> None:
        entries = self.entries
        if len(entries) == entries.maxlen:
            self._bytes_kept -= _size(entries.popleft())
        entries.append(entry)
        self._bytes_kept += _size(entry)
        while self._most_bytes is not None and self._bytes_kept > self._most_bytes:
            if len(entries) == 1:
                return
            self._bytes_kept -= _size(entries.popleft())

    def _count(self, item: WireItem, reading: Reading, after_s: float) -> None:
        if isinstance(item, WireEvent):
            self.event_count += 1
            if self._event_at is not None:
                self.gaps.add(item.at - self._event_at)
            self._event_at = item.at
        if reading.completion_tokens is not None:
            self._reported = reading.completion_tokens
        if reading.text:
            if self._spoke_at is None:
                self.ttft_s = None if self.is_partial else after_s
                self._first_second = int(after_s)
            self._spoke_at = item.at
            self._add_tokens(estimate_tokens(reading.text), int(after_s))

    def _add_tokens(self, tokens: float, second: int) -> None:
        self._estimated += tokens
        silent = second - self._first_second - len(self.tokens_by_second) + 1
        if silent > 0:
            self.tokens_by_second.extend([0.0] * min(silent, _SECONDS_KEPT))
            self._first_second = second - len(self.tokens_by_second) + 1
        self.tokens_by_second[-1] += tokens


def _size(entry: LogEntry) -> int:
    return 0 if isinstance(entry.item, WireResponse | WireEnd) else entry.item.size


class WireLog:
    """The last exchanges, the newest last; implements `WireTap`.

    `on_change` is called after each read of the network.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.exchanges: deque[ExchangeLog] = deque(maxlen=EXCHANGES_KEPT)
        self._on_change = on_change

    def open(self, request: WireRequest) -> ExchangeLog:
        """Begin the log of one more exchange."""
        log = ExchangeLog(request, on_change=self._on_change)
        self.exchanges.append(log)
        self._on_change()
        return log

    def close(self) -> None:
        """What was logged stays."""


def _is_streamed(request: WireRequest | None) -> bool:
    return request is None or '"stream":true' in request.body.replace(" ", "")
