"""The events of an exchange as lines, of which only those in view are drawn."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import ClassVar

from textual.cache import LRUCache
from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatapp.core.exchange_log import ExchangeLog, LogEntry
from chatapp.core.oddities import OddityKind
from chatapp.ui.ink import MUTED
from chatapp.ui.inspector.event_filter import EventFilter
from chatapp.ui.inspector.event_rows import EventRow, draw_row
from chatapp.ui.line_fitting import cut_end

NONE_PASSES = " No event that is kept is like that; Esc shows all."

_DRAWN_KEPT = 400
"""Lines that need not be drawn again: a few screens."""

_DrawnKey = tuple[int, OddityKind | None, int, bool]


class EventList(ScrollView):
    """The events that are kept of one exchange and pass a filter, with one selected.

    Follows the newest until the person goes elsewhere. New events cost what they are
    themselves, and `catch_up` is called when it is time to paint: nothing happens before.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"event-list--selected"}

    @dataclass
    class Clicked(Message):
        """The person clicked the row that was selected already."""

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self._log: ExchangeLog | None = None
        self._filter = EventFilter()
        self._rows: list[EventRow] = []
        self._seen = 0
        self._selected = 0
        self._drawn: LRUCache[_DrawnKey, Strip] = LRUCache(_DRAWN_KEPT)
        self._shows_selection = False
        self.is_following = True

    @property
    def shows_selection(self) -> bool:
        """Whether the selected line is seen to be selected."""
        return self._shows_selection

    @shows_selection.setter
    def shows_selection(self, is_shown: bool) -> None:
        if is_shown != self._shows_selection:
            self._shows_selection = is_shown
            self.refresh()

    @property
    def rows(self) -> list[EventRow]:
        """The lines, in order."""
        return self._rows

    @property
    def selected(self) -> LogEntry | None:
        """The event that the keys are about."""
        return self._rows[self._selected].entry if self._rows else None

    @property
    def waiting(self) -> int:
        """How many events came since the list caught up."""
        return 0 if self._log is None else self._log.item_count - self._seen

    def show(self, log: ExchangeLog | None, event_filter: EventFilter) -> None:
        """Show these events; what was selected stays so where the exchange is the same."""
        selected = self.selected if log is self._log else None
        if log is not self._log:
            self._drawn.clear()
            self.is_following = True
        self._log, self._filter = log, event_filter
        self._rows, self._seen = [], 0
        self.catch_up()
        if selected is not None and not self.is_following:
            self._select(min(self._place_of(selected.number), len(self._rows) - 1))

    def catch_up(self) -> None:
        """Take in what came meanwhile, let go of what is kept no longer."""
        log = self._log
        if log is not None:
            start = max(0, len(log.entries) - self.waiting)
            self._seen = log.item_count
            self._rows.extend(self._rows_of(islice(log.entries, start, None)))
            self._drop(self._place_of(log.entries[0].number) if log.entries else 0)
        size = Size(0, len(self._rows))
        if size != self.virtual_size:
            self.virtual_size = size
        if self.is_following:
            self._selected = max(0, len(self._rows) - 1)
            self._scroll_to_line(len(self._rows))
        self.refresh()

    # Going about

    def move(self, step: int) -> None:
        """Select another line; the last one follows what comes."""
        self._select(self._selected + step)

    def page(self, direction: int) -> None:
        """Select a line a page away."""
        self.move(direction * max(1, self.content_size.height - 1))

    def move_to_edge(self, direction: int) -> None:
        """Select the first line, or the last and follow."""
        self.move(direction * len(self._rows))

    def move_to_odd(self, direction: int) -> bool:
        """Select the next event, or the one before, that is odd; False where there is none."""
        place = self._selected
        number = self._rows[place].number if self._rows else 0
        while 0 <= (place := place + direction) < len(self._rows):
            row = self._rows[place]
            if row.oddity is None and row.entry.reading.oddities and row.number != number:
                self._select(place)
                return True
        return False

    def _select(self, place: int) -> None:
        last = len(self._rows) - 1
        self._selected = max(0, min(place, last))
        self.is_following = self._selected >= last
        self._bring_into_view()
        self.refresh()

    def _bring_into_view(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.content_size.height)
        if self._selected < top:
            self._scroll_to_line(self._selected)
        elif self._selected >= top + height:
            self._scroll_to_line(self._selected - height + 1)

    def _scroll_to_line(self, line: int) -> None:
        self.scroll_to(y=line, animate=False, force=True)

    # Rows

    def _rows_of(self, entries: Iterator[LogEntry]) -> Iterator[EventRow]:
        if self._log is None:
            return
        first = {finding.oddity.kind: finding.first_item for finding in self._log.findings}
        for entry in entries:
            if self._filter.passes(entry):
                yield EventRow(entry)
                for oddity in entry.reading.oddities:
                    if first[oddity.kind] == entry.number:
                        yield EventRow(entry, oddity)

    def _place_of(self, number: int) -> int:
        return bisect_left(self._rows, number, key=attrgetter("number"))

    def _drop(self, count: int) -> None:
        if not count:
            return
        del self._rows[:count]
        self._selected = max(0, self._selected - count)
        if not self.is_following:
            self._scroll_to_line(self.scroll_offset.y - count)

    # What is seen

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.scrollable_content_region.width
        place = self.scroll_offset.y + y
        if place >= len(self._rows):
            return self._below(width, is_first=place == 0)
        row, is_selected = self._rows[place], place == self._selected and self._shows_selection
        key = (row.number, row.oddity.kind if row.oddity else None, width, is_selected)
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._drawn[key] = self._draw(row, width, is_selected=is_selected)
        return drawn

    def _below(self, width: int, *, is_first: bool) -> Strip:
        is_why_empty = is_first and self._log is not None and self._filter
        words = Content.styled(cut_end(NONE_PASSES, width) if is_why_empty else "", MUTED)
        style = self.visual_style
        strip = Strip(words.render_segments(style))
        return strip.adjust_cell_length(width, style.rich_style)

    def _draw(self, row: EventRow, width: int, *, is_selected: bool) -> Strip:
        style = self.visual_style
        line = draw_row(row, width)
        if is_selected:
            # One ink: the row's own were chosen for another background.
            line = line.without_spans
            style += self.get_visual_style("event-list--selected")
        segments = line.extend_right(max(0, width - line.cell_length)).render_segments(style)
        return Strip(segments).adjust_cell_length(width, style.rich_style)

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._drawn.clear()

    def on_resize(self, _event: Resize) -> None:
        """Keep in view what is followed or selected."""
        if self.is_following:
            self._scroll_to_line(len(self._rows))
        else:
            self._bring_into_view()

    def on_click(self, event: Click) -> None:
        """Select the line under the pointer; once more, look at it."""
        offset = event.get_content_offset(self)
        if offset is None or self.scroll_offset.y + offset.y >= len(self._rows):
            return
        event.stop()
        place = self.scroll_offset.y + offset.y
        if place == self._selected:
            self.post_message(self.Clicked())
        self._select(place)
