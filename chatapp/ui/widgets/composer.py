"""Where the person writes: grows with the text, sends with Enter, never loses a word."""

import re
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.geometry import Size
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from chatapp.core.safe_text import safe_text
from chatapp.ui.widgets.slash_menu import SlashMenu

MAX_ROWS = 10
"""How many lines the composer grows to before it scrolls."""

MAX_LINE_LENGTH = 8_000
"""Characters of a pasted line that are edited in place; TextArea wraps a whole line per key."""

PLACEHOLDER = "Message \u2026 \u2014 Enter sends, Ctrl+J new line, / commands"


class Composer(TextArea):
    """The message being written.

    Pasted text is real text, made safe. Only a line longer than MAX_LINE_LENGTH stands as a
    short mark, which `draft` gives back in full; editing it would take seconds a key.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", show=False, id="composer.send"),
        Binding(
            "ctrl+j,shift+enter", "insert_newline", "New line", show=False, id="composer.newline"
        ),
    ]

    @dataclass
    class Submitted(Message):
        """The person sends `text`, which is out of the composer now; see `give_back`."""

        composer: "Composer"
        text: str

        @property
        def control(self) -> "Composer":
            """The composer it comes from."""
            return self.composer

    class RecallRequested(Message):
        """The person wants the last message back, in a composer that is empty."""

    def __init__(self, menu: SlashMenu) -> None:
        super().__init__(
            placeholder=PLACEHOLDER,
            highlight_cursor_line=False,
            soft_wrap=True,
            max_checkpoints=200,
        )
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._menu = menu
        menu.after_click = self.take_out
        self._folded: dict[str, str] = {}

    @property
    def draft(self) -> str:
        """The text as it would be sent, long lines in full."""
        return _unfold(self.text, self._folded)

    @draft.setter
    def draft(self, text: str) -> None:
        self.replace(
            self._fold(_fit(text)), (0, 0), self.document.end, maintain_selection_offset=False
        )
        self.move_cursor(self.document.end)

    def take_in(self, text: str) -> None:
        """Put pasted text, or what was typed elsewhere, at the cursor."""
        text = self._fold(_fit(text))
        if result := self._replace_via_keyboard(text, *self.selection):
            self.move_cursor(result.end_location)
            self.focus()

    def give_back(self, text: str) -> None:
        """Put a text that could not be sent back, before what was typed meanwhile."""
        self.draft = f"{text}\n{self.draft}" if self.draft else text

    def take_out(self) -> None:
        """Empty the composer for good."""
        self.load_text("")
        self._folded.clear()
        self._menu.close()

    def clear_undoably(self) -> bool:
        """Empty the composer so that Ctrl+Z brings the text back; False when it is empty."""
        if not self.text:
            return False
        self.history.checkpoint()
        self.clear()
        return True

    def edit(self, edit: Edit) -> EditResult:
        """Edit the text, and let the slash menu follow it."""
        result = super().edit(edit)
        self._update_menu()
        return result

    def undo(self) -> None:
        """Take the last edits back."""
        super().undo()
        self._update_menu()

    def redo(self) -> None:
        """Bring back what `undo` took."""
        super().redo()
        self._update_menu()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the text, up to MAX_ROWS and two fifths of the screen."""
        height = super().get_content_height(container, viewport, width)
        return max(1, min(height, MAX_ROWS, viewport.height * 2 // 5))

    def action_send(self) -> None:
        """Hand over the text; a slash command goes to the menu instead."""
        if self._menu.is_open:
            outcome = self._menu.choose()
            if isinstance(outcome, SlashMenu.Chosen):
                self.take_out()
            self.post_message(outcome)
        elif text := self.draft.strip():
            self.take_out()
            self.post_message(self.Submitted(self, text))

    def action_insert_newline(self) -> None:
        """Begin a new line at the cursor."""
        self._replace_via_keyboard("\n", *self.selection)

    async def _on_key(self, event: Key) -> None:
        if self._menu.is_open and self._menu_takes(event.key):
            event.stop()
            event.prevent_default()
        elif event.key == "up" and not self.text:
            event.stop()
            event.prevent_default()
            self.post_message(self.RecallRequested())
        else:
            self._run_binding(event)

    def _run_binding(self, event: Key) -> None:
        """Send or begin a line at once, in the order of the keys.

        Textual runs bindings after the key has bubbled up to the app, when characters that
        came later have been inserted already: a fast paste of keys would be shuffled.
        """
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if binding.action in _ACTIONS:
                event.stop()
                event.prevent_default()
                _ACTIONS[binding.action](self)
                return

    def _menu_takes(self, key: str) -> bool:
        match key:
            case "up":
                self._menu.move(-1)
            case "down":
                self._menu.move(1)
            case "tab":
                self.draft = self._menu.completion()
            case "escape":
                self._menu.close()
            case _:
                return False
        return True

    async def _on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take_in(event.text)

    def _update_menu(self) -> None:
        text = self.document.get_line(0)
        is_command = text.startswith("/") and self.document.line_count == 1
        if is_command and len(text) < MAX_LINE_LENGTH:
            self._menu.filter(text)
        elif self._menu.is_open:
            self._menu.close()

    def _fold(self, text: str) -> str:
        if len(text) <= MAX_LINE_LENGTH:
            return text
        return re.sub(rf"[^\n]{{{MAX_LINE_LENGTH + 1},}}", self._mark, text)

    def _mark(self, line: re.Match[str]) -> str:
        number = len(self._folded) + 1
        mark = f"\u27e6line {number}: {len(line[0]):,} characters\u27e7"
        self._folded[mark] = line[0]
        return mark


_ACTIONS = {
    "send": Composer.action_send,
    "insert_newline": Composer.action_insert_newline,
}


def _fit(text: str) -> str:
    """Make pasted text safe; many terminals send a carriage return for a line's end."""
    return safe_text(text.replace("\r\n", "\n").replace("\r", "\n"))


def _unfold(text: str, folded: dict[str, str]) -> str:
    for mark, line in folded.items():
        text = text.replace(mark, line)
    return text
