"""A program on a pseudo-terminal, and the screen it draws, for tests that look at it as a person.

::

    with Terminal([python, "-m", "chatapp.cli"], folder) as terminal:
        terminal.wait_until(r"Message", deadline_s=20)
        terminal.type("Hello\\r")
        terminal.wait_until(r"tokens", deadline_s=20)
"""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

_UNKNOWN_TO_PYTE = re.compile(
    r"\x1b\[[<>=][0-9;]*[a-zA-Z]"  # keyboard protocols
    r"|\x1b\[\?[0-9;]*\$p"  # mode queries
    r"|\x1b_[^\x1b]*\x1b\\|\x1bP[^\x1b]*\x1b\\"  # application and device strings
)
"""pyte would print the tails of these."""

_TAKE_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the one whose Ctrl+C reaches the program. Forking here instead would not
be safe: tests have threads."""

_UNFINISHED = re.compile(r"\x1b[^a-zA-Z\\~]{0,64}$")
_READ_SIZE = 1 << 16
_PATIENCE_S = 5.0


class Terminal:
    """Runs `argv` in `folder` on a terminal of `columns` by `rows`.

    `environment` takes the place of ours; `output` is every byte the program wrote.
    """

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        columns: int = 100,
        rows: int = 30,
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._is_hung_up = False
        self.output = b""
        variables = dict(os.environ if environment is None else environment)
        for name in ("NO_COLOR", "COLUMNS", "LINES"):  # the terminal tells its size by itself
            variables.pop(name, None)
        variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._file, program_side = pty.openpty()
        self.resize(columns, rows)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TAKE_THE_TERMINAL, *argv],
            cwd=folder,
            env=variables,
            stdin=program_side,
            stdout=program_side,
            stderr=program_side,
            start_new_session=True,
        )
        os.close(program_side)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.hang_up()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    @property
    def text(self) -> str:
        """The screen as it stands, a line a row."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def type(self, text: str) -> None:
        """Send keys, as the bytes a terminal sends for them."""
        os.write(self._file, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, as a person who drags its corner."""
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def hang_up(self) -> None:
        """Close our side, as a person who closes the window; nothing can be read after it."""
        if not self._is_hung_up:
            self._is_hung_up = True
            os.close(self._file)

    def wait_until(self, pattern: str, deadline_s: float) -> re.Match[str]:
        """Wait until `pattern` is on the screen. Raises AssertionError with the screen."""
        end = time.monotonic() + deadline_s
        while (found := re.search(pattern, self.text)) is None:
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                why = f"within {deadline_s:g} s" if left <= 0 else "before the program ended"
                raise AssertionError(f"{pattern!r} was not on the screen {why}:\n{self.text}")
        return found

    def wait_while(self, pattern: str, deadline_s: float) -> None:
        """Wait until `pattern` is no longer on the screen. Raises AssertionError."""
        end = time.monotonic() + deadline_s
        while re.search(pattern, self.text) is not None:
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"{pattern!r} stayed on the screen:\n{self.text}")

    def read_for(self, seconds: float) -> None:
        """Take in what the program writes for a while, so that it is not held up."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def wait_for_exit(self, deadline_s: float = _PATIENCE_S) -> int:
        """Wait for the program's end and return its exit code, negative for a signal."""
        end = time.monotonic() + deadline_s
        while self._process.poll() is None:
            if time.monotonic() > end:
                raise AssertionError(f"the program did not end:\n{self.text}")
            self._read(0.02)
        # the last words may still be on their way through the terminal
        end = time.monotonic() + _PATIENCE_S
        while self._read(0.1) and time.monotonic() < end:
            pass
        return self._process.returncode

    def line_settings(self) -> list[object]:
        """The terminal's modes as `termios.tcgetattr` gives them, to compare before and after."""
        return list(termios.tcgetattr(self._file))

    def _read(self, patience_s: float) -> bool:
        """Take in what the program wrote; False once nothing more can come."""
        ready, _, _ = select.select([self._file], [], [], patience_s)
        if not ready:
            return patience_s > 0
        try:
            data = os.read(self._file, _READ_SIZE)
        except OSError:  # Linux says so when the program has closed its side
            data = b""
        if not data:
            time.sleep(min(patience_s, 0.02))
            return False
        self.output += data
        self._draw(data)
        self._answer(data)
        return True

    def _draw(self, data: bytes) -> None:
        text = _UNKNOWN_TO_PYTE.sub("", self._held + self._decoder.decode(data))
        cut = _UNFINISHED.search(text)
        self._held = text[cut.start() :] if cut else ""
        self._stream.feed(text[: cut.start()] if cut else text)

    def _answer(self, data: bytes) -> None:
        """Answer what a real terminal would be asked: its kind, and where the cursor is."""
        if b"\x1b[c" in data:
            self.type("\x1b[?62;22c")
        if b"\x1b[6n" in data:
            self.type(f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R")
