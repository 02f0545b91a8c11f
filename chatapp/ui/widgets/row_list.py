"""A list of rows that costs what is in view, however long it is."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, Generic, TypeVar

from textual.content import Content, Span
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Value = TypeVar("Value")

_GAP = 2
"""Least cells between a row's content and what stands at its end."""


@dataclass(frozen=True, slots=True)
class Row(Generic[Value]):
    """One line, or two; a row without a value is a heading or a note and cannot be selected.

    `content` may be a function that draws it when it comes into view. `end` is shown at the
    right edge, where there is room for it; with `keeps_end` the content makes room for it,
    down to half the width. `aside` stands beyond it, where there is room for all. `below`
    draws the second line for a width in cells.
    """

    content: Content | Callable[[], Content]
    value: Value | None = None
    end: Content | None = None
    keeps_end: bool = False
    below: Callable[[int], Content] | None = None
    aside: Content | None = None


class RowList(ScrollView, Generic[Value]):
    """Rows with one selected; whoever has the focus moves the selection.

    Textual's OptionList measures every option, which is felt with thousands of models.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--selected"}

    @dataclass
    class Clicked(Message):
        """The person clicked the row that now is selected."""

    def __init__(self, *, can_focus: bool = False) -> None:
        super().__init__()
        self.can_focus = can_focus
        self._rows: Sequence[Row[Value]] = ()
        self._tops: list[int] = [0]
        self._selected: int | None = None
        self._shows_selection = True

    @property
    def selected(self) -> Value | None:
        """The selected row's value, None when there is nothing to select."""
        return None if self._selected is None else self._rows[self._selected].value

    @property
    def shows_selection(self) -> bool:
        """Whether the selected row is seen to be selected."""
        return self._shows_selection

    @shows_selection.setter
    def shows_selection(self, is_shown: bool) -> None:
        if is_shown != self._shows_selection:
            self._shows_selection = is_shown
            self.refresh()

    def show(self, rows: Sequence[Row[Value]], selected: Value | None = None) -> None:
        """Show these rows; the first with the value `selected` is selected, else the first.

        The view stays where it is as long as the selection does.
        """
        before = self._place_of_selected()
        line_count = self._tops[-1]
        self._rows = rows
        self._tops = [0, *accumulate(2 if row.below else 1 for row in rows)]
        self._selected = self._index_of(selected)
        self.virtual_size = Size(0, self._tops[-1])
        self.refresh(layout=self._tops[-1] != line_count)
        if self._place_of_selected() != before:
            self.call_after_refresh(self._scroll_to_selected)

    def move(self, step: int) -> None:
        """Move the selection by `step` rows that can be selected, as far as there are any."""
        if self._selected is None:
            return
        direction = 1 if step > 0 else -1
        index = self._selected
        for _ in range(abs(step)):
            following = self._next(index, direction)
            if following is None:
                break
            index = following
        self._select(index)

    def page(self, direction: int) -> None:
        """Move the selection by what is in view, down (1) or up (-1)."""
        if self._selected is None:
            return
        line = self._tops[self._selected] + direction * max(1, self.content_size.height - 1)
        index = self._index_at(max(0, min(line, self._tops[-1] - 1)))
        if index is not None and self._rows[index].value is None:
            beyond = self._next(index, direction)
            index = beyond if beyond is not None else self._next(index, -direction)
        if index is None or index == self._selected:
            self.move(direction)
        else:
            self._select(index)

    def move_to_edge(self, direction: int) -> None:
        """Select the last row (1) or the first (-1)."""
        self.move(direction * len(self._rows))

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """As many lines as the rows have."""
        return max(1, self._tops[-1])

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.scrollable_content_region.width
        line_number = self.scroll_offset.y + y
        index = self._index_at(line_number)
        style = self.visual_style
        line = Content("") if index is None else self._line(index, line_number, width)
        if index is not None and index == self._selected and self._shows_selection:
            # One ink: the row's own were chosen for another background.
            line = _in_one_ink(line)
            style += self.get_visual_style("row-list--selected")
        segments = line.extend_right(max(0, width - line.cell_length)).render_segments(style)
        return Strip(segments).adjust_cell_length(width, style.rich_style)

    def on_resize(self, _event: Resize) -> None:
        """Keep the selection in view."""
        self._scroll_to_selected()

    def on_click(self, event: Click) -> None:
        """Select the row under the pointer."""
        offset = event.get_content_offset(self)
        index = None if offset is None else self._index_at(self.scroll_offset.y + offset.y)
        if index is not None and self._rows[index].value is not None:
            event.stop()
            self._selected = index
            self.refresh()
            self.post_message(self.Clicked())

    def _select(self, index: int) -> None:
        self._selected = index
        self._scroll_to_selected()
        self.refresh()

    def _index_at(self, line: int) -> int | None:
        return bisect_right(self._tops, line) - 1 if 0 <= line < self._tops[-1] else None

    def _line(self, index: int, line: int, width: int) -> Content:
        row = self._rows[index]
        if row.below is not None and line > self._tops[index]:
            return row.below(width).truncate(width, ellipsis=True)
        return _fit(row, width)

    def _place_of_selected(self) -> tuple[Value | None, int]:
        return self.selected, 0 if self._selected is None else self._tops[self._selected]

    def _index_of(self, value: Value | None) -> int | None:
        if value is not None:
            for index, row in enumerate(self._rows):
                if row.value == value:
                    return index
        return self._next(-1, 1)

    def _next(self, index: int, direction: int) -> int | None:
        index += direction
        while 0 <= index < len(self._rows):
            if self._rows[index].value is not None:
                return index
            index += direction
        return None

    def _scroll_to_selected(self) -> None:
        if self._selected is None:
            return
        # The heading above the first row comes into view with it.
        is_first = self._next(self._selected, -1) is None
        top = 0 if is_first else self._tops[self._selected]
        region = Region(0, top, 1, self._tops[self._selected + 1] - top)
        self.scroll_to_region(region, animate=False, force=True)


def _fit(row: Row[Value], width: int) -> Content:
    content = row.content if isinstance(row.content, Content) else row.content()
    end = row.end
    if row.aside is not None:
        whole = row.aside if end is None else end.append(" " * _GAP).append(row.aside)
        end = whole if content.cell_length + whole.cell_length + _GAP <= width else end
    if end is not None and row.keeps_end:
        end = end.truncate(width // 2, ellipsis=True)
        content = content.truncate(width - end.cell_length - _GAP, ellipsis=True)
    if end is None or content.cell_length + end.cell_length + _GAP > width:
        return content.truncate(width, ellipsis=True)
    blank = width - content.cell_length - end.cell_length
    return content.append(" " * blank).append(end)


def _in_one_ink(line: Content) -> Content:
    """Drop all styles but underlines, which mark a place and bring no colour."""
    underlined = [
        Span(span.start, span.end, "underline")
        for span in line.spans
        if isinstance(span.style, str) and "underline" in span.style
    ]
    return line.without_spans.add_spans(underlined)
