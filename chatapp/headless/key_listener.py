"""`chatapp doctor --keys`: which keys arrive, and as what."""

import time
from collections.abc import Mapping
from typing import TextIO

from chatapp.commands.registry import COMMANDS
from chatapp.headless.raw_terminal import raw_input, read_input
from chatapp.ui.keymap import Keymap, show_key
from chatapp.ui.terminal_facts import KeyReader

END_KEY = "q"
SILENCE_S = 60.0
"""Whoever presses nothing for so long has left."""

_PAUSE_S = 0.1
_ASK_FOR_KEYS = "\x1b[>1u"  # as the screen does: terminals that can then tell Shift+Enter
_ASK_NO_MORE = "\x1b[<u"


def listen_for_keys(keys: Mapping[str, tuple[str, ...]], stdin: TextIO, stdout: TextIO) -> None:
    """Name each key that is pressed, with its command, until `q`; then name what was missing.

    `keys` are the person's own keys by command. Both streams must be a terminal.
    """
    keymap = Keymap(COMMANDS, keys)
    commands = {key: command.name for command in COMMANDS for key in keymap.keys(command.name)}
    pressed: set[str] = set()
    with raw_input(stdin):
        stdout.write(f"Press the keys in question; {END_KEY} ends.\r\n{_ASK_FOR_KEYS}")
        stdout.flush()
        try:
            _listen(stdin.fileno(), stdout, commands, pressed)
        finally:
            stdout.write(_ASK_NO_MORE)
            stdout.flush()
    missing = [f"{show_key(key)} /{name}" for key, name in commands.items() if key not in pressed]
    if missing and pressed:
        stdout.write(f"Not pressed, or not delivered: {', '.join(missing)}\n")


def _listen(
    descriptor: int, stdout: TextIO, commands: Mapping[str, str], pressed: set[str]
) -> None:
    reader = KeyReader()
    heard_at = time.monotonic()
    while time.monotonic() - heard_at < SILENCE_S:
        data = read_input(descriptor, _PAUSE_S)
        names = list(reader.read(data) if data else reader.pause())
        if names:
            heard_at = time.monotonic()
        for name in names:
            if name == END_KEY:
                return
            pressed.add(name)
            command = f"/{commands[name]}" if name in commands else ""
            sent = data.encode("unicode_escape").decode()
            stdout.write(f"  {show_key(name):20} {sent:20} {command}\r\n")
            stdout.flush()
