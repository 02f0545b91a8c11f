"""The line that finds text in the conversation."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

FIND_KEYS = (("Esc", "close search"),)
"""What the bottom line says of the bar while it has the focus."""


class FindBar(Horizontal):
    """Asks for what to find and shows which match is in view; whoever owns the text searches."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,f3", "next", "Next match", show=False, id="find.next"),
        Binding(
            "up,shift+enter,shift+f3", "previous", "Match before", show=False, id="find.previous"
        ),
        Binding("escape", "close", "Close the search", show=False, id="find.close"),
    ]

    @dataclass
    class Changed(Message):
        """Other text is looked for, "" for none."""

        text: str

    class Next(Message):
        """The next match shall come into view."""

    class Previous(Message):
        """The match before shall come into view."""

    class Closed(Message):
        """The person is done searching."""

    def __init__(self) -> None:
        super().__init__()
        self._input = Input(placeholder="Find in this conversation", compact=True)
        self._input.cursor_blink = False
        self._count = Static("", markup=False)
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether the bar is on the screen."""
        return bool(self.display)

    @property
    def selected_text(self) -> str:
        """What is selected of the text that is looked for, while it is being written."""
        return self._input.selected_text if self._input.has_focus else ""

    def compose(self) -> ComposeResult:
        """Lay out the question beside the count."""
        yield Static("find ", markup=False)
        yield self._input
        yield self._count

    def open(self) -> None:
        """Come onto the screen and ask, with what was looked for last."""
        self.display = True
        self._input.focus()
        self._input.select_all()
        self.post_message(self.Changed(self._input.value))

    def show_count(self, position: int, total: int) -> None:
        """Say that match `position` of `total` is in view, counted from 1."""
        if not self._input.value:
            self._count.update("")
        else:
            self._count.update(f"{position}/{total}" if total else "not found")
        self._count.set_class(bool(self._input.value) and not total, "-none")

    def action_next(self) -> None:
        """Ask for the next match."""
        self.post_message(self.Next())

    def action_previous(self) -> None:
        """Ask for the match before."""
        self.post_message(self.Previous())

    def action_close(self) -> None:
        """Leave the screen."""
        self.display = False
        self.post_message(self.Closed())

    @on(Input.Changed)
    def _tell_change(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _tell_next(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next()
