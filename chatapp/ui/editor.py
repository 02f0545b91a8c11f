"""Writing a message in the person's own editor."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chatapp.command_lines import split_command, startable

FALLBACK_EDITORS = ("notepad",) if os.name == "nt" else ("sensible-editor", "nano", "vi")

_VARIABLES = ("VISUAL", "EDITOR")


@dataclass(frozen=True, slots=True)
class Edited:
    """The text that was saved; `notice` says so when it was not in the editor that was chosen."""

    text: str
    notice: str = ""


def edit_text(text: str, environ: Mapping[str, str]) -> Edited:
    """Let the person edit `text` in the editor and return what they saved.

    Blocks until the editor is closed; the terminal must be free. Raises OSError when no
    editor can be started or the file cannot be read, ValueError when it is not UTF-8 or
    $EDITOR is not a command line.
    """
    notices: list[str] = []
    with tempfile.TemporaryDirectory(prefix="chatapp-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, encoding="utf-8")
        for variable, command in _editors(environ):
            try:
                # The person's own choice of program, from their own environment. Descriptors 1
                # and 2 may lead to the log (`own_terminal`); Python's own lead to the terminal.
                subprocess.run(  # noqa: S603 - see above
                    [*startable(command, environ), str(path)],
                    check=False,
                    stdout=sys.__stdout__,
                    stderr=sys.__stderr__,
                )
            except FileNotFoundError:
                if variable:
                    notices.append(f"${variable} names {command[0]}, which was not found.")
                continue
            if notices:
                notices.append(f"{command[0]} was opened in its place.")
            return Edited(path.read_text(encoding="utf-8").rstrip("\n"), " ".join(notices))
    raise FileNotFoundError(" ".join([*notices, "no editor was found: set $EDITOR"]))


def _editors(environ: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The variables and the commands they hold, best first; then usual ones, of no variable.

    Raises ValueError when a variable has an open quotation.
    """
    chosen = ((variable, environ.get(variable, "")) for variable in _VARIABLES)
    return [
        *((variable, split_command(line)) for variable, line in chosen if line.strip()),
        *(("", [name]) for name in FALLBACK_EDITORS),
    ]
