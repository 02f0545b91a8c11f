"""Keeps everybody but the app off the terminal while the full screen is up."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_terminal(log_file: Path) -> Iterator[None]:
    """Send what anybody writes to file descriptors 1 and 2 to `log_file`, or nowhere without it.

    Textual writes through `sys.__stdout__` and `sys.__stderr__`, which meanwhile are
    duplicates of the real ones; native libraries and children write to 1 and 2. It paints
    through standard error, so that where this leads elsewhere (`2>file`) it gets the terminal of
    standard output. On Windows the console has no such descriptors to swap, and nothing is done.
    """
    if sys.platform == "win32":
        yield
        return
    real = {1: sys.__stdout__, 2: sys.__stderr__}
    log = _open_to_append(log_file)
    kept: dict[int, int] = {}
    try:
        for descriptor in real:
            kept[descriptor] = os.dup(descriptor)
            os.dup2(log, descriptor)
        os.close(log)
        screen = 2 if os.isatty(kept[2]) else 1
        with (
            os.fdopen(os.dup(kept[1]), "w", encoding="utf-8") as stdout,
            os.fdopen(os.dup(kept[screen]), "w", encoding="utf-8") as stderr,
        ):
            sys.__stdout__, sys.__stderr__ = stdout, stderr  # type: ignore[misc]  # put back below
            yield
    finally:
        sys.__stdout__, sys.__stderr__ = real[1], real[2]  # type: ignore[misc]  # as it was
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)


def _open_to_append(log_file: Path) -> int:
    """The descriptor of the log, or of nowhere when the disk has none for us."""
    try:
        return os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
