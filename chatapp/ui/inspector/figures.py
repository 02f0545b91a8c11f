"""The figures of an exchange, in as many lines as there is room for."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from chatapp.core.exchange_log import ExchangeLog
from chatapp.core.exchange_words import address, counts, gaps, speed
from chatapp.core.local_time import local_time
from chatapp.core.safe_text import safe_line
from chatapp.core.sparkline import sparkline
from chatapp.core.wire import WireEvent
from chatapp.ui.ink import ACCENT, MUTED, SUCCESS, WARNING

NOTHING_YET = "Send a message: each event of its stream appears here."

GAP_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Between which the histogram counts the gaps."""

FEW_LINES = 4
MANY_LINES = 8
ROWS_FOR_MANY = 26
"""Rows of a panel in which there is room for all figures."""

_LABEL_CELLS = 11
_GAPS_CELLS = len("median 10.00 s, p90 10.00 s, p99 10.00 s, longest 10.00 s")
"""What the words about the gaps take at most, but for very long ones."""


class ExchangeFigures(Widget):
    """Says how an exchange goes: counts, times, gaps and speed, what is odd.

    `show` says what; the text is made when it is painted.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._log: ExchangeLog | None = None
        self._place = (0, 0)
        self._state = ""
        self._is_short = False

    def show(self, log: ExchangeLog | None, place: tuple[int, int], state: str) -> None:
        """Show an exchange, the `place`-th of so many; `state` is a word or two about the list."""
        self._log, self._place, self._state = log, place, state
        self.refresh()

    def set_short(self, is_short: bool) -> None:
        """Leave out what there is no room for, or no more."""
        if is_short != self._is_short:
            self._is_short = is_short
            self.refresh(layout=True)

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """As many lines as there may be, so that the list below stands still."""
        return FEW_LINES if self._is_short else MANY_LINES

    def render(self) -> Content:
        """Return the lines at the present width."""
        width = self.content_size.width
        if self._log is None:
            return Content.styled(NOTHING_YET, MUTED)
        lines = [self._title(self._log, width), *figure_lines(self._log, width)]
        if self._is_short:
            lines = [lines[line] for line in (0, 2, 3, -1) if line < len(lines)]
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)

    def _title(self, log: ExchangeLog, width: int) -> Content:
        mark = ("○ ", MUTED) if log.end else ("● ", ACCENT)
        number, count = self._place
        words = f"{number}/{count} " if count > 1 else ""
        if log.request is not None:
            sent = local_time(log.request.started_at)
            words += f"{sent:%H:%M:%S} {safe_line(address(log.request))}"
        state = Content.styled(f" {self._state}" if self._state else "", WARNING)
        named = Content.assemble(mark, words).truncate(width - state.cell_length, ellipsis=True)
        return named.append(state)


def figure_lines(log: ExchangeLog, width: int) -> Iterator[Content]:
    """The figures below the title, in lines of which some may be wider than `width` cells."""
    room = max(1, width - _LABEL_CELLS)
    yield Content.styled(counts(log, "streaming"), MUTED)
    yield Content(speed(log))
    if log.gaps:
        yield _labelled("gaps (log)", sparkline(_gaps(log), room))
        yield _gap_words(log, width)
        yield _labelled("by length", _histogram(log))
    else:
        yield _labelled("gaps", "no two events" if log.end else "no two events yet", MUTED)
    if log.tokens_by_second:
        yield _labelled("tokens/s", _speed_line(log, room))
    yield _odd_line(log)


def _labelled(label: str, words: str, ink: str = ACCENT) -> Content:
    return Content.assemble((f"{label:<{_LABEL_CELLS}}", MUTED), (words, ink))


def _gap_words(log: ExchangeLog, width: int) -> Content:
    """Below what has a label; at the edge where that leaves too little room for any words.

    By the width alone, so that the line stands still from one exchange to the next.
    """
    indent = _LABEL_CELLS if width >= _LABEL_CELLS + _GAPS_CELLS else 0
    return Content.styled(" " * indent + gaps(log), MUTED)


def _gaps(log: ExchangeLog) -> Sequence[float]:
    """The gaps between the events that are kept, as heights: one of 1 s hides none of 50 ms."""
    events = (entry for entry in log.entries if isinstance(entry.item, WireEvent))
    return [math.log1p(entry.gap_s * 1000) for entry in islice(events, 1, None)]


def _histogram(log: ExchangeLog) -> str:
    bars = sparkline(log.gaps.counts(GAP_BOUNDS_S), len(GAP_BOUNDS_S) + 1)
    return f"≤ {GAP_BOUNDS_S[0] * 1000:g} ms {bars} > {GAP_BOUNDS_S[-1]:g} s"


def _speed_line(log: ExchangeLog, room: int) -> str:
    seconds = list(log.tokens_by_second)
    # the last second is not over while more may come
    whole = seconds if log.end or len(seconds) == 1 else seconds[:-1]
    last = "" if log.end else f" ~{whole[-1]:.0f}"
    return sparkline(whole, room - len(last)) + last


def _odd_line(log: ExchangeLog) -> Content:
    if not log.findings:
        return Content.styled("nothing odd", SUCCESS if log.end else MUTED)
    messages = "; ".join(safe_line(finding.oddity.message) for finding in log.findings)
    return Content.styled(f"{len(log.findings)} odd: {messages}", WARNING)
