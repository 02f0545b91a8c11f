"""Numbers drawn with block characters: bars and columns, an eighth of a cell exact, gauges."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chatapp.core.display_width import display_width

_RISING = " ▁▂▃▄▅▆▇█"
_GROWING = " ▏▎▍▌▋▊▉█"
_FULL = 8

_WIDEST_BAR = 3
_AXIS = 2
"""Cells between a label and the first bar."""


class Ink(StrEnum):
    """What a piece of text is; each surface has its own colour for it."""

    PLAIN = "plain"
    HEADING = "heading"
    BAR = "bar"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line."""

    text: str
    ink: Ink = Ink.PLAIN


Line = tuple[Span, ...]


def plain_text(line: Line) -> str:
    """The line without its inks."""
    return "".join(span.text for span in line).rstrip()


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Numbers from 0 up as columns, from left to right; None draws nothing.

    `top` is the greatest of them in words, in `margin` cells at least, so that charts below each
    other line up; `start` and `end` name the first and the last.
    """

    values: Sequence[float | None]
    top: str
    start: str
    end: str
    height: int = 4
    margin: int = 0

    def lines(self, columns: int) -> Iterator[Line]:
        """Draw it in so many columns of the terminal, or fewer; each number takes one at least."""
        margin = max(self.margin, display_width(self.top))
        cell = min(_WIDEST_BAR + 1, max(1, (columns - margin - _AXIS) // max(1, len(self.values))))
        greatest = max((value for value in self.values if value is not None), default=0.0)
        for row in reversed(range(self.height)):
            is_top = row == self.height - 1
            label = f"{self.top if is_top else '':>{margin}} {'┤' if is_top else '│'}"
            bars = (_level(value, greatest, self.height, row) for value in self.values)
            drawn = "".join(bar * max(1, cell - 1) + " " * (cell > 1) for bar in bars)
            yield Span(label, Ink.FAINT), Span(drawn.rstrip(), Ink.BAR)
        yield (Span(f"{'0':>{margin}} └{self._names(cell * len(self.values))}", Ink.FAINT),)

    def _names(self, width: int) -> str:
        """The line below, with the names of both ends where they fit."""
        if width < len(self.start) + len(self.end) + 1:
            return self.end.rjust(width, "─")[-max(width, len(self.end)) :]
        return self.start + "─" * (width - len(self.start) - len(self.end)) + self.end


def gauge(share: float, cells: int) -> str:
    """How full something is, from 0 to 1, in whole cells with the empty ones seen.

    What is there at all is seen, and full is only what is.
    """
    filled = min(cells, int(share * cells + 0.5))
    if 0 < share < 1:
        filled = min(max(filled, 1), cells - 1)
    return "\u2588" * filled + "\u2591" * (cells - filled)


def bar(share: float, cells: int) -> str:
    """A share from 0 to 1 as long as it is great, among others; what is there at all is seen.

    As many cells as it takes, so many at most, the last one an eighth exact.
    """
    eighths = _eighths(share, cells)
    full, rest = divmod(eighths, _FULL)
    return _GROWING[_FULL] * full + (_GROWING[rest] if rest else "")


def _level(value: float | None, greatest: float, height: int, row: int) -> str:
    """How full the cell in this row is, counted from 0 at the bottom."""
    if value is None or greatest <= 0:
        return _RISING[0]
    return _RISING[min(_FULL, max(0, _eighths(value / greatest, height) - row * _FULL))]


def _eighths(share: float, cells: int) -> int:
    return max(1, round(min(1.0, share) * cells * _FULL)) if share > 0 else 0
