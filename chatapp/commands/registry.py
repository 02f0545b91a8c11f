"""Every command, in the order in which menus show them."""

import difflib
import re

from chatapp.commands import (
    conversations,
    conversing,
    instruments,
    options,
    reading,
    screen,
    tools,
)
from chatapp.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    *conversing.COMMANDS,
    *conversations.COMMANDS,
    *reading.COMMANDS,
    *tools.COMMANDS,
    *options.COMMANDS,
    *instruments.COMMANDS,
    *screen.COMMANDS,
)

FOOTER: tuple[Command, ...] = (
    conversing.STOP,
    conversing.INTERRUPT,
    tools.ALLOW,
    tools.ALLOW_HERE,
    tools.DENY,
    conversing.MODEL,
    screen.HELP,
    conversations.NEW,
    conversations.SEARCH,
    reading.FIND,
    screen.PALETTE,
    screen.QUIT,
)
"""What the bottom line shows where it can run, the dearest first: narrow terminals cut the end."""

BY_NAME = {command.name: command for command in COMMANDS}


def parse_slash(text: str) -> tuple[Command, str] | None:
    """Read "/name argument"; None when `text` is not a command, and so is a message."""
    if not text.startswith("/"):
        return None
    name, _, argument = text[1:].partition(" ")
    command = BY_NAME.get(name)
    return (command, argument.strip()) if command else None


def unknown_command(text: str) -> str | None:
    """What a line such as "/nosuch thing" seems to call and is no command; None for other text."""
    word = re.match(r"/([^\s/]+)(?=\s|$)", text)
    return word[1] if word and word[1] not in BY_NAME else None


def misspelt(text: str) -> Command | None:
    """The command that a line such as "/modle gpt" seems to mean; None for any other text."""
    word = re.match(r"/([a-z-]{2,})(?=\s|$)", text)
    near = difflib.get_close_matches(word[1], BY_NAME, n=1, cutoff=0.7) if word else []
    return BY_NAME[near[0]] if near and word and word[1] not in BY_NAME else None
