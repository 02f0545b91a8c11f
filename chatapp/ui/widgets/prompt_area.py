"""A text area for prompts: grows with the text, takes any paste, shows each key at once."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, TextAreaTheme

from chatapp.core.safe_text import safe_text
from chatapp.ui.key_echo import KeyEcho
from chatapp.ui.widgets.long_lines import LongLines

MAX_ROWS = 10
"""How many lines the area grows to before it scrolls."""


class PromptArea(TextArea):
    """A text being written. Pasted text is real text, made safe.

    Only a line longer than MAX_LINE_LENGTH stands as a short mark, which `draft` gives back in
    full; editing it would take seconds a key. A subclass hears of every edit in `text_changed`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+j,shift+enter", "insert_newline", "New line", show=False, id="composer.newline"
        ),
    ]

    _coloured_theme: TextAreaTheme | None = None
    """The one whose colours are those of the stylesheet as it is now."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            placeholder=placeholder,
            highlight_cursor_line=False,
            soft_wrap=True,
            max_checkpoints=200,
        )
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self.actions_at_once: dict[str, Callable[[], None]] = {
            "insert_newline": self.action_insert_newline
        }
        """What is done in the order of the keys, by the name of the action."""
        self._long_lines = LongLines()
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

    def text_changed(self) -> None:
        """Hear of an edit, before it is painted."""

    def take_in(self, text: str) -> None:
        """Put pasted text, or what was typed elsewhere, at the cursor."""
        text = self._long_lines.fold(_fit(text))
        if result := self._replace_via_keyboard(text, *self.selection):
            self.move_cursor(result.end_location)
            self.focus()

    def empty(self) -> None:
        """Drop the text for good; nothing brings it back."""
        self.load_text("")
        self._long_lines.forget()

    def edit(self, edit: Edit) -> EditResult:
        """Edit the text, and show it at once."""
        result = super().edit(edit)
        self.text_changed()
        self._echo.paint()
        return result

    def undo(self) -> None:
        """Take the last edits back."""
        super().undo()
        self.text_changed()

    def redo(self) -> None:
        """Bring back what `undo` took."""
        super().redo()
        self.text_changed()

    def action_insert_newline(self) -> None:
        """Begin a new line at the cursor."""
        self._replace_via_keyboard("\n", *self.selection)

    async def _on_key(self, event: Key) -> None:
        if self._acts_at_once(event.key):
            event.stop()
            event.prevent_default()

    def _acts_at_once(self, key: str) -> bool:
        """Do what the key is bound to, in the order of the keys.

        Textual runs bindings after the key has bubbled up to the app, when characters that
        came later have been inserted already: a fast paste of keys would be shuffled.
        """
        for binding in self._bindings.key_to_bindings.get(key, ()):
            if act := self.actions_at_once.get(binding.action):
                act()
                return True
        return False

    async def _on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take_in(event.text)

    # How it looks

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the text, up to MAX_ROWS and two fifths of the screen."""
        height = super().get_content_height(container, viewport, width)
        return max(1, min(height, MAX_ROWS, viewport.height * 2 // 5))

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


def _fit(text: str) -> str:
    """Make pasted text safe; many terminals send a carriage return for a line's end."""
    return safe_text(text.replace("\r\n", "\n").replace("\r", "\n"))
