"""Where the person writes: grows with the text, sends with Enter, never loses a word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, TextAreaTheme

from chatapp.core.safe_text import safe_text
from chatapp.ui.key_echo import KeyEcho
from chatapp.ui.widgets.long_lines import MAX_LINE_LENGTH, LongLines
from chatapp.ui.widgets.prompt_history import PromptHistory
from chatapp.ui.widgets.slash_menu import SlashMenu

MAX_ROWS = 10
"""How many lines the composer grows to before it scrolls."""

PLACEHOLDER = "Message \u2026 \u2014 Enter sends, Ctrl+J new line, / commands"

EDITING_TITLE = "editing a message \u00b7 Esc cancels"

_TELL_AFTER_S = 0.5
"""Seconds between a change of the text and DraftChanged: at most two are posted a second."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """Something else is written for a while; `aside` is what stood in the composer before.

    It is an earlier message, or without a `message_id` a command.
    """

    message_id: str | None
    original: str
    aside: str


class Composer(TextArea):
    """The message being written, or an earlier one being edited.

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
        """The person sends `text`, which is out of the composer now; see `give_back`.

        `edits` is the id of the message that it is another version of.
        """

        composer: "Composer"
        text: str
        edits: str | None = None

        @property
        def control(self) -> "Composer":
            """The composer it comes from."""
            return self.composer

    @dataclass
    class DraftChanged(Message):
        """What is written and not sent is `text` now, and has been for half a second at most."""

        composer: "Composer"
        text: str

        @property
        def control(self) -> "Composer":
            """The composer it comes from."""
            return self.composer

    _coloured_theme: TextAreaTheme | None = None
    """The one whose colours are those of the stylesheet as it is now."""

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
        menu.after_click = self._hand_over
        self._long_lines = LongLines()
        self._history = PromptHistory()
        self._recalled = ""
        self._edit: _Edit | None = None
        self._told = ""
        self._tell_timer: Timer | None = None
        self._echo = KeyEcho(self)

    @property
    def draft(self) -> str:
        """The text as it would be sent, long lines in full."""
        return self._long_lines.unfold(self.text)

    @draft.setter
    def draft(self, text: str) -> None:
        self.replace(
            self._long_lines.fold(_fit(text)),
            (0, 0),
            self.document.end,
            maintain_selection_offset=False,
        )
        self.move_cursor(self.document.end)

    @property
    def unsent(self) -> str:
        """All that would be lost with the composer: while a message is edited, both texts."""
        if self._edit is None:
            return self.draft
        edited = self.draft
        texts = (self._edit.aside, "" if edited == self._edit.original else edited)
        return "\n\n".join(text for text in texts if text)

    @property
    def prompts(self) -> Sequence[str]:
        """What was sent before, newest first; Up in an empty composer walks back through it."""
        return self._history.prompts

    @prompts.setter
    def prompts(self, prompts: Sequence[str]) -> None:
        self._history.renew(prompts)

    @property
    def edited_message_id(self) -> str | None:
        """The message being edited, if one is."""
        return self._edit.message_id if self._edit else None

    def begin_edit(self, message_id: str, text: str) -> None:
        """Let the person edit an earlier message; what is written now comes back afterwards."""
        self._open_edit(message_id, text, is_unchanged=True)
        self.focus()

    def begin_command(self, name: str) -> None:
        """Let the person type what a command is to be given; what is written now comes back."""
        aside = self.unsent
        self._end_edit()
        self.draft = f"/{name} "
        if aside:
            self._edit = _Edit(None, self.draft, aside)
        self.focus()

    def cancel_edit(self) -> bool:
        """Give up editing a message, so that Ctrl+Z brings the edit back; False when none is."""
        if self._edit is None:
            return False
        aside = self._end_edit()
        self.history.checkpoint()
        self.draft = aside
        return True

    def _open_edit(self, message_id: str, text: str, *, is_unchanged: bool) -> None:
        aside = self.unsent
        self.draft = text
        self.history.clear()
        self._edit = _Edit(message_id, self.draft if is_unchanged else "", aside)
        self.border_title = EDITING_TITLE
        self._menu.close()

    def _end_edit(self) -> str:
        """Edit no more; returns what was written before."""
        aside = self._edit.aside if self._edit else ""
        self._edit = None
        self.border_title = None
        return aside

    def take_in(self, text: str) -> None:
        """Put pasted text, or what was typed elsewhere, at the cursor."""
        text = self._long_lines.fold(_fit(text))
        if result := self._replace_via_keyboard(text, *self.selection):
            self.move_cursor(result.end_location)
            self.focus()

    def give_back(self, text: str, edits: str | None = None) -> None:
        """Put a text that could not be sent back, before what was typed meanwhile.

        With `edits` the message with that id is being edited again.
        """
        if edits is not None:
            self._open_edit(edits, text, is_unchanged=False)
        elif self._edit is not None:
            self._edit = replace(self._edit, aside=_joined(text, self._edit.aside))
            self._note_change()
        else:
            self.draft = _joined(text, self.draft)

    def take_out(self) -> None:
        """Empty the composer for good."""
        self.load_text("")
        self._long_lines.forget()
        self._history.restart()
        self._menu.close()
        self._note_change()

    def begin_with(self, text: str) -> None:
        """Write in another conversation, where `text` was left unsent."""
        self._end_edit()
        self.take_out()
        if text:
            self.draft = text
            self._menu.close()
            self.history.clear()

    def clear_undoably(self) -> bool:
        """Empty the composer so that Ctrl+Z brings the text back; False when it is empty.

        An empty one in which a message was being edited is left to what was written before.
        """
        if not self.text:
            return self.cancel_edit()
        self.history.checkpoint()
        self.clear()
        return True

    def edit(self, edit: Edit) -> EditResult:
        """Edit the text, let the slash menu follow it, and show it at once."""
        result = super().edit(edit)
        self._text_changed()
        self._echo.paint()
        return result

    def undo(self) -> None:
        """Take the last edits back."""
        super().undo()
        self._text_changed()

    def redo(self) -> None:
        """Bring back what `undo` took."""
        super().redo()
        self._text_changed()

    def notify_style_update(self) -> None:
        """Look the colours up once more before the next paint."""
        self._coloured_theme = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint rows; to look all colours up each time is a third of what showing a key costs."""
        if self._coloured_theme is self._theme:
            return Widget.render_lines(self, crop)
        self._coloured_theme = self._theme
        return super().render_lines(crop)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the text, up to MAX_ROWS and two fifths of the screen."""
        height = super().get_content_height(container, viewport, width)
        return max(1, min(height, MAX_ROWS, viewport.height * 2 // 5))

    def action_send(self) -> None:
        """Hand over the text; a slash command goes to the menu instead."""
        if self._menu.is_open:
            outcome = self._menu.choose()
            if isinstance(outcome, SlashMenu.Chosen):
                self._hand_over()
            self.post_message(outcome)
        elif text := self.draft.strip():
            self._submit(text)

    def _submit(self, text: str) -> None:
        edits = self.edited_message_id
        self._hand_over()
        self._history.add(text)
        self.post_message(self.Submitted(self, text, edits))
        self._tell_draft()

    def _hand_over(self) -> None:
        """Empty the composer, or leave it to what was written before."""
        aside = self._end_edit()
        self.take_out()
        if aside:
            self.draft = aside

    def action_insert_newline(self) -> None:
        """Begin a new line at the cursor."""
        self._replace_via_keyboard("\n", *self.selection)

    async def _on_key(self, event: Key) -> None:
        is_taken = (self._menu.is_open and self._menu_takes(event.key)) or self._takes(event.key)
        if is_taken:
            event.stop()
            event.prevent_default()
        else:
            self._run_binding(event)

    def _takes(self, key: str) -> bool:
        """Take a key that walks through earlier prompts or gives up an edit."""
        match key:
            case "up":
                return self._walk_back()
            case "down":
                return self._walk_on()
            case "escape":
                return self.cancel_edit()
            case _:
                return False

    def _walk_back(self) -> bool:
        """Show the prompt before, from an empty composer or one that nobody has edited."""
        if not self.text:
            self._history.restart()
        elif not (self._is_recalled and self.navigator.is_first_wrapped_line(self.cursor_location)):
            return False
        prompt = self._history.older()
        if prompt is not None:
            self._recall(prompt)
        return True

    def _walk_on(self) -> bool:
        """Show the prompt after, or past the newest an empty composer again."""
        is_last_line = self.navigator.is_last_wrapped_line(self.cursor_location)
        if not (self._is_recalled and is_last_line):
            return False
        self._recall(self._history.newer())
        return True

    @property
    def _is_recalled(self) -> bool:
        return bool(self.text) and self.text == self._recalled

    def _recall(self, prompt: str) -> None:
        self.draft = prompt
        self._recalled = self.text
        self._menu.close()

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

    def _text_changed(self) -> None:
        self._update_menu()
        self._note_change()

    def _note_change(self) -> None:
        """Tell of the draft soon; no timer runs while nothing changes."""
        if self._tell_timer is None and self.is_attached:
            self._tell_timer = self.set_timer(_TELL_AFTER_S, self._tell_draft)

    def _tell_draft(self) -> None:
        if self._tell_timer is not None:
            self._tell_timer.stop()
            self._tell_timer = None
        if (text := self.unsent) != self._told:
            self._told = text
            self.post_message(self.DraftChanged(self, text))

    def on_blur(self) -> None:
        """Tell of the draft before anything else has the keys."""
        self._tell_draft()

    def _update_menu(self) -> None:
        text = self.document.get_line(0)
        is_command = (
            self.edited_message_id is None
            and text.startswith("/")
            and self.document.line_count == 1
        )
        if is_command and len(text) < MAX_LINE_LENGTH:
            self._menu.filter(text)
        elif self._menu.is_open:
            self._menu.close()


_ACTIONS = {
    "send": Composer.action_send,
    "insert_newline": Composer.action_insert_newline,
}


def _fit(text: str) -> str:
    """Make pasted text safe; many terminals send a carriage return for a line's end."""
    return safe_text(text.replace("\r\n", "\n").replace("\r", "\n"))


def _joined(first: str, second: str) -> str:
    return f"{first}\n{second}" if second else first
