"""Lets go of closed screens in a pause, since Python by itself would come to it after hours."""

import gc
import time
from collections.abc import Callable

LEAST_BETWEEN_S = 10.0
"""Seconds between two looks at all objects: each holds up everything for some 10 ms."""


class GarbageRounds:
    """Looks for garbage among all objects; call `look` where nobody waits for anything.

    A closed screen and its widgets refer to each other, so that only a full look finds them;
    a few hundred kilobytes each, and one comes by itself after millions of new objects.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked_at = clock()

    def look(self) -> None:
        """Let go of what nothing refers to, unless that was done a moment ago."""
        if self._clock() - self._looked_at >= LEAST_BETWEEN_S:
            gc.collect()
            self._looked_at = self._clock()
