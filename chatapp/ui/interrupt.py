"""Ctrl+C, which means what a person means by it: copy, stop, clear, and at last quit."""

import time
from collections.abc import Callable
from dataclasses import dataclass

QUIT_WINDOW_S = 2.0
"""Ctrl+C twice within this time leaves the program."""


@dataclass(frozen=True, slots=True)
class InterruptActions:
    """What Ctrl+C can do; each returns False when there is nothing to do for it."""

    copy_selection: Callable[[], bool]
    stop: Callable[[], bool]
    clear_composer: Callable[[], bool]
    warn: Callable[[], None]
    leave: Callable[[], None]


class Interrupt:
    """Does the first thing that there is to do."""

    def __init__(
        self, actions: InterruptActions, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._actions = actions
        self._clock = clock
        self._warned_at: float | None = None

    def press(self) -> None:
        """Take one press of Ctrl+C."""
        actions = self._actions
        if actions.copy_selection() or actions.stop() or actions.clear_composer():
            self._warned_at = None
            return
        now = self._clock()
        if self._warned_at is not None and now - self._warned_at <= QUIT_WINDOW_S:
            actions.leave()
        else:
            self._warned_at = now
            actions.warn()
