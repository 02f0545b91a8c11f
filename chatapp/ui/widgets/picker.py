"""A dialog in which one thing of many is found by typing, and chosen."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input

from chatapp.ui.ink import FAINT
from chatapp.ui.widgets.row_list import Row, RowList

Value = TypeVar("Value")

NOTHING_FITS = "Nothing fits."


class Picker(ModalScreen[Value | None], Generic[Value]):
    """A filter above rows; dismissed with the value of the chosen row, or with None.

    A subclass says which rows fit what is typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(self, title: str, placeholder: str, choose_word: str = "choose") -> None:
        super().__init__()
        self._title = title
        self._choose_word = choose_word
        self._input = Input(placeholder=placeholder)
        self._input.cursor_blink = False
        self._rows: RowList[Value] = RowList()

    @abstractmethod
    def rows_for(self, typed: str) -> Sequence[Row[Value]]:
        """The rows that fit what is typed, headings and notes among them."""

    @property
    def typed(self) -> str:
        """What rows are filtered by."""
        return self._input.value

    @property
    def selected(self) -> Value | None:
        """What Enter would choose."""
        return self._rows.selected

    def compose(self) -> ComposeResult:
        """Lay out the filter above the rows."""
        with Vertical() as panel:
            panel.border_title = self._title
            panel.border_subtitle = f"Enter {self._choose_word} \u00b7 Esc close"
            yield self._input
            yield self._rows

    def on_mount(self) -> None:
        """Show what there is."""
        self._input.focus()
        self.show_rows(self.first_selected())

    def first_selected(self) -> Value | None:
        """What is selected while nothing is typed; None for the first row."""
        return None

    def selection_changed(self) -> None:
        """Hear that another row may be selected now."""

    def show_rows(self, selected: Value | None) -> None:
        """Show the rows as they are now, with this one selected if it is there."""
        rows = self.rows_for(self.typed)
        self._rows.show(rows or [Row(Content.styled(NOTHING_FITS, FAINT))], selected)
        self.selection_changed()

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Select another row."""
        self._rows.move(step)
        self.selection_changed()

    def action_page(self, direction: int) -> None:
        """Select a row a page away."""
        self._rows.page(direction)
        self.selection_changed()

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self.show_rows(None if event.value else self.first_selected())

    @on(Input.Submitted)
    @on(RowList.Clicked)
    def _choose(self) -> None:
        if self.selected is not None:
            self.dismiss(self.selected)

    def on_click(self, event: Click) -> None:
        """Close on a click beside the dialog."""
        if event.widget is self:
            self.action_close()
