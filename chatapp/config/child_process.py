"""Programs that know keys, run to their end."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from chatapp.command_lines import startable


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program printed, without `repr`: it may be a key. `last_words` ends its complaint."""

    code: int
    printed: str
    last_words: str

    def __repr__(self) -> str:
        return f"Ended({self.code})"


class PrintedTooMuch(Exception):
    """A program printed more than any key or complaint has; it was ended."""


MOST_BYTES = 1 << 20
"""As much as is taken of standard output, and as much of standard error."""

_PIECE_BYTES = 1 << 16
_LONGEST_WORDS = 200


def run_to_end(words: Sequence[str], limit_s: float, given: str = "") -> Ended:
    """Run a program without a shell and without a terminal on which it could ask.

    Blocks. Raises TimeoutError, PrintedTooMuch, and OSError or ValueError where it cannot be
    started.
    """
    ends_at = time.monotonic() + limit_s
    process = subprocess.Popen(  # noqa: S603 - the words are the person's own or ours
        startable(words, os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        printed, complaint = _exchange(process, given.encode(), ends_at)
        code = process.wait(_left(ends_at))
    except (queue.Empty, subprocess.TimeoutExpired):
        raise TimeoutError from None
    finally:
        if process.returncode is None:
            _kill(process)
            process.wait()
    lines: list[str] = complaint.decode("utf-8", "replace").strip().splitlines()
    last_words = lines[-1].strip()[:_LONGEST_WORDS] if lines else ""
    return Ended(code, printed.decode("utf-8", "replace"), last_words)


def _left(ends_at: float) -> float:
    return max(0.0, ends_at - time.monotonic())


def _exchange(
    process: "subprocess.Popen[bytes]", given: bytes, ends_at: float
) -> tuple[bytes, bytes]:
    """What it prints on both outputs, to their ends.

    Each pipe has a thread, so that none keeps the program from another, and nobody waits for the
    threads: what the program started may hold a pipe open after its end, on Windows even after
    it was killed. Raises PrintedTooMuch, and queue.Empty when the time is over.
    """
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise ValueError("the process was started without pipes")
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    heard: queue.SimpleQueue[tuple[IO[bytes], bytes]] = queue.SimpleQueue()
    _begin(lambda: _write(stdin, given))
    _begin(lambda: heard.put((stdout, _read(stdout))))
    _begin(lambda: heard.put((stderr, _read(stderr))))
    outputs: dict[IO[bytes], bytes] = {}
    while len(outputs) < 2:
        pipe, outputs[pipe] = heard.get(timeout=_left(ends_at))
        if len(outputs[pipe]) > MOST_BYTES:
            raise PrintedTooMuch
    return outputs[stdout], outputs[stderr]


def _begin(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="beside a program", daemon=True).start()


def _write(pipe: IO[bytes], given: bytes) -> None:
    with suppress(OSError), pipe:  # it need not read
        pipe.write(given)


def _read(pipe: IO[bytes]) -> bytes:
    """All that comes, or a little more than may come."""
    data = bytearray()
    with suppress(OSError), pipe:
        while len(data) <= MOST_BYTES and (piece := os.read(pipe.fileno(), _PIECE_BYTES)):
            data += piece
    return bytes(data)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the program and what it started, which may hold its output open."""
    if os.name == "posix":
        with suppress(PermissionError):  # macOS says so of one that just ended by itself
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
