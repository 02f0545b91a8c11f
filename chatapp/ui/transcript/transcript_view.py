"""The transcript as a person uses it: the keys, the mouse, and what they ask of the app."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.message import Message

from chatapp.ui.transcript import reading_keys
from chatapp.ui.transcript.clicks import OnAlternatives, OnBadge, OnLine, click_target
from chatapp.ui.transcript.conversation_canvas import ConversationCanvas
from chatapp.ui.transcript.reading_keys import KeyHint
from chatapp.ui.transcript.selection import row_id, whole_entry, word_around


class TranscriptView(ConversationCanvas, can_focus=True):
    """A conversation to read in, message by message.

    A key without a meaning of its own means that the person wants to write.
    """

    BINDINGS: ClassVar[list[BindingType]] = reading_keys.BINDINGS

    DEFAULT_CSS = """
    TranscriptView {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """

    @dataclass
    class CopyRequested(Message):
        """The person wants `text` on the clipboard; `what` names it in a word or two."""

        text: str
        what: str

    @dataclass
    class ActionRequested(Message):
        """The person asked for a command on a message ("" when none has the focus)."""

        command_name: str
        message_id: str

    @dataclass
    class KeysChanged(Message):
        """Other keys act on the focused message now; none while nobody reads."""

        hints: tuple[KeyHint, ...]

    class MatchStepped(Message):
        """The person went to another match, by a key of the transcript."""

    @dataclass
    class TypingRequested(Message):
        """The person wants to write; `character` is what was typed or pasted already, or ""."""

        character: str

    def __init__(
        self, *, key_of: Callable[[str], str], clock: Callable[[], float] | None = None
    ) -> None:
        super().__init__(key_of=key_of, clock=clock)
        self._key_hints: tuple[KeyHint, ...] = ()

    # -- the focused message ---------------------------------------------------------------

    @property
    def focused_message_id(self) -> str | None:
        """The message that keys act on."""
        return self.viewport.focus.message_id

    def focus_message(self, message_id: str | None) -> None:
        """Make keys act on a message, or on none."""
        self.viewport.focus.message_id = message_id
        self.present()

    def present(self) -> None:
        """Show the rows, and say which keys act on the focused message."""
        super().present()
        focused = self.viewport.focused_message if self.has_focus else None
        hints = focused.key_hints if focused is not None else ()
        if hints != self._key_hints:
            self._key_hints = hints
            self.post_message(self.KeysChanged(hints))

    # -- keys ------------------------------------------------------------------------------

    def action_focus_message(self, direction: int) -> None:
        """Move to the neighbouring message, or on through one larger than the view."""
        self.viewport.move_focus(direction)
        self.present()

    def action_toggle_fold(self) -> None:
        """Fold or unfold the focused message's reasoning and tool calls."""
        index = self.viewport.chosen_index
        if index is not None:
            self.viewport.fold_message(index)
            self.present()

    def action_copy_message(self) -> None:
        """Ask for the source of the focused or last message to be copied."""
        index = self.viewport.chosen_index
        if index is not None:
            text = self.viewport.timeline.entry(index).copy_text
            self.post_message(self.CopyRequested(text, "message"))

    def action_copy_code(self) -> None:
        """Ask for code to be copied: the last block in view, else the message's last one."""
        block = self.viewport.code_block()
        if block is not None:
            self.post_message(self.CopyRequested(block.text, block.language or "code"))

    def action_ask(self, command_name: str) -> None:
        """Ask the app for a command on the focused or last message."""
        index = self.viewport.chosen_index
        message_id = "" if index is None else self.viewport.timeline.message(index).message_id
        self.post_message(self.ActionRequested(command_name, message_id))

    def action_page(self, direction: int) -> None:
        """Scroll a page."""
        self.scroll_by_page(direction)

    def action_scroll_start(self) -> None:
        """Go to the first message."""
        self.scroll_to_start()

    def action_scroll_latest(self) -> None:
        """Follow the end."""
        self.scroll_to_latest()

    def action_find_next(self) -> None:
        """Go to the next match; without a search, `n` is a letter like any other."""
        self._find_or_type(self.find_next, "n")

    def action_find_previous(self) -> None:
        """Go to the match before; without a search, `N` is a letter like any other."""
        self._find_or_type(self.find_previous, "N")

    def _find_or_type(self, step: Callable[[], None], character: str) -> None:
        if self.viewport.finder is None:
            self._request_typing(character)
        else:
            step()
            self.post_message(self.MatchStepped())

    def action_type(self) -> None:
        """Go back to writing."""
        self._request_typing("")

    def action_leave(self) -> None:
        """Go back to writing, unless a reply runs: then Esc is for stopping it."""
        if self.viewport.timeline.is_growing:
            raise SkipAction
        self.action_type()

    def on_key(self, event: events.Key) -> None:
        """Any character without a meaning of its own goes to the composer."""
        has_meaning = event.key in self._bindings.key_to_bindings
        if event.is_printable and event.character and not has_meaning:
            event.stop()
            self._request_typing(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted while reading goes to the composer too."""
        event.stop()
        self._request_typing(event.text)

    def _request_typing(self, character: str) -> None:
        self.end_reveal()
        self.post_message(self.TypingRequested(character))

    # -- focus and mouse -------------------------------------------------------------------

    def on_focus(self) -> None:
        """Show which message has the focus: the last one in view at first."""
        self.viewport.focus_some()
        self.present()

    def on_blur(self) -> None:
        """Hide it again."""
        self.present()

    def on_click(self, event: events.Click) -> None:
        """Follow by the sign, flip, fold by a label, focus a message; twice selects a word."""
        match click_target(self.viewport, event.x, event.y, self.size.width):
            case OnBadge():
                self.scroll_to_latest()
            case OnAlternatives(message_id, step):
                event.prevent_default()
                self.focus_message(message_id)
                self.action_ask("next-branch" if step > 0 else "previous-branch")
            case OnLine(_, entry, line) if event.chain > 1:
                event.prevent_default()  # which is to select the whole conversation
                self._select(entry, line, event)
            case OnLine(message_id, entry, line) if self.text_selection is None:
                self.viewport.focus.message_id = message_id
                self.viewport.fold_at(entry, line)
                self.present()

    def _select(self, entry: int, line: int, event: events.Click) -> None:
        """Select the word that was clicked twice, or the message that was clicked more often."""
        timeline = self.viewport.timeline
        if event.chain == 2:
            _widget, offset = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
            x = offset.x if offset is not None else 0
            selection = word_around(timeline.entry(entry).line(line), x, row_id(entry, line))
        else:
            selection = whole_entry(timeline, entry)
        self.screen.selections = {self: selection}
