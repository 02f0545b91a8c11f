"""Gathers changes and hands them to the screen at most once a frame, in gulps."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    ModelChanged,
    PartAppended,
    PartOpened,
    PathCut,
    merge_changes,
)

FRAME_S = 1 / 16
"""Shortest time between two frames of a stream. Text is read, not watched: a reader sees little
difference below it, and half of what a paced stream costs is painting. It is a bit shorter than
the time for which a provider lets a slow stream gather, so that what it brings is not late."""

GULP = 600
"""Characters of a flood that are taken in at once: a few milliseconds of parsing and layout."""

BEHIND_FRAME_S = 1 / 8
"""Shortest time between two frames while gulps wait: catching up comes before painting."""

MOST_WAITING = 64_000
"""Characters that may wait to be shown while more is read: a second's work at most, so that a reply
that is stopped is soon seen to its end. No server but a broken one sends them that fast."""

ROUNDS_OF_BREATH = 8
"""Rounds of the event loop between two gulps: a key goes through about so many queues before it
shows. A round in which nobody has anything to do costs microseconds."""

LARGEST_SHARE = 1 / 3
"""The share of the event loop that painting may take while a stream runs."""

LONGEST_FRAME_S = 0.5
"""Longest time between two frames, whatever a frame costs."""

PAINTED_AT_ONCE = (MessageAdded, DraftOpened, DraftClosed, PathCut, ModelChanged)
"""What a person did or waits for, as the first words of a reply are; a server cannot make these
come often."""


class ChangePump:
    """Delivers changes merged, at most once a frame, and slower when a frame costs much.

    `deliver` gets changes, and whether they are to be painted; the last ones always are.
    What opens or ends something is delivered at once, and so is the first change after a
    pause. More text than a gulp is delivered gulp by gulp, between which keys are heard.
    `after_paint` calls a function once the screen has been painted (Textual's
    `call_after_refresh`), which is how the cost of a frame is known.
    """

    def __init__(
        self,
        deliver: Callable[[Sequence[Change], bool], None],
        after_paint: Callable[[Callable[[], None]], object],
    ) -> None:
        self._deliver = deliver
        self._after_paint = after_paint
        self._waiting: list[Change] = []
        self._gulps: deque[Sequence[Change]] = deque()
        self._size = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._timer: asyncio.Handle | None = None
        self._next_frame_at = self._painted_at = 0.0

    def push(self, changes: Sequence[Change]) -> None:
        """Take in changes; deliver them now, after those that wait, or with the next frame."""
        self._waiting.extend(changes)
        self._grow(_size(changes))
        if any(map(_is_painted_at_once, changes)):
            if not self._gulps:
                self.flush()
        elif self._timer is None:
            now = time.monotonic()
            if now >= self._next_frame_at:
                self.flush()
            else:
                self._flush_in(self._next_frame_at - now)

    async def room(self) -> None:
        """Return once no more than MOST_WAITING characters wait to be shown."""
        await self._has_room.wait()

    def flush(self) -> None:
        """Deliver what waits, or the first gulp of it; the others follow."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._gulps:
            self._gulps.extend(_gulps(merge_changes(self._waiting)))
            self._waiting = []
        if not self._gulps:
            return
        gulp = self._gulps.popleft()
        self._grow(-_size(gulp))
        started_at = time.monotonic()
        is_behind = bool(self._gulps or self._waiting)
        is_painted = not is_behind or started_at >= self._painted_at + BEHIND_FRAME_S
        if is_painted:
            self._painted_at = started_at
        self._next_frame_at = started_at + LONGEST_FRAME_S  # until its cost is known
        self._deliver(gulp, is_painted)
        if is_behind:
            self._flush_after_breath(ROUNDS_OF_BREATH)
        else:
            self._after_paint(lambda: self._frame_painted(started_at))

    def drop(self) -> None:
        """Forget what waits: all is shown anew."""
        self._waiting.clear()
        self._gulps.clear()
        self._grow(-self._size)

    def _grow(self, characters: int) -> None:
        self._size += characters
        if self._size > MOST_WAITING:
            self._has_room.clear()
        else:
            self._has_room.set()

    def _flush_after_breath(self, rounds: int) -> None:
        if rounds:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_soon(self._flush_after_breath, rounds - 1)
        else:
            self.flush()

    def _flush_in(self, wait_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(0.0, wait_s), self.flush)

    def _frame_painted(self, started_at: float) -> None:
        now = time.monotonic()
        pause = max(FRAME_S, (now - started_at) / LARGEST_SHARE)
        self._next_frame_at = min(started_at + pause, now + LONGEST_FRAME_S)
        if self._timer is not None and not self._gulps:
            self._timer.cancel()
            self._flush_in(self._next_frame_at - now)


def _is_painted_at_once(change: Change) -> bool:
    is_first_word = isinstance(change, PartOpened) and change.part_index == 0
    return is_first_word or isinstance(change, PAINTED_AT_ONCE)


def _gulps(changes: Iterable[Change]) -> Iterator[Sequence[Change]]:
    """Part changes where their text has come to the length of a gulp."""
    gulp: list[Change] = []
    room = GULP
    for change in changes:
        for piece in _pieces(change):
            gulp.append(piece)
            room -= _size((piece,))
            if room <= 0:
                yield gulp
                gulp, room = [], GULP
    if gulp:
        yield gulp


def _size(changes: Iterable[Change]) -> int:
    """How many characters of text changes bring."""
    return sum(len(change.text) for change in changes if isinstance(change, PartAppended))


def _pieces(change: Change) -> Iterator[Change]:
    if not isinstance(change, PartAppended) or len(change.text) <= GULP:
        yield change
        return
    for start in range(0, len(change.text), GULP):
        text = change.text[start : start + GULP]
        yield PartAppended(change.message_id, change.part_index, text)
