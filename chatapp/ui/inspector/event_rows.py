"""How the events of an exchange look as lines."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from chatapp.core.exchange_log import LogEntry
from chatapp.core.exchange_words import duration
from chatapp.core.oddities import Oddity
from chatapp.core.safe_text import safe_line
from chatapp.core.wire import WireEnd, WireResponse
from chatapp.core.wire_chunks import EventKind
from chatapp.ui.ink import ACCENT, ERROR, KEY, MUTED, SUCCESS, WARNING
from chatapp.ui.line_fitting import cut_end

LONG_GAP_S = 1.0
"""A gap that is shown as one to notice."""

_ROOMY = 62
"""Cells in which there is room for blanks between a number and its unit, and for wide columns."""

_INKS = {
    EventKind.ERROR: ERROR,
    EventKind.ODD: WARNING,
    EventKind.TOOL_CALL: ACCENT,
    EventKind.REASONING: MUTED,
    EventKind.FINISH: SUCCESS,
    EventKind.DONE: SUCCESS,
    EventKind.USAGE: KEY,
    EventKind.HEAD: KEY,
    EventKind.END: KEY,
    EventKind.COMMENT: MUTED,
    EventKind.EMPTY: MUTED,
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line: an event, or, below it, something odd that came with it for the first time."""

    entry: LogEntry
    oddity: Oddity | None = None

    @property
    def number(self) -> int:
        """The event's, from 1."""
        return self.entry.number


def heading(width: int) -> Content:
    """The names of the columns."""
    number, after, gap, size, kind = _widths(width)
    words = f" {'#':>{number}} {'time':>{after}} {'gap':>{gap}} {'bytes':>{size}} {'kind':<{kind}}"
    return Content.styled(cut_end(f"{words} what it says", width), MUTED)


def draw_row(row: EventRow, width: int) -> Content:
    """One line of the list, in so many cells."""
    number, after, gap, size, kind = _widths(width)
    entry, reading = row.entry, row.entry.reading
    if row.oddity is not None:
        words = cut_end(safe_line(row.oddity.message), width - number - 4)
        return Content.assemble(" " * (number + 2), ("! " + words, WARNING))
    ink = _INKS.get(reading.kind, "")
    margin = Content.assemble(
        ("!" if reading.oddities else " ", WARNING),
        (f"{entry.number:>{number}} {_time(entry.after_s, width):>{after}} ", MUTED),
        (f"{_time(entry.gap_s, width):>{gap}} ", WARNING if entry.gap_s > LONG_GAP_S else MUTED),
        (f"{_size(entry):>{size}} ", MUTED),
        (f"{reading.kind:<{kind}} ", ink),
    )
    room = max(0, width - cell_len(margin.plain))
    return margin.append(Content.styled(cut_end(safe_line(reading.preview), room), ink))


def _widths(width: int) -> tuple[int, int, int, int, int]:
    return (5, 8, 8, 7, 9) if width >= _ROOMY else (4, 6, 6, 5, 9)


def _time(seconds: float, width: int) -> str:
    words = duration(seconds)
    return words if width >= _ROOMY else words.replace(" ", "")


def _size(entry: LogEntry) -> str:
    item = entry.item
    return "" if isinstance(item, WireResponse | WireEnd) else f"{item.size:,}"
