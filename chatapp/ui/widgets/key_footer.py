"""The keys that do something now, on the bottom line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click, Resize
from textual.message import Message
from textual.widget import Widget

from chatapp.commands.command import Command
from chatapp.ui.ink import KEY, MUTED
from chatapp.ui.keymap import Keymap, show_key

_GAP = 2
"""Cells between two keys."""


class KeyFooter(Widget):
    """One line of keys and labels; where it is narrow the last ones stay away.

    Textual's own Footer shows the bindings of the focused widget, so half its keys would be
    TextArea's, in an order of its own. Here the commands' order decides.
    """

    ALLOW_SELECT = False

    @dataclass
    class Clicked(Message):
        """The person clicked a command's key."""

        command: Command

    def __init__(self, keymap: Keymap, commands: Sequence[Command] = ()) -> None:
        super().__init__()
        self._keymap = keymap
        self._commands = tuple(commands)
        self._hints: tuple[tuple[str, str], ...] = ()
        self._own: tuple[tuple[str, str], ...] = ()
        self._places: list[tuple[range, Command]] = []

    def show(self, commands: Sequence[Command], own: Sequence[tuple[str, str]] = ()) -> None:
        """Show these commands from now on; those without a label or a key stay away.

        Before them stand `own`, the keys of what has the focus, each with what it does.
        """
        if (tuple(commands), tuple(own)) != (self._commands, self._own):
            self._commands, self._own = tuple(commands), tuple(own)
            self.refresh()

    def show_hints(self, hints: Sequence[tuple[str, str]]) -> None:
        """Show other keys, each with what it does, in place of the commands'; none for these."""
        self._hints = tuple(hints)
        self.refresh()

    def render(self) -> Content:
        """Return the keys that fit."""
        pieces: list[str | tuple[str, str]] = []
        self._places = []
        column = 0
        for key, label, command in self._keys():
            end = column + cell_len(f"{key} {label}")
            if end > self.content_size.width:
                break
            pieces += [(key, KEY), (f" {label}", MUTED)]
            pieces.append(" " * _GAP)
            if command is not None:
                self._places.append((range(column, end), command))
            column = end + _GAP
        return Content.assemble(*pieces)

    def _keys(self) -> Iterator[tuple[str, str, Command | None]]:
        if self._hints:
            yield from ((key, label, None) for key, label in self._hints)
            return
        yield from ((key, label, None) for key, label in self._own)
        for command in self._commands:
            keys = self._keymap.keys_shown(command)
            if command.label and keys:
                yield show_key(keys[0]), command.label, command

    def on_click(self, event: Click) -> None:
        """Tell which command's key was clicked."""
        offset = event.get_content_offset(self)
        for columns, command in self._places:
            if offset is not None and offset.x in columns:
                event.stop()
                self.post_message(self.Clicked(command))

    def on_resize(self, _event: Resize) -> None:
        """Fit the keys into the new width."""
        self.refresh()
