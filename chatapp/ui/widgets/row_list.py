"""A list of one-line rows that costs what is in view, however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Row(Generic[Value]):
    """One line; a row without a value is a heading or a note and cannot be selected.

    `end` is shown at the right edge, where there is room for it.
    """

    content: Content
    value: Value | None = None
    end: Content | None = None


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
        self._selected: int | None = None

    @property
    def selected(self) -> Value | None:
        """The selected row's value, None when there is nothing to select."""
        return None if self._selected is None else self._rows[self._selected].value

    def show(self, rows: Sequence[Row[Value]], selected: Value | None = None) -> None:
        """Show these rows; the first with the value `selected` is selected, else the first."""
        self._rows = rows
        self._selected = self._index_of(selected)
        self.virtual_size = Size(0, len(rows))
        self.refresh(layout=True)
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
        self._selected = index
        self._scroll_to_selected()
        self.refresh()

    def page(self, direction: int) -> None:
        """Move the selection by what is in view, down (1) or up (-1)."""
        self.move(direction * max(1, self.content_size.height - 1))

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """One line a row."""
        return max(1, len(self._rows))

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        style = self.visual_style
        line = Content("")
        if index < len(self._rows):
            line = _fit(self._rows[index], width)
        if index == self._selected:
            # One ink: the row's own were chosen for another background.
            line = line.without_spans
            style += self.get_visual_style("row-list--selected")
        segments = line.extend_right(max(0, width - line.cell_length)).render_segments(style)
        return Strip(segments).adjust_cell_length(width, style.rich_style)

    def on_resize(self, _event: Resize) -> None:
        """Keep the selection in view."""
        self._scroll_to_selected()

    def on_click(self, event: Click) -> None:
        """Select the row under the pointer."""
        offset = event.get_content_offset(self)
        index = self.scroll_offset.y + offset.y if offset is not None else len(self._rows)
        if index < len(self._rows) and self._rows[index].value is not None:
            event.stop()
            self._selected = index
            self.refresh()
            self.post_message(self.Clicked())

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
        top = 0 if self._next(self._selected, -1) is None else self._selected
        region = Region(0, top, 1, self._selected - top + 1)
        self.scroll_to_region(region, animate=False, force=True)


def _fit(row: Row[Value], width: int) -> Content:
    end = row.end
    if end is None or row.content.cell_length + end.cell_length + 2 > width:
        return row.content.truncate(width, ellipsis=True)
    blank = width - row.content.cell_length - end.cell_length
    return row.content.append(" " * blank).append(end)
