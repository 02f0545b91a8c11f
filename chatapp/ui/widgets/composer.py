"""Where the person writes a message: sends with Enter, walks back with Up, never loses a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message

from chatapp.ui.widgets.draft_news import DraftNews
from chatapp.ui.widgets.interlude import Interlude, joined
from chatapp.ui.widgets.long_lines import MAX_LINE_LENGTH
from chatapp.ui.widgets.prompt_area import PromptArea
from chatapp.ui.widgets.prompt_history import PromptHistory
from chatapp.ui.widgets.slash_menu import SlashMenu

PLACEHOLDER = "Message \u2026 \u2014 Enter sends, Ctrl+J new line, / commands"

EDITING_TITLE = "editing a message \u00b7 Esc cancels"


class Composer(PromptArea):
    """The message being written, or an earlier one being edited; `menu` shows commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", show=False, id="composer.send"),
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

    def __init__(self, menu: SlashMenu) -> None:
        super().__init__(PLACEHOLDER)
        self.actions_at_once["send"] = self.action_send
        self._menu = menu
        menu.after_click = self._hand_over
        self._history = PromptHistory()
        self._recalled = ""
        self._interlude: Interlude | None = None
        self._news = DraftNews(
            self,
            lambda: self.unsent,
            lambda text: self.post_message(self.DraftChanged(self, text)),
        )

    @property
    def unsent(self) -> str:
        """All that would be lost with the composer: while a message is edited, both texts."""
        return self.draft if self._interlude is None else self._interlude.unsent(self.draft)

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
        return self._interlude.message_id if self._interlude else None

    # Interludes

    def begin_edit(self, message_id: str, text: str) -> None:
        """Let the person edit an earlier message; what is written now comes back afterwards."""
        self._open_edit(message_id, text, is_unchanged=True)
        self.focus()

    def begin_command(self, name: str) -> None:
        """Let the person type what a command is to be given; what is written now comes back."""
        aside = self.unsent
        self._end_interlude()
        self.draft = f"/{name} "
        if aside:
            self._interlude = Interlude(None, self.draft, aside)
        self.focus()

    def cancel_edit(self) -> bool:
        """Give up editing a message, so that Ctrl+Z brings the edit back; False when none is."""
        if self._interlude is None:
            return False
        aside = self._end_interlude()
        self.history.checkpoint()
        self.draft = aside
        return True

    def give_back(self, text: str, edits: str | None = None) -> None:
        """Put a text that could not be sent back, before what was typed meanwhile.

        With `edits` the message with that id is being edited again.
        """
        if edits is not None:
            self._open_edit(edits, text, is_unchanged=False)
        elif self._interlude is not None:
            self._interlude = self._interlude.with_given_back(text)
            self._news.note_change()
        else:
            self.draft = joined(text, self.draft)

    def _open_edit(self, message_id: str, text: str, *, is_unchanged: bool) -> None:
        aside = self.unsent
        self.draft = text
        self.history.clear()
        self._interlude = Interlude(message_id, self.draft if is_unchanged else "", aside)
        self.border_title = EDITING_TITLE
        self._menu.close()

    def _end_interlude(self) -> str:
        """Write no more in the place of another text; returns that."""
        aside = self._interlude.aside if self._interlude else ""
        self._interlude = None
        self.border_title = None
        return aside

    # Emptying

    def take_out(self) -> None:
        """Empty the composer for good."""
        self.empty()
        self._history.restart()
        self._menu.close()
        self._news.note_change()

    def begin_with(self, text: str) -> None:
        """Write in another conversation, where `text` was left unsent."""
        self._end_interlude()
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

    # Sending

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
        self._news.tell_now()

    def _hand_over(self) -> None:
        """Empty the composer, or leave it to what was written before."""
        aside = self._end_interlude()
        self.take_out()
        if aside:
            self.draft = aside

    # Keys

    async def _on_key(self, event: Key) -> None:
        """Take a key of the open menu, or one that walks; the others write."""
        if (self._menu.is_open and self._menu_takes(event.key)) or self._walk_takes(event.key):
            event.stop()
            event.prevent_default()

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

    def _walk_takes(self, key: str) -> bool:
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

    # What follows from an edit

    def text_changed(self) -> None:
        """Let the slash menu follow the text, and others hear of it soon."""
        self._update_menu()
        self._news.note_change()

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

    def on_blur(self) -> None:
        """Tell of the draft before anything else has the keys."""
        self._news.tell_now()
