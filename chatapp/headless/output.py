"""Standard output and standard error, fit for what a model says."""

import errno
import io
import os
import re
import sys
from pathlib import Path
from typing import TextIO

from chatapp.core.safe_text import SafeText

_SURROGATE = re.compile("[\ud800-\udfff]")


class OutputError(Exception):
    """The answer cannot be written, as on a full disk; the text says why."""


class Output:
    """One of the two streams.

    On a terminal everything passes `safe_text`. Elsewhere what `has_answer` goes out exactly as it
    came, but for lone surrogates, which no encoding has; words about it stay safe even there, for
    `2>&1 | less` leads them to a terminal after all. Every write is flushed. Once the reader has
    left writes do nothing and `is_broken` is set. A write that waits for a slow reader is given up
    when a signal handler raises InterruptedError; `is_writing` tells it when that is of use, which
    is never so on a terminal. What else goes wrong is raised where the stream `has_answer`, and
    passed over where it has only words about it.
    """

    def __init__(self, stream: TextIO, *, has_answer: bool = True) -> None:
        self._stream = stream
        self._has_answer = has_answer
        self.is_terminal = stream.isatty()
        self.is_broken = False
        self.is_writing = False
        self.was_interrupted = False
        self._last = "\n"
        self._safe = SafeText()

    @property
    def is_at_line_start(self) -> bool:
        """Whether what was written last ended a line."""
        return self._last == "\n"

    def write(self, text: str) -> None:
        """Write and flush. Raises OutputError for anything but a reader that left."""
        if self.is_broken or not text:
            return
        is_exact = self._has_answer and not self.is_terminal
        fit = _SURROGATE.sub("\ufffd", text) if is_exact else self._safe.feed(text)
        self._write(fit)
        self._last = fit[-1:] or self._last

    def write_control(self, sequence: str) -> None:
        """Write a control sequence of our own, on a terminal only."""
        if self.is_terminal and not self.is_broken:
            self._write(sequence)

    def end_line(self) -> None:
        """Begin a new line unless there is one."""
        if not self.is_at_line_start:
            self.write("\n")

    def _write(self, text: str) -> None:
        # at Ctrl+C a terminal lets go of a write that waits by itself
        self.is_writing = not self.is_terminal
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            self.is_broken = True
            self.was_interrupted = isinstance(error, InterruptedError)
            _silence(self._stream)
            if self._has_answer and not self._has_reader_left(error):
                raise OutputError(error.strerror or str(error)) from error
        finally:
            self.is_writing = False

    def _has_reader_left(self, error: OSError) -> bool:
        """Whether nobody reads any more, or we gave up waiting for them."""
        if isinstance(error, (BrokenPipeError, InterruptedError)):
            return True
        # how Windows says it of a pipe
        return sys.platform == "win32" and error.errno == errno.EINVAL and not self.is_terminal


def standard_output() -> Output:
    """Standard output: UTF-8 and exact but on a terminal, which gets what its encoding has."""
    return Output(_tolerant(sys.stdout))


def standard_error() -> Output:
    """Standard error, likewise, but always safe; nothing fails for want of it."""
    return Output(_tolerant(sys.stderr), has_answer=False)


def occupy_closed_streams() -> None:
    """Let nothing else get the number of a standard stream that the shell closed.

    A database or a connection that got it would be written to by whatever prints there, such as
    a library or a child process.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free, which is this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _tolerant(stream: TextIO | None) -> TextIO:
    if stream is None:  # the shell closed it: >&-
        return io.StringIO()
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:  # a test's stand-in
        return stream
    if stream.isatty():
        reconfigure(errors="replace")
    else:
        # A file or a program gets every word, as `-o FILE` has it: JSON is UTF-8, a web page of
        # ours says that it is, and `import` reads nothing else. So neither the code page of Windows
        # nor PYTHONIOENCODING counts: text can be converted afterwards, lost text cannot be found.
        reconfigure(encoding="utf-8", errors="replace", newline="")
    return stream


def _silence(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, or the interpreter complains of it as it ends."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
