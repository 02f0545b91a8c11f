"""The list of conversations beside the chat, or over it where there is no room beside it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Blur, DescendantBlur, DescendantFocus, Focus, Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from chatapp.core.safe_text import safe_line
from chatapp.ui.day_heading import local_day
from chatapp.ui.fuzzy import has_all_words
from chatapp.ui.ink import MUTED
from chatapp.ui.widgets.key_hint import KeyHint, KeyLabel
from chatapp.ui.widgets.row_list import RowList
from chatapp.ui.widgets.sidebar_rows import (
    UNSENT_MARK,
    SidebarRow,
    current_id,
    drawn_rows,
    in_order,
    shown_title,
)

LEAST_COLUMNS_BESIDE = 90
"""On a narrower screen the sidebar lies over the chat."""

_LIST_KEYS: tuple[KeyLabel, ...] = (
    ("Enter", "open"),
    ("r", "rename"),
    ("p", "pin"),
    ("d", "delete"),
    ("/", "filter"),
)
_LEAVE_KEY: KeyLabel = ("Esc", "back")
_UNDO_KEY: KeyLabel = ("u", "undo")
_UNSENT_LEGEND: KeyLabel = (UNSENT_MARK, "unsent text")
_FILTER_KEYS: tuple[KeyLabel, ...] = (("Enter", "open"), ("Esc", "show all"))
_RENAME_KEYS: tuple[KeyLabel, ...] = (("Enter", "keep"), ("Esc", "cancel"))


class Sidebar(Vertical, can_focus=True):
    """Conversations by day, the newest first, the pinned above them.

    `key_of` writes a command's key; `clock` tells the time in seconds since the epoch, for the
    days. With the class `-over` it covers the chat.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="sidebar.up"),
        Binding("down", "move(1)", "Down", show=False, id="sidebar.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="sidebar.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="sidebar.page-down"),
        Binding("home", "edge(-1)", "First", show=False, id="sidebar.first"),
        Binding("end", "edge(1)", "Last", show=False, id="sidebar.last"),
        Binding("enter", "open", "Open the conversation", show=False, id="sidebar.open"),
        Binding("r,f2", "rename", "Rename", show=False, id="sidebar.rename"),
        Binding("p", "pin", "Pin or unpin", show=False, id="sidebar.pin"),
        Binding("d,delete", "delete", "Delete", show=False, id="sidebar.delete"),
        Binding("u", "undo", "Undo the deletion", show=False, id="sidebar.undo"),
        Binding("slash", "filter", "Filter by title", show=False, id="sidebar.filter"),
        Binding("escape", "leave", "Back to typing", show=False, id="sidebar.leave"),
    ]

    class Request(Message):
        """The person wants something of the list."""

    @dataclass
    class Opened(Request):
        """A conversation shall come into view."""

        conversation_id: str

    @dataclass
    class Renamed(Request):
        """The person gave a conversation this title; it is not empty."""

        conversation_id: str
        title: str

    @dataclass
    class PinToggled(Request):
        """A conversation shall be pinned, or no longer."""

        conversation_id: str

    @dataclass
    class DeleteRequested(Request):
        """A conversation shall be deleted."""

        conversation_id: str

    class UndoRequested(Request):
        """The conversation deleted last shall come back."""

    class Closed(Request):
        """The person goes back to typing."""

    def __init__(
        self, key_of: Callable[[str], str], clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__()
        self._key_of = key_of
        self._clock = clock
        self._rows: tuple[SidebarRow, ...] = ()
        self._today = local_day(clock())
        self._renamed_id: str | None = None
        self._offers_undo = False
        self._filter = Input(
            placeholder="Filter by title", compact=True, select_on_focus=False, classes="-filter"
        )
        self._filter.display = False
        self._list: RowList[str] = RowList()
        self._list.shows_selection = False
        self._note = Static("", markup=False, classes="-note")
        self._title = Input(compact=True, select_on_focus=False, classes="-title")
        self._title.border_title = "New title"
        self._title.display = False
        self._hint = KeyHint()
        for field in (self._filter, self._title):
            field.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list, the title being changed, and the keys."""
        yield self._filter
        yield self._list
        yield self._note
        yield self._title
        yield self._hint

    def on_mount(self) -> None:
        """Find out how much room there is, now and whenever the screen changes."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._find_room)
        self._find_room(self.screen)
        self._show_rows(None)

    @property
    def selected_id(self) -> str | None:
        """The conversation that the keys are about."""
        return self._list.selected

    def show(self, rows: Sequence[SidebarRow]) -> None:
        """Show these conversations, in the order of their times; ids are unique.

        What is selected stays selected, or its neighbour where it is gone; a conversation
        that has become the current one is selected.
        """
        rows = in_order(rows)
        today = local_day(self._clock())
        if rows == self._rows and today == self._today:
            return
        selected = self._selected_in(rows)
        self._rows, self._today = rows, today
        if self._renamed_id is not None and self._row(self._renamed_id) is None:
            self._end_renaming()
        self._show_rows(selected)
        self._show_keys()

    @property
    def offers_undo(self) -> bool:
        """Whether the keys say that a deletion can be undone."""
        return self._offers_undo

    @offers_undo.setter
    def offers_undo(self, is_offered: bool) -> None:
        self._offers_undo = is_offered
        self._show_keys()

    # What is shown

    def _show_rows(self, selected: str | None) -> None:
        words = self._filter.value
        listed: Sequence[SidebarRow] = self._rows
        if words:
            listed = [row for row in self._rows if has_all_words(words, row.header.title)]
        lines = drawn_rows(listed, self._today, is_wide=self.has_class("-over"))
        self._list.display = bool(lines)
        self._note.display = not lines
        if not lines:
            self._note.update(self._why_empty())
        self._list.show(lines, selected)

    def _why_empty(self) -> Content:
        if self._rows:
            words = f"No title has these words. {self._key_of('search')} searches the texts."
        else:
            words = "No conversations yet. What you write here is kept, and listed by day."
        return Content.styled(words, MUTED)

    def _selected_in(self, rows: Sequence[SidebarRow]) -> str | None:
        """What of these rows to select in place of what is selected now."""
        current = current_id(rows)
        if current not in (None, current_id(self._rows)):
            return current
        order = [row.header.conversation_id for row in self._rows]
        if self.selected_id not in order:
            return current
        place = order.index(self.selected_id)
        left = {row.header.conversation_id for row in rows}
        neighbours = (*order[place:], *reversed(order[:place]))
        return next((neighbour for neighbour in neighbours if neighbour in left), None)

    def _row(self, conversation_id: str | None) -> SidebarRow | None:
        for row in self._rows:
            if row.header.conversation_id == conversation_id:
                return row
        return None

    def _show_keys(self) -> None:
        if self._title.display:
            keys = _RENAME_KEYS
        elif self._filter.has_focus:
            keys = _FILTER_KEYS
        else:
            undo = (_UNDO_KEY,) if self._offers_undo else ()
            legend = (_UNSENT_LEGEND,) if any(row.shows_unsent for row in self._rows) else ()
            keys = (*(_LIST_KEYS if self._rows else ()), *undo, _LEAVE_KEY, *legend)
        self._hint.show(keys)

    def _find_room(self, screen: Screen[object]) -> None:
        lies_over = screen.size.width < LEAST_COLUMNS_BESIDE
        if lies_over != self.has_class("-over"):
            self.set_class(lies_over, "-over")
            self._show_rows(self.selected_id)

    @on(Focus)
    @on(Blur)
    @on(DescendantFocus)
    def _show_focus(self) -> None:
        self._list.shows_selection = self.has_focus or self.has_focus_within
        self._show_keys()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Forget a title that the person went away from."""
        if event.widget is self._title:
            self._end_renaming()
        self._show_focus()

    # What the person does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let nothing but the title be changed while it is."""
        return not self._title.display or action == "leave"

    def on_key(self, event: Key) -> None:
        """Take a character: for the field that is open, for opening one, or to filter by it.

        Textual runs bindings after the key has bubbled up to the app, when letters that came
        later have been taken for keys already. What opens a field is done at once.
        """
        if not event.is_printable or not event.character:
            return
        bound = {binding.action for binding in self._bindings.key_to_bindings.get(event.key, ())}
        field = self.screen.focused
        if field is self._title or field is self._filter:
            # a fast hand typed it before the field had the focus
            self._write(event.character)
        elif "rename" in bound:
            self.action_rename()
        elif "filter" in bound:
            self.action_filter()
        elif not bound and not event.character.isspace():
            self.action_filter()
            self._write(event.character)
        else:
            return
        event.stop()

    def _write(self, character: str) -> None:
        field = self._title if self._title.display else self._filter
        field.replace(character, *field.selection)

    def action_move(self, step: int) -> None:
        """Select another conversation."""
        self._list.move(step)

    def action_page(self, direction: int) -> None:
        """Select a conversation a page away."""
        self._list.page(direction)

    def action_edge(self, direction: int) -> None:
        """Select the first or the last conversation."""
        self._list.move_to_edge(direction)

    @on(RowList.Clicked)
    def action_open(self) -> None:
        """Open the selected conversation."""
        if self.selected_id is not None:
            self.post_message(self.Opened(self.selected_id))
            self._end_filtering()

    def action_rename(self) -> None:
        """Let the person write another title."""
        row = self._row(self.selected_id)
        if row is not None:
            self._renamed_id = row.header.conversation_id
            self._title.value = shown_title(row)
            self._title.display = True
            self.screen.set_focus(self._title)
            self._title.select_all()

    def action_pin(self) -> None:
        """Pin the selected conversation, or unpin it."""
        if self.selected_id is not None:
            self.post_message(self.PinToggled(self.selected_id))

    def action_delete(self) -> None:
        """Ask for the selected conversation to be deleted."""
        if self.selected_id is not None:
            self.post_message(self.DeleteRequested(self.selected_id))

    def action_undo(self) -> None:
        """Ask for the last deletion to be undone."""
        self.post_message(self.UndoRequested())

    def action_filter(self) -> None:
        """Let the person write words of a title."""
        self._filter.display = True
        self.screen.set_focus(self._filter)

    def action_leave(self) -> None:
        """Give up the title, else show all conversations again, else go back to typing."""
        if self._title.display:
            self._end_renaming()
        elif self._filter.display:
            self._end_filtering()
        else:
            self._show_rows(current_id(self._rows))
            self.post_message(self.Closed())

    @on(Input.Changed, ".-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show_rows(None if event.value else self.selected_id)

    @on(Input.Submitted, ".-filter")
    def _open_found(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_open()

    @on(Input.Submitted, ".-title")
    def _keep_title(self, event: Input.Submitted) -> None:
        event.stop()
        row, title = self._row(self._renamed_id), safe_line(event.value)
        if row is not None and title and title != shown_title(row):
            self.post_message(self.Renamed(row.header.conversation_id, title))
        self._end_renaming()

    def _end_renaming(self) -> None:
        self._renamed_id = None
        self._hide(self._title)

    def _end_filtering(self) -> None:
        selected = self.selected_id
        with self._filter.prevent(Input.Changed):
            self._filter.value = ""
        self._hide(self._filter)
        self._show_rows(selected)

    def _hide(self, field: Input) -> None:
        if field.has_focus:
            self.screen.set_focus(self)
        field.display = False
        self._show_keys()
