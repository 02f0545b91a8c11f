"""A section in its place in a message, and those of its lines that were painted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.sections import Section
from chatapp.ui.transcript.text_line import find_in_lines

GUTTER = 2
"""Cells left of every line: the bar of the person's own words, or of the focused message."""

MARGIN = 2
"""Cells without text at the right: a free one, and the one under the scroll bar."""

_KEPT_LINES = 500
"""Painted lines of a section that are kept; beyond, only those in view."""


_WRAPPED_BEYOND = 50
"""Lines above and below the asked ones in which a match may begin or end that comes to them."""


@dataclass(frozen=True, slots=True)
class RowFrame:
    """What stands around the text of a message: its `gutter`, and `base` up to `width` cells."""

    gutter: Segment
    base: Style
    width: int


class _PaintedLine(NamedTuple):
    """A line as the section gave it, and as it is shown; final ones are not asked for again."""

    given: Strip
    shown: Strip
    is_final: bool


@dataclass(slots=True)
class SectionRun:
    """A section as lines `first` to before `first + count` of its message.

    One without a gutter belongs to no message, but stands between two.
    """

    section: Section
    has_gutter: bool = True
    part_index: int | None = None
    first: int = 0
    count: int = 0
    _stable_count: int = 0
    _revision: int = -1
    _painted: dict[int, _PaintedLine] = field(default_factory=dict)

    def replace(self, section: Section) -> None:
        """Let another section stand here."""
        self.section, self._revision = section, -1

    def lay_out(self, width: int, palette: Palette) -> None:
        """Set the width of the whole line in cells, and the styles."""
        self.section.layout(max(1, width - GUTTER - MARGIN), palette)
        self.forget_painted()

    def measure(self, first: int) -> int:
        """Take in what changed; returns where the next run begins."""
        section = self.section
        self.first, self.count = first, section.line_count
        self._stable_count = section.stable_line_count
        if section.revision != self._revision:
            self._revision = section.revision
            self.forget_painted()
        return first + self.count

    def forget_painted(self) -> None:
        """Paint all lines anew."""
        self._painted.clear()

    def paint(self, first: int, stop: int, frame: RowFrame) -> list[Strip]:
        """Those of the message's lines from `first` to before `stop` that are the section's.

        A line is the same object for as long as it looks the same.
        """
        places = range(max(0, first - self.first), min(self.count, stop - self.first))
        strips = [self._painted_line(place, frame) for place in places]
        if len(self._painted) > _KEPT_LINES:
            self._painted = {place: self._painted[place] for place in places}
        return strips

    def find_between(self, needle: str, first: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Where `needle` stands on the message's lines from `first` to before `stop`.

        Costs what these lines cost, and those that they were wrapped with.
        """
        first, stop = max(first, self.first), min(stop, self.first + self.count)
        if first >= stop:
            return
        begin, end = first, stop
        while begin > max(self.first, first - _WRAPPED_BEYOND) and self._goes_on(begin):
            begin -= 1
        while end < min(self.first + self.count, stop + _WRAPPED_BEYOND) and self._goes_on(end):
            end += 1
        lines = [self.section.line(y - self.first) for y in range(begin, end)]
        for y, start_cell, end_cell in find_in_lines(lines, needle):
            if first <= begin + y < stop:
                yield begin + y, start_cell, end_cell

    def _goes_on(self, y: int) -> bool:
        """Whether the message's line `y` goes on the one above."""
        return self.section.line(y - self.first).is_continuation

    def gutter(self, frame: RowFrame) -> Segment:
        """What stands left of every line."""
        return frame.gutter if self.has_gutter else Segment(" " * GUTTER, frame.base)

    def _painted_line(self, place: int, frame: RowFrame) -> Strip:
        before = self._painted.get(place)
        if before is not None and before.is_final:
            return before.shown
        given = self.section.line(place).strip
        is_same = before is not None and before.given == given
        shown = before.shown if before is not None and is_same else self._paint(given, frame)
        self._painted[place] = _PaintedLine(given, shown, place < self._stable_count)
        return shown

    def _paint(self, strip: Strip, frame: RowFrame) -> Strip:
        base = frame.base
        segments = [
            self.gutter(frame),
            *(Segment(text, base + style if style else base) for text, style, _ in strip),
        ]
        used = GUTTER + strip.cell_length
        if used < frame.width:
            segments.append(Segment(" " * (frame.width - used), base))
            return Strip(segments, frame.width)
        return Strip(segments, used).crop(0, frame.width)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that is found again when other sections change, or the width.

    It was line `offset` of the `count` that `section` had on lines of `width` cells.
    """

    section: object
    offset: int
    count: int
    width: int
