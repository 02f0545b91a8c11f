"""When the inspector paints what came: seldom, and more seldom where it costs much."""

import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

FRAME_S = 0.1
"""Shortest time between two paintings of what came."""

LONGEST_FRAME_S = 1.0

LARGEST_SHARE = 1 / 5
"""The share of the event loop that painting may take: the chat has the right of way."""

_SHORTEST_WAIT_S = 0.01


class Frames:
    """Calls `paint` soon after news, for all that came until then; no timer runs without news."""

    def __init__(self, widget: Widget, paint: Callable[[], None]) -> None:
        self._widget = widget
        self._paint = paint
        self._timer: Timer | None = None
        self._next_at = 0.0

    def note_news(self) -> None:
        """Something came."""
        if self._timer is None:
            self._paint_in(self._next_at - time.monotonic())

    def _paint_in(self, wait_s: float) -> None:
        self._timer = self._widget.set_timer(max(_SHORTEST_WAIT_S, wait_s), self._paint_news)

    def _paint_news(self) -> None:
        self._timer = None
        began_at = time.monotonic()
        self._next_at = began_at + LONGEST_FRAME_S
        self._paint()
        self._widget.call_after_refresh(self._painted, began_at)

    def _painted(self, began_at: float) -> None:
        now = time.monotonic()
        pause_s = max(FRAME_S, (now - began_at) / LARGEST_SHARE)
        self._next_at = began_at + min(pause_s, LONGEST_FRAME_S)
        if self._timer is not None:  # news came while this frame was painted
            self._timer.stop()
            self._paint_in(self._next_at - now)
