"""Textual's driver for terminals on Linux and macOS, with what an app needs that works on."""

import io
import os
import select
import selectors
import signal
import sys
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from textual import constants
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LOOK_EVERY_S = 0.1
"""How often the thread looks whether it shall end."""

_THREAD_SWITCH_S = 0.0005
"""How long a busy thread may keep another from Python. With the usual 5 ms, a key waits so long
at each of the steps by which this thread reads it and hands it over, while a reply floods in."""

_EXIT_CODE = 128 + signal.SIGHUP
"""The app's when its terminal is gone, whether the signal comes or not."""


class _LastingOutput(io.FileIO):
    """A terminal to write to, which takes and drops everything once it is gone.

    An error here would end Textual's writing thread, and with it whoever writes next: its
    queue is short, nobody would empty it, and `put` waits without an end.
    """

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write what fits and return its length in bytes; all of it if nobody is there."""
        try:
            while (written := super().write(data)) is None:  # another program made it non-blocking
                select.select([], [self], [])
        except OSError:
            return memoryview(data).nbytes
        return written


class TerminalDriver(LinuxDriver):
    """Hears a lone Esc sooner, paints only on a terminal that is ours, and leaves with it.

    Textual's own loop looks ten times a second, however short ESCDELAY is, so that a press of
    Esc takes up to 100 ms to be heard. A frame is written in three parts, each of which wakes
    the writing thread, and the two take the interpreter from each other. What is written while
    it is suspended fills a queue that nobody empties, until the app hangs. And once the terminal
    is closed, its loop reads nothing again and again.
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
        if self._file is None:
            raise RuntimeError("the screen is painted through stderr, which is closed")
        output = _LastingOutput(self._file.fileno(), "w", closefd=False)
        self._file = io.TextIOWrapper(
            io.BufferedWriter(output), encoding="utf-8", errors="backslashreplace"
        )

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
        """Hand what is to be written to the writing thread."""
        if self._unwritten:
            super().write("".join(self._unwritten))
            self._unwritten.clear()

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

    def run_input_thread(self) -> None:
        """Hand over what is typed until the app ends; end the app with its terminal."""
        sys.setswitchinterval(_THREAD_SWITCH_S)
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            wait_s, is_last = _LOOK_EVERY_S, False
            while not is_last:
                is_last = self.exit_event.is_set()
                is_ready = bool(selector.select(wait_s))
                wait_s = constants.ESCAPE_DELAY if is_ready else _LOOK_EVERY_S
                data = self._read() if is_ready else None
                if data == b"":
                    self._loop.call_soon_threadsafe(self._leave)
                    return
                if data and (text := decode(data, final=is_last)):
                    for message in parser.feed(text):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def _read(self) -> bytes:
        """What was typed; nothing once the terminal is gone, which Linux says by an error."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _leave(self) -> None:
        self._app.exit(_EXIT_CODE, return_code=_EXIT_CODE)
