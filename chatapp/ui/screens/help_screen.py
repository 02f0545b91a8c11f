"""Every key and command, generated from what declares them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input

from chatapp.commands.command import Command
from chatapp.ui.fuzzy import has_all_words
from chatapp.ui.ink import ACCENT, FAINT, KEY, MUTED
from chatapp.ui.keymap import Keymap, show_key
from chatapp.ui.widgets.picker import NOTHING_FITS
from chatapp.ui.widgets.row_list import Row, RowList

LEAST_WORDS_WIDTH = 24
"""Where a command's help would be narrower, in cells, it stands below the name."""


class HelpScreen(ModalScreen[None]):
    """Lists the commands with their keys, then the other keys that work where the focus is.

    `bindings` are those active below this screen (`Screen.active_bindings`).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "close", "Close", show=False),
        Binding("up", "scroll(-1)", "Up", show=False, priority=True),
        Binding("down", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self, commands: Sequence[Command], keymap: Keymap, bindings: Iterable[Binding] = ()
    ) -> None:
        super().__init__()
        self._commands = tuple(commands)
        self._keymap = keymap
        self._bindings_below = tuple(bindings)
        self._input = Input(placeholder="Search")
        self._input.cursor_blink = False
        self._rows: RowList[None] = RowList()

    def compose(self) -> ComposeResult:
        """Lay out the search above the lines."""
        with Vertical() as panel:
            panel.border_title = "Help"
            panel.border_subtitle = "Esc close"
            yield self._input
            yield self._rows

    def on_mount(self) -> None:
        """Show everything."""
        self._input.focus()
        self.call_after_refresh(self._show_lines)

    def on_resize(self) -> None:
        """Wrap the words anew."""
        self.call_after_refresh(self._show_lines)

    def action_close(self) -> None:
        """Go back to the chat."""
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self._rows.scroll_relative(y=step, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by what is in view."""
        self._rows.scroll_relative(y=direction * self._rows.size.height, animate=False)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        self._show_lines()

    def on_click(self, event: Click) -> None:
        """Close on a click beside the help."""
        if event.widget is self:
            self.dismiss()

    def _show_lines(self) -> None:
        lines = list(self._lines(self._input.value))
        self._rows.show(lines or [Row(Content.styled(NOTHING_FITS, FAINT))])

    def _lines(self, typed: str) -> Iterator[Row[None]]:
        groups = (
            ("Commands", [self._command_words(command) for command in self._commands]),
            ("Keys where you are", list(self._binding_words())),
        )
        for heading, entries in groups:
            fitting = [entry for entry in entries if has_all_words(typed, " ".join(entry))]
            if fitting:
                yield Row(Content.styled(heading, f"bold {MUTED}"))
            key_width = max((cell_len(entry[0]) for entry in entries), default=0)
            name_width = max((cell_len(entry[1]) for entry in entries), default=0)
            for entry in fitting:
                yield from self._entry_lines(entry, key_width, name_width)

    def _entry_lines(
        self, entry: tuple[str, str, str], key_width: int, name_width: int
    ) -> Iterator[Row[None]]:
        key, name, words = entry
        margin = Content.assemble(
            "  ",
            (set_cell_size(key, key_width + 2), KEY),
            (set_cell_size(name, name_width + 2 if name_width else 0), ACCENT),
        )
        width = self._rows.scrollable_content_region.width
        if width - margin.cell_length < LEAST_WORDS_WIDTH:
            yield Row(margin)
            margin = Content(" " * (key_width + 4))
        for line in Content(words).wrap(max(1, width - margin.cell_length)):
            yield Row(margin.append(line))
            margin = Content(" " * margin.cell_length)

    def _command_words(self, command: Command) -> tuple[str, str, str]:
        keys = " ".join(show_key(key) for key in self._keymap.keys(command.name))
        return keys, f"/{command.name} {command.argument}".rstrip(), command.help

    def _binding_words(self) -> Iterator[tuple[str, str, str]]:
        commands = {command.name for command in self._commands}
        by_words: dict[str, list[str]] = {}
        for binding in self._bindings_below:
            if binding.description and binding.id not in commands:
                by_words.setdefault(binding.description, []).append(show_key(binding.key))
        for words, keys in by_words.items():
            yield " ".join(dict.fromkeys(keys)), "", words
