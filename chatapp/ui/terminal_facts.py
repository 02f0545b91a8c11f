"""What Textual makes of a terminal's input and of text, for those outside the screen."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console
from textual._xterm_parser import XTermParser
from textual.events import Key


def expected_width(text: str) -> int:
    """How many columns the screen reckons with for a text."""
    return cell_len(text)


def color_system() -> str | None:
    """What the screen takes the colours of the terminal for, by the variables."""
    return Console(force_terminal=True, legacy_windows=False).color_system


class KeyReader:
    """Names the keys in what a terminal sends, as the screen hears them."""

    def __init__(self) -> None:
        self._parser = XTermParser()

    def read(self, data: str) -> Iterator[str]:
        """The names of the keys in some more input."""
        for message in self._parser.feed(data):
            if isinstance(message, Key):
                yield message.key

    def pause(self) -> Iterator[str]:
        """The keys that only a pause tells from the begin of a sequence, such as a lone Esc."""
        for message in self._parser.tick():
            if isinstance(message, Key):
                yield message.key
