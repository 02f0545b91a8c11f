"""Gathers changes and hands them to the screen at most once a frame."""

import asyncio
import time
from collections.abc import Callable, Sequence

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    ModelChanged,
    PathCut,
    merge_changes,
)

FRAME_S = 1 / 30
"""Shortest time between two frames of a stream; a reader sees no difference above it."""

LARGEST_SHARE = 1 / 3
"""The share of the event loop that painting may take while a stream runs."""

LONGEST_FRAME_S = 0.5

PAINTED_AT_ONCE = (MessageAdded, DraftOpened, DraftClosed, PathCut, ModelChanged)
"""What a person did or waits for; a server cannot make these come often."""


class ChangePump:
    """Delivers changes merged, at most once a frame, and slower when a frame costs much.

    What opens or ends something is delivered at once, and so is the first change after a
    pause. `after_paint` calls a function once the screen has been painted (Textual's
    `call_after_refresh`), which is how the cost of a frame is known.
    """

    def __init__(
        self,
        deliver: Callable[[Sequence[Change]], None],
        after_paint: Callable[[Callable[[], None]], object],
    ) -> None:
        self._deliver = deliver
        self._after_paint = after_paint
        self._waiting: list[Change] = []
        self._timer: asyncio.TimerHandle | None = None
        self._next_frame_at = 0.0

    def push(self, changes: Sequence[Change]) -> None:
        """Take in changes; deliver them now or with the next frame."""
        self._waiting.extend(changes)
        if any(isinstance(change, PAINTED_AT_ONCE) for change in changes):
            self.flush()
        elif self._timer is None:
            now = time.monotonic()
            if now >= self._next_frame_at:
                self.flush()
            else:
                self._timer = asyncio.get_running_loop().call_later(
                    self._next_frame_at - now, self.flush
                )

    def flush(self) -> None:
        """Deliver what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        changes, self._waiting = merge_changes(self._waiting), []
        started_at = time.monotonic()
        self._next_frame_at = started_at + LONGEST_FRAME_S
        self._deliver(changes)
        self._after_paint(lambda: self._frame_painted(started_at))

    def _frame_painted(self, started_at: float) -> None:
        now = time.monotonic()
        pause = max(FRAME_S, (now - started_at) / LARGEST_SHARE)
        self._next_frame_at = min(started_at + pause, now + LONGEST_FRAME_S)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(
                max(0.0, self._next_frame_at - now), self.flush
            )
