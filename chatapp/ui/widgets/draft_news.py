"""When others hear what is written and not sent: soon, and seldom."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

TELL_AFTER_S = 0.5
"""Seconds between a change of the text and its being told: at most two are told a second."""


class DraftNews:
    """Calls `tell` with what `read` returns once that is another text; `widget` has the timer.

    No timer runs while nothing changes.
    """

    def __init__(
        self, widget: Widget, read: Callable[[], str], tell: Callable[[str], object]
    ) -> None:
        self._widget = widget
        self._read = read
        self._tell = tell
        self._told = ""
        self._timer: Timer | None = None

    def note_change(self) -> None:
        """Tell soon."""
        if self._timer is None and self._widget.is_attached:
            self._timer = self._widget.set_timer(TELL_AFTER_S, self.tell_now)

    def tell_now(self) -> None:
        """Tell at once, if there is anything new."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if (text := self._read()) != self._told:
            self._told = text
            self._tell(text)
