"""The command palette: every command, found by its name or by what it does."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from chatapp.commands.command import Command
from chatapp.ui.fuzzy import has_all_words, name_rank
from chatapp.ui.ink import FAINT, KEY, MUTED
from chatapp.ui.keymap import Keymap, show_key
from chatapp.ui.widgets.picker import Picker
from chatapp.ui.widgets.row_list import Row


class CommandPalette(Picker[Command]):
    """Lets the person choose a command.

    `why_not` says why one cannot run now, "" when it can; such a command is dim.
    """

    def __init__(
        self, commands: Sequence[Command], keymap: Keymap, why_not: Callable[[Command], str]
    ) -> None:
        super().__init__("Commands", "What do you want to do?", choose_word="run")
        self._commands = tuple(commands)
        self._keymap = keymap
        self._reasons = {command.name: why_not(command) for command in commands}
        self._name_cells = max((cell_len(command.name) for command in commands), default=0) + 3

    def rows_for(self, typed: str) -> Sequence[Row[Command]]:
        """The commands that fit: fitting names first, and what can run before what cannot."""
        ranked = ((_rank(typed, command), command) for command in self._commands)
        found = [
            (rank, bool(self._reasons[command.name]), command)
            for rank, command in ranked
            if rank is not None
        ]
        return [self._row(command) for *_, command in sorted(found, key=lambda found: found[:2])]

    def _row(self, command: Command) -> Row[Command]:
        why_not = self._reasons[command.name]
        keys = self._keymap.keys(command.name)
        return Row(
            Content.assemble(
                (set_cell_size(f"/{command.name}", self._name_cells), FAINT if why_not else KEY),
                (f"not now: {why_not}" if why_not else command.help, FAINT if why_not else ""),
            ),
            command,
            Content.styled(show_key(keys[0]), MUTED) if keys else None,
            keeps_end=True,
        )


_BY_HELP = 3
"""Ranks behind every way in which a name contains what is typed."""


def _rank(typed: str, command: Command) -> int | None:
    """How well a command fits, 0 best; None where it does not."""
    rank = name_rank(typed.strip().removeprefix("/"), command.name)
    if rank is not None and rank < _BY_HELP:
        return rank
    fits = has_all_words(typed, f"{command.name} {command.help}")
    return _BY_HELP if fits else None
