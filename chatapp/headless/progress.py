"""How far a model is that has to be fetched and started, on standard error."""

import shutil
from typing import assert_never

from chatapp.core.preparation import Downloading, Preparation, Ready, Starting, Unavailable
from chatapp.core.safe_text import safe_line
from chatapp.headless.output import Output

BAR_WIDTH = 30
_MEGABYTE = 1_000_000
_CLEAR_LINE = "\r\x1b[2K"


class PreparationLine:
    """On a terminal one line that is drawn over; elsewhere a line at every quarter."""

    def __init__(self, stderr: Output) -> None:
        self._stderr = stderr
        self._is_drawn = False
        self._quarter = -1

    def show(self, step: Preparation) -> None:
        """Tell how far it is now."""
        match step:
            case Downloading(received_bytes, total_bytes):
                self._show_download(received_bytes, total_bytes)
            case Starting():
                if self._stderr.is_terminal:
                    self._draw("Starting the local model…")
            case Ready() | Unavailable():
                self.clear()
            case _:
                assert_never(step)

    def clear(self) -> None:
        """Take the line away."""
        if self._is_drawn:
            self._stderr.write_control(_CLEAR_LINE)
            self._is_drawn = False

    def _show_download(self, received_bytes: int, total_bytes: int) -> None:
        received = f"{received_bytes / _MEGABYTE:.0f}"
        total = f" of {total_bytes / _MEGABYTE:.0f} MB" if total_bytes else " MB"
        words = f"Fetching the local model: {received}{total}"
        if self._stderr.is_terminal:
            self._draw(f"{_bar(received_bytes, total_bytes)} {words}")
            return
        quarter = 4 * received_bytes // total_bytes if total_bytes else 0
        if quarter > self._quarter:
            self._quarter = quarter
            self._stderr.write(words + "\n")

    def _draw(self, words: str) -> None:
        self._stderr.write_control(_CLEAR_LINE + words)
        self._is_drawn = True


class WaitingLine:
    """On a terminal one line that says what is waited for; elsewhere nothing."""

    def __init__(self, stderr: Output) -> None:
        self._stderr = stderr
        self._words = ""

    def show(self, words: str) -> None:
        """Draw these words in place of those before; "" draws nothing."""
        self._words = words
        self.draw()

    def draw(self) -> None:
        """Draw the line again, after `clear`."""
        if self._stderr.is_terminal:
            room = shutil.get_terminal_size().columns - 2
            cut = self._words if len(self._words) <= room else f"{self._words[: room - 1]}\u2026"
            self._stderr.write_control(f"{_CLEAR_LINE}{safe_line(cut)}")

    def clear(self) -> None:
        """Take the line away, so that another can be printed in its place."""
        self._stderr.write_control(_CLEAR_LINE)


def _bar(received_bytes: int, total_bytes: int) -> str:
    filled = BAR_WIDTH * min(received_bytes, total_bytes) // total_bytes if total_bytes else 0
    return "━" * filled + "─" * (BAR_WIDTH - filled)
