"""Textual's driver for terminals on Linux and macOS, with what an app needs that works on."""

import os
import selectors
import sys
from codecs import getincrementaldecoder

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_LOOK_EVERY_S = 0.1
"""How often the thread looks whether it shall end."""

_THREAD_SWITCH_S = 0.0005
"""How long a busy thread may keep another from Python. With the usual 5 ms, a key waits so long
at each of the steps by which this thread reads it and hands it over, while a reply floods in."""


class TerminalDriver(LinuxDriver):
    """Hears a lone Esc sooner, and paints nothing while another program has the terminal.

    Textual's own loop looks ten times a second, however short ESCDELAY is, so that a press of
    Esc takes up to 100 ms to be heard. And what is written while it is suspended fills a queue
    that nobody empties, until the app hangs.
    """

    _is_suspended = False

    def write(self, data: str) -> None:
        """Write to the terminal if it is ours; all is painted anew once it is again."""
        if not self._is_suspended:
            super().write(data)

    def suspend_application_mode(self) -> None:
        """Leave the terminal to another program."""
        super().suspend_application_mode()
        self._is_suspended = True

    def resume_application_mode(self) -> None:
        """Take the terminal back."""
        self._is_suspended = False
        super().resume_application_mode()

    def run_input_thread(self) -> None:
        """Hand over what is typed until the app ends."""
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
                if is_ready and (text := decode(os.read(self.fileno, 4096), final=is_last)):
                    for message in parser.feed(text):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
