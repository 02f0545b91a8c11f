"""The rows in view: which line of which entry each is, and how it is painted."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from chatapp.ui.transcript.find import ConversationFinder, FoundPlace
from chatapp.ui.transcript.follow import ReadingPosition
from chatapp.ui.transcript.new_lines_badge import with_badge
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.section_run import GUTTER
from chatapp.ui.transcript.selection import row_id, selected_cells
from chatapp.ui.transcript.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Highlights:
    """What lies over the text: focus, selection, matches, and the sign of new lines."""

    focused_entry: int | None = None
    selection: Selection | None = None
    finder: ConversationFinder | None = None
    unseen_count: int = 0


class RowPainter:
    """Knows the rows of one view; asks entries only for what is in it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._stretches: list[tuple[int, int, int]] = []
        self.places: list[tuple[int, int]] = []
        """Entry and line of every row with text; rows below the end have none."""

    def place_rows(self, position: ReadingPosition, height: int) -> None:
        """Fill the view from the anchor down."""
        self._stretches, self.places = [], []
        entry, line = position.entry, position.line
        while entry < len(self._timeline) and len(self.places) < height:
            stop = min(self._timeline.measure(entry), line + height - len(self.places))
            self._stretches.append((entry, line, stop))
            self.places += [(entry, y) for y in range(line, stop)]
            entry, line = entry + 1, 0

    def paint(
        self, width: int, height: int, palette: Palette, base: Style, over: Highlights
    ) -> list[Strip]:
        """A strip for every row of the view."""
        strips: list[Strip] = []
        for index, first, stop in self._stretches:
            entry = self._timeline.entry(index)
            strips += entry.paint(first, stop, is_focused=index == over.focused_entry)
        if over.finder is not None or over.selection is not None:
            strips = [
                self._highlighted(strip, place, palette, over)
                for strip, place in zip(strips, self.places, strict=True)
            ]
        strips += [Strip.blank(width, base)] * (height - len(strips))
        if over.unseen_count and strips:
            strips[-1] = with_badge(strips[-1], over.unseen_count, base + palette.find_current)
        return strips

    def _highlighted(
        self, strip: Strip, place: tuple[int, int], palette: Palette, over: Highlights
    ) -> Strip:
        for start, end, style in self._spans(place, palette, over):
            strip = overlaid(strip, GUTTER + start, GUTTER + end, style)
        return strip

    def _spans(
        self, place: tuple[int, int], palette: Palette, over: Highlights
    ) -> Iterator[tuple[int, int, Style]]:
        index, y = place
        entry = self._timeline.entry(index)
        if over.finder is not None:
            current = over.finder.current
            found = entry.find(over.finder.needle)
            for _line, start, end in found[bisect_left(found, (y,)) : bisect_left(found, (y + 1,))]:
                is_current = current == FoundPlace(index, y, start, end)
                yield start, end, palette.find_current if is_current else palette.find_match
        if over.selection is not None:
            cells = selected_cells(entry.line(y), over.selection, row_id(index, y))
            if cells is not None:
                yield *cells, palette.selection


def overlaid(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """The strip with `style` over the cells from `start` to `end`."""
    end = min(end, strip.cell_length)
    if start >= end:
        return strip
    middle = strip.crop(start, end)
    styled = Strip(
        [Segment(text, (own or Style.null()) + style) for text, own, _ in middle],
        middle.cell_length,
    )
    return Strip.join([strip.crop(0, start), styled, strip.crop(end, strip.cell_length)])
