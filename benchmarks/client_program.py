"""A chat client on a pseudo-terminal: keys in, raw bytes with their times out.

No screen is emulated, which would cost more than what is measured: a text is visible when its
bytes have been read and no synchronized update that holds them is still open.
"""

import bisect
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

DEADLINE_S = 120.0
COLUMNS, ROWS = 120, 40

_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_SYNC_BEGIN, _SYNC_END = b"\x1b[?2026h", b"\x1b[?2026l"


class ClientProgram:
    """Runs `argv` on a terminal; use with `with`. Times are the monotonic clock's, in seconds."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._output = bytearray()
        self._ends: list[int] = []
        self._times: list[float] = []
        self._file, program_side = pty.openpty()
        self._set_size(COLUMNS, ROWS)
        self._process = subprocess.Popen(
            argv, env=environment, cwd=folder, start_new_session=True,
            stdin=program_side, stdout=program_side, stderr=program_side,
        )  # fmt: skip
        os.close(program_side)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in _family(self._process.pid):
            process.kill()
        self._process.wait()
        os.close(self._file)

    @property
    def position(self) -> int:
        """How many bytes were read."""
        return len(self._output)

    def memory(self) -> int:
        """Bytes of memory that the program and all it started hold now."""
        return sum(process.memory_info().rss for process in _family(self._process.pid))

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, and tell the program."""
        self._set_size(columns, rows)
        self._process.send_signal(signal.SIGWINCH)

    def cpu_s(self) -> float:
        """Processor time of the program and all it started, user and system."""
        return sum(_cpu_s(process) for process in _family(self._process.pid))

    def forget(self) -> None:
        """Let go of what was read; positions begin anew."""
        self._output.clear()
        self._ends.clear()
        self._times.clear()

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> float:
        """Send keys; returns when."""
        at = time.monotonic()
        os.write(self._file, keys.encode())
        return at

    def read(self, limit_s: float) -> bool:
        """Take in what comes next within `limit_s`; whether something came."""
        if not select.select([self._file], [], [], max(0.0, limit_s))[0]:
            return False
        try:
            data = os.read(self._file, 1 << 16)
        except OSError as error:
            raise RuntimeError(f"the client ended: {bytes(self._output[-500:])!r}") from error
        self._output += data
        self._ends.append(len(self._output))
        self._times.append(time.monotonic())
        if _SYNC_QUERY in data:
            os.write(self._file, _SYNC_ANSWER)
        return True

    def read_for(self, seconds: float) -> None:
        """Take in all that comes for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def read_until_quiet(self, quiet_s: float = 0.3, limit_s: float = 3.0) -> None:
        """Take in all until nothing comes for `quiet_s`."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end and self.read(quiet_s):
            pass

    def wait_for(self, text: str, since: int = 0) -> float:
        """Read until `text` is visible; returns when it was. Raises TimeoutError."""
        end = time.monotonic() + DEADLINE_S
        while (at := self.shown_at(text, since)) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} was not shown: {bytes(self._output[-500:])!r}")
            self.read(0.5)
        return at

    def last_growth_at(self, numbered: re.Pattern[bytes], since: int = 0) -> float:
        """When the highest number that `numbered` finds from byte `since` on became visible."""
        highest = max(numbered.findall(self._output, since), key=int)
        at = self.shown_at(highest.decode(), since)
        if at is None:
            raise RuntimeError("an update that never ended")
        return at

    def shown_at(self, text: str, since: int = 0) -> float | None:
        """When `text` became visible in what was read from byte `since` on, if it has."""
        start = self._output.find(text.encode(), since)
        if start < 0:
            return None
        stop = start + len(text.encode())
        if self._output.rfind(_SYNC_BEGIN, 0, start) > self._output.rfind(_SYNC_END, 0, start):
            update_end = self._output.find(_SYNC_END, start)
            if update_end < 0:
                return None
            stop = update_end + len(_SYNC_END)
        return self._times[bisect.bisect_left(self._ends, stop)]


def _family(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return []


def _cpu_s(process: psutil.Process) -> float:
    try:
        # the clock of clock_getcpuclockid(3), in nanoseconds: the times in /proc are in ticks
        # of 10 ms, longer than some of what is measured
        own = time.clock_gettime((~process.pid << 3) | 2)
        times = process.cpu_times()
    except (OSError, psutil.NoSuchProcess):
        return 0.0
    return own + times.children_user + times.children_system
