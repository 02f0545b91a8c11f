"""Writing a message in the person's own editor."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

FALLBACK_EDITORS = ("notepad",) if os.name == "nt" else ("sensible-editor", "nano", "vi")


def editor_commands(environ: Mapping[str, str]) -> list[list[str]]:
    """The editors to try, best first, as argument lists: $VISUAL, $EDITOR, then usual ones.

    Raises ValueError when a variable has an open quotation.
    """
    chosen = (environ.get(variable, "") for variable in ("VISUAL", "EDITOR"))
    return [
        *(shlex.split(value) for value in chosen if value.strip()),
        *([name] for name in FALLBACK_EDITORS),
    ]


def edit_text(text: str, environ: Mapping[str, str]) -> str:
    """Let the person edit `text` in the editor and return what they saved.

    Blocks until the editor is closed; the terminal must be free. Raises OSError when no
    editor can be started or the file cannot be read, ValueError when it is not UTF-8 or
    $EDITOR is not a command line.
    """
    with tempfile.TemporaryDirectory(prefix="chatapp-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, encoding="utf-8")
        for command in editor_commands(environ):
            try:
                # The person's own choice of program, from their own environment. Descriptors 1
                # and 2 may lead to the log (`own_terminal`); Python's own lead to the terminal.
                subprocess.run(  # noqa: S603 - see above
                    [*command, str(path)],
                    check=False,
                    stdout=sys.__stdout__,
                    stderr=sys.__stderr__,
                )
            except FileNotFoundError:
                continue
            return path.read_text(encoding="utf-8").rstrip("\n")
    raise FileNotFoundError("no editor was found: set $EDITOR")
