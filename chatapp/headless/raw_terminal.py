"""The terminal asked directly: it answers on standard input, unseen."""

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from chatapp.doctor.patient import DrawnWidth
from chatapp.ui.terminal_facts import expected_width

ANSWER_S = 1.0
"""How long a terminal may take to say where its cursor is; some never do."""

SAMPLES = (
    ("Chinese", "漢"),
    ("Korean", "한"),
    ("emoji", "👍"),
    ("emoji with a selector", "❤\ufe0f"),
    ("joined emoji", "👨\u200d👩\u200d👧"),
    ("flags", "🇩🇪"),
    ("combining accents", "e\u0301"),
    ("frames", "─"),
    ("ellipses", "…"),
)

_CURSOR = re.compile(r"\x1b\[\d+;(\d+)R")


def measure_widths(
    stdin: TextIO, stdout: TextIO, samples: Sequence[tuple[str, str]] = SAMPLES
) -> tuple[DrawnWidth, ...]:
    """Draw each sample, ask where the cursor went, wipe it; empty where nobody answers."""
    if sys.platform == "win32" or not (stdin.isatty() and stdout.isatty()):
        return ()
    measured: list[DrawnWidth] = []
    with raw_input(stdin):
        for name, text in samples:
            stdout.write(f"\r{text}\x1b[6n")
            stdout.flush()
            column = _column(stdin.fileno())
            stdout.write("\r\x1b[K")
            stdout.flush()
            if column is None:
                return ()
            measured.append(DrawnWidth(name, column - 1, expected_width(text)))
    return tuple(measured)


def _column(descriptor: int) -> int | None:
    """The cursor's column, from 1, once the terminal has told it."""
    heard = ""
    until = time.monotonic() + ANSWER_S
    while (rest := until - time.monotonic()) > 0:
        heard += read_input(descriptor, rest)
        if found := _CURSOR.search(heard):
            return int(found[1])
    return None


def read_input(descriptor: int, seconds: float) -> str:
    """What comes within so many seconds, at once when something does; empty at a pause."""
    readable, _, _ = select.select([descriptor], [], [], seconds)
    return os.read(descriptor, 1024).decode("utf-8", "replace") if readable else ""


if sys.platform == "win32":

    @contextmanager
    def raw_input(_stdin: TextIO) -> Iterator[None]:
        """Windows has no such mode."""
        yield

else:
    import termios
    import tty

    @contextmanager
    def raw_input(stdin: TextIO) -> Iterator[None]:
        """Get every byte at once and echo none; what is unread at the end is dropped."""
        before = termios.tcgetattr(stdin)
        tty.setraw(stdin.fileno())
        try:
            yield
        finally:
            termios.tcsetattr(stdin, termios.TCSAFLUSH, before)
