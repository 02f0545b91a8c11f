"""The rows in view: which line of which entry each is, and how it is painted."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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


_Place = tuple[int, int]
"""An entry and a line of it."""

_Mark = tuple[int, int, Style]
"""What lies over the cells from the first to before the second, counted from the gutter."""


class RowPainter:
    """Knows the rows of one view; asks entries only for what is in it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._stretches: list[tuple[int, int, int]] = []
        self.places: list[_Place] = []
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
            marks = self._marks(palette, over)
            strips = [
                _marked(strip, marks.get(place, ()))
                for strip, place in zip(strips, self.places, strict=True)
            ]
        strips += [Strip.blank(width, base)] * (height - len(strips))
        if over.unseen_count and strips:
            strips[-1] = with_badge(strips[-1], over.unseen_count, base + palette.find_current)
        return strips

    def _marks(self, palette: Palette, over: Highlights) -> Mapping[_Place, Sequence[_Mark]]:
        """What is marked on which row in view, the selection over the matches."""
        marks: defaultdict[_Place, list[_Mark]] = defaultdict(list)
        if over.finder is not None:
            for match in self._matches(over.finder.needle):
                is_current = match == over.finder.current
                style = palette.find_current if is_current else palette.find_match
                marks[match.entry, match.line].append((match.start, match.end, style))
        if over.selection is not None:
            for index, y in self.places:
                line = self._timeline.entry(index).line(y)
                cells = selected_cells(line, over.selection, row_id(index, y))
                if cells is not None:
                    marks[index, y].append((*cells, palette.selection))
        return marks

    def _matches(self, needle: str) -> Iterator[FoundPlace]:
        for index, first, stop in self._stretches:
            for place in self._timeline.entry(index).find_between(needle, first, stop):
                yield FoundPlace(index, *place)


def _marked(strip: Strip, marks: Sequence[_Mark]) -> Strip:
    for start, end, style in marks:
        strip = overlaid(strip, GUTTER + start, GUTTER + end, style)
    return strip


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
