"""The commands as a Markdown table, for the README."""

from collections.abc import Callable, Sequence

from chatapp.commands.command import Command


def commands_table(commands: Sequence[Command], show_key: Callable[[str], str]) -> str:
    """Render one row per command: its keys, its slash name, what it does."""
    rows = ["| key | command | |", "| --- | --- | --- |"]
    for command in commands:
        keys = ", ".join(show_key(key) for key in command.keys)
        usage = f"`/{command.name} {command.argument}".rstrip() + "`"
        rows.append(f"| {keys} | {usage} | {command.help} |")
    return "\n".join(rows) + "\n"
