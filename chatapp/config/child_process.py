"""Programs that know keys, run to their end."""

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.command_lines import startable


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program printed, without `repr`: it may be a key. `last_words` ends its complaint."""

    code: int
    printed: str
    last_words: str

    def __repr__(self) -> str:
        return f"Ended({self.code})"


_LONGEST_WORDS = 200


def run_to_end(words: Sequence[str], limit_s: float, given: str = "") -> Ended:
    """Run a program without a shell and without a terminal on which it could ask.

    Blocks. Raises TimeoutError, and OSError or ValueError where it cannot be started.
    """
    with subprocess.Popen(  # noqa: S603 - the words are the person's own or ours
        startable(words, os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            printed, complaint = process.communicate(given.encode(), timeout=limit_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise TimeoutError from None
    lines: list[str] = complaint.decode("utf-8", "replace").strip().splitlines()
    last_words = lines[-1].strip()[:_LONGEST_WORDS] if lines else ""
    return Ended(process.returncode, printed.decode("utf-8", "replace"), last_words)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the program and what it started, which may hold its output open."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
