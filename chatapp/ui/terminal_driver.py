"""Textual's driver for terminals on Linux and macOS, with what an app needs that works on."""

import io
import os
import re
import select
import signal
import sys
from codecs import getincrementaldecoder
from threading import Event
from typing import TYPE_CHECKING

from textual import constants
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from chatapp.ui.paste_filter import PasteFilter

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_THREAD_SWITCH_S = 0.0005
"""How long the busy event loop may keep the writing thread from Python. With the usual 5 ms, a
frame waits so long before it goes out, while a reply floods in."""

_JUST_AFTER_S = 0.001
"""A time-out is looked at so long after it, for the clocks' sake."""

_ECHO_S = 0.05
"""How long after a key what is written may be its echo."""

_LONGEST_WAIT_S = 0.002
"""How long the event loop may wait for an echo to go out."""

_ANSWER = re.compile(r"\x1b(?:\][0-9]+;[^\x1b\x07]*(?:\x07|\x1b\\)|[P_][^\x1b]+\x1b\\)")
"""A terminal's word about its colours, its clipboard or its name, which comes in one piece."""

_EXIT_CODE = 128 + signal.SIGHUP
"""The app's when its terminal is gone, whether the signal comes or not."""


class _LastingOutput(io.FileIO):
    """A terminal to write to, which takes and drops everything once it is gone.

    An error here would end Textual's writing thread, and with it whoever writes next: its
    queue is short, nobody would empty it, and `put` waits without an end.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.has_written = Event()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write what fits and return its length in bytes; all of it if nobody is there."""
        try:
            while (written := super().write(data)) is None:  # another program made it non-blocking
                select.select([], [self], [])
        except OSError:
            written = memoryview(data).nbytes
        self.has_written.set()
        return written


class TerminalDriver(LinuxDriver):
    """Hears a lone Esc sooner, paints only on a terminal that is ours, and leaves with it.

    Textual reads the keys in a thread, which waits for the interpreter at each of its steps while
    a reply floods in, and which looks for a lone Esc ten times a second, however short ESCDELAY
    is. Here the event loop hears the keys itself, between two pieces of its work. A frame is
    written in three parts, each of which wakes the writing thread, and the two take the
    interpreter from each other. What is written while it is suspended fills a queue that nobody
    empties, until the app hangs. And once the terminal is closed, Textual's thread reads nothing
    again and again. What is pasted holds no control character any more: it would be a key.
    """

    _is_suspended = False

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._unwritten: list[str] = []
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser(debug)
        self._paste_filter = PasteFilter()
        if self._file is None:
            raise RuntimeError("the screen is painted through stderr, which is closed")
        self._output = _LastingOutput(self._file.fileno())
        self._file = io.TextIOWrapper(
            io.BufferedWriter(self._output), encoding="utf-8", errors="backslashreplace"
        )
        self._heard_at = 0.0

    def write(self, data: str) -> None:
        """Write to the terminal if it is ours; all is painted anew once it is again.

        It is written with what follows, at the next `flush` or round of the event loop.
        """
        if self._is_suspended:
            return
        if not self._unwritten:
            self._loop.call_soon(self.flush)
        self._unwritten.append(data)

    def flush(self) -> None:
        """Hand what is to be written to the writing thread; an echo goes out before all else."""
        if self._unwritten:
            self._output.has_written.clear()
            super().write("".join(self._unwritten))
            self._unwritten.clear()
            if self._loop.time() < self._heard_at + _ECHO_S:
                self._output.has_written.wait(_LONGEST_WAIT_S)

    def close(self) -> None:
        """Write the last words and end the writing thread."""
        self.flush()
        super().close()

    def suspend_application_mode(self) -> None:
        """Leave the terminal to another program."""
        super().suspend_application_mode()
        self._is_suspended = True

    def resume_application_mode(self) -> None:
        """Take the terminal back."""
        self._is_suspended = False
        super().resume_application_mode()

    def start_application_mode(self) -> None:
        """Take the terminal and hear what is typed, unless another program has it just now."""
        sys.setswitchinterval(_THREAD_SWITCH_S)
        earlier_thread = self._key_thread
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual has no types here
        if self._key_thread is not earlier_thread:
            self._parser, self._paste_filter = XTermParser(self._debug), PasteFilter()
            self._loop.add_reader(self.fileno, self._hear)

    def run_input_thread(self) -> None:
        """Leave at once: the thread that Textual starts has nothing to do."""

    def disable_input(self) -> None:
        """Hear what was typed until now, and nothing after it."""
        if self._loop.remove_reader(self.fileno) and select.select([self.fileno], [], [], 0)[0]:
            self._take_in(self._read())
        super().disable_input()

    def send_message(self, message: Message) -> None:
        """Hand over what was typed, in the app's own thread."""
        self._app.post_message(message)

    def _hear(self) -> None:
        if data := self._read():
            self._heard_at = self._loop.time()
            self._take_in(data)
            self._loop.call_later(constants.ESCAPE_DELAY + _JUST_AFTER_S, self._hear_lone_escape)
        else:
            self._loop.remove_reader(self.fileno)
            self._app.exit(_EXIT_CODE, return_code=_EXIT_CODE)

    def _take_in(self, data: bytes) -> None:
        # what an earlier program has asked the terminal would come out as keys, Ctrl+G among them
        if text := _ANSWER.sub("", self._paste_filter.feed(self._decode(data))):
            for message in self._parser.feed(text):
                self.process_message(message)

    def _hear_lone_escape(self) -> None:
        for message in self._parser.tick():
            self.process_message(message)

    def _read(self) -> bytes:
        """What was typed; nothing once the terminal is gone, which Linux says by an error."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""
