"""Command lines that a person wrote for us, and ones of ours that they may paste into a shell."""

import errno
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_IS_WINDOWS = os.name == "nt"

_PLAIN = re.compile(r"[\w\\/:.=~+-]+")


def split_command(line: str, *, is_windows: bool = _IS_WINDOWS) -> list[str]:
    """The words of a command as a shell parts them; on Windows a backslash is of a path.

    Raises ValueError where a quotation is not closed.
    """
    import shlex  # late: few have such a command

    if not is_windows:
        return shlex.split(line)
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    return list(lexer)


def startable(
    words: Sequence[str], environ: Mapping[str, str], *, is_windows: bool = _IS_WINDOWS
) -> list[str]:
    """The words of a command as they can be started.

    Windows by itself finds no `.cmd`, and looks into the current folder, which may be a
    stranger's, before PATH; so there the program is looked up here. `shutil.which` would look
    into that folder too. Raises FileNotFoundError, on Windows alone.
    """
    program, *others = words
    if not is_windows or not program:
        return [program, *others]
    endings = environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";")
    # beside `code.cmd` there may be a `code` that only other systems can run
    has_ending = program.lower().endswith(tuple(ending.lower() for ending in endings if ending))
    names = [program] if has_ending else [program + ending for ending in endings if ending]
    if Path(program).name != program:
        found = next((name for name in names if Path(name).is_file()), program)
        return [found, *others]
    for folder in map(Path, environ.get("PATH", "").split(os.pathsep)):
        for file in (folder / name for name in names):
            if folder.is_absolute() and file.is_file():
                return [str(file), *others]
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)


def quoted(word: str, *, is_windows: bool = _IS_WINDOWS) -> str:
    """The word as it is pasted into the person's shell."""
    if not is_windows:
        import shlex  # late, like below: hints are rare

        return shlex.quote(word)
    import subprocess

    line = subprocess.list2cmdline([word])
    # that knows blanks and quotes; cmd.exe and PowerShell act on other characters as well
    return line if line != word or _PLAIN.fullmatch(word) else f'"{word}"'
