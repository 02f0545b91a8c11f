"""The README's table of commands is the registry's."""

from pathlib import Path

from chatapp.commands.registry import COMMANDS
from chatapp.commands.table import commands_table
from chatapp.ui.keymap import show_key

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_lists_every_command_as_it_is() -> None:
    assert commands_table(COMMANDS, show_key) in README.read_text(encoding="utf-8")
