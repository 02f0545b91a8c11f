"""Hands writes to the store in order: the urgent at once, the others twice a second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from chatapp.core.changes import PartChange, merge_changes
from chatapp.core.errors import StorageError
from chatapp.core.ports import ConversationStore
from chatapp.core.records import ReplyGrew, Write
from chatapp.session.stand_in import message_of, with_stand_in

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

GATHER_S = 0.5
"""How long a growing reply may wait for its next write: a crash costs no more than that."""

SHORTEST_RETRY_S = 1.0
LONGEST_RETRY_S = 30.0


class WriteQueue:
    """What is to be put on disk, in a task of its own; nobody waits who does not want to.

    A write that the disk refuses is said once, kept, and tried again until it works, so that a
    full disk costs nothing once there is room. One that the store can never take is put beside
    it, so that it holds up no other, and a word about it stands in its place. `on_written` is
    called after every write that worked.
    """

    def __init__(self, say: Callable[[str], None], on_written: Callable[[], None]) -> None:
        self._say = say
        self._on_written = on_written
        self._store: ConversationStore | None = None
        self._waiting: list[Write] = []
        self._in_work: list[Write] = []
        self._is_urgent = asyncio.Event()
        self._has_work = asyncio.Event()
        self._put_count = self._kept_count = 0
        self._has_news = asyncio.Event()
        self._is_failing = self._is_slow = False
        self._unkept_ids: set[str] = set()
        """The messages of which the store has not got all, though they are beside it."""
        self._told_reason = ""
        self._task: asyncio.Task[None] | None = None

    def start(self, store: ConversationStore) -> None:
        """Begin to write to `store`, which is open; what was put before goes there too."""
        self._store = store
        self._task = asyncio.create_task(self._write_on(store), name="write conversations")
        self._task.add_done_callback(self._tell_end)

    def put(self, *writes: Write, is_urgent: bool = True) -> None:
        """Take in writes; those that are not urgent may wait for others."""
        self._waiting += writes
        self._put_count += len(writes)
        self._has_work.set()
        if is_urgent:
            self._is_urgent.set()

    def _tell_end(self, task: asyncio.Task[None]) -> None:
        """A bug of ours must not let words go unkept without a word."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("writing conversations ended", exc_info=error)
            words = "chatapp failed while it kept what was said; nothing new is kept. See the log."
            self._tell_failing(True, words)

    @property
    def is_settled(self) -> bool:
        """Whether all that was put is on disk."""
        return self._kept_count == self._put_count

    def has_all(self, message_ids: Iterable[str]) -> bool:
        """Whether nothing that was tried of these messages had to be put beside the store."""
        return self._unkept_ids.isdisjoint(message_ids)

    async def settled(self, limit_s: float) -> bool:
        """Wait until all that was put by now is on disk, for at most `limit_s` seconds.

        Returns whether it is there; that it takes longer is said once. While writing fails
        nobody waits.
        """
        wanted = self._put_count
        if self._kept_count < wanted and not self._is_failing:
            self._is_urgent.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    while self._kept_count < wanted and not self._is_failing:
                        await self._has_news.wait()
            if self._kept_count < wanted and not (self._is_failing or self._is_slow):
                self._is_slow = True
                self._say("The disk takes long: what was said last is not kept yet.")
        return self._kept_count >= wanted

    async def close(self, limit_s: float) -> str:
        """Write what waits, and end; returns what the person has to know, nothing if all is kept.

        What the store does not take within `limit_s` seconds is put beside it, which may take as
        long once more.
        """
        self._is_failing = False  # one more try
        if self._task is not None and not self._task.done():
            await self.settled(limit_s)
            self._task.cancel()
            await asyncio.wait([self._task])
        if self.is_settled:
            return ""
        place = await self._leave_beside(limit_s)
        where = "is not kept" if place is None else f"is in {place}"
        return f"The disk did not take what was said last: it {where}."

    async def _leave_beside(self, limit_s: float) -> Path | None:
        """Put all that waits beside the store; None where that does not work either."""
        if self._store is None:
            return None
        with suppress(TimeoutError, StorageError):
            async with asyncio.timeout(limit_s):
                writes = [*self._in_work, *self._waiting]
                return await self._store.set_aside(writes, "The program ended before it was kept.")
        return None

    async def _write_on(self, store: ConversationStore) -> None:
        while True:
            await self._has_work.wait()
            await self._urgency(GATHER_S)
            writes, self._waiting = list(_joined(self._waiting)), []
            self._in_work = writes
            put_count = self._put_count
            self._has_work.clear()
            self._is_urgent.clear()
            await self._write(store, writes)
            self._kept_count, self._is_slow = put_count, False
            self._in_work = []
            self._tell_waiting()
            if any(not isinstance(write, ReplyGrew) for write in writes):
                self._on_written()

    async def _write(self, store: ConversationStore, writes: list[Write]) -> None:
        """Get all of them to the store; what it can never take alone goes beside it."""
        writes, orphans = self._parted(writes)
        if orphans:
            reason = "What it goes on from is not kept."
            await self._insist(partial(store.set_aside, orphans, reason))
        if not writes:
            return
        try:
            await self._insist(partial(store.write, writes))
        except StorageError as error:  # not the disk's: it would never work
            if len(writes) > 1:
                half = len(writes) // 2
                await self._write(store, writes[:half])
                await self._write(store, writes[half:])
            else:
                await self._set_aside(store, writes[0], str(error))
        else:
            self._told_reason = ""
            whole = filter(None, map(message_of, writes))
            self._unkept_ids.difference_update(message.message_id for message in whole)

    def _parted(self, writes: Iterable[Write]) -> tuple[list[Write], list[Write]]:
        """Those that can be tried, and those that add to what the store has not got all of."""
        unkept_ids = {*self._unkept_ids}
        others: list[Write] = []
        orphans: list[Write] = []
        for write in writes:
            is_orphan = _growing(write) in unkept_ids
            (orphans if is_orphan else others).append(write)
            if (message := message_of(write)) is not None:
                unkept_ids.discard(message.message_id)
        return others, orphans

    async def _set_aside(self, store: ConversationStore, write: Write, reason: str) -> None:
        """Put a write beside the store, and what stands for it there."""
        place = await self._insist(partial(store.set_aside, [write], reason))
        if reason != self._told_reason:
            self._told_reason = reason
            where = "is on the screen only" if place is None else f"is in {place}"
            self._say(f"{reason} What could not be kept {where}.")
        message = message_of(write)
        message_id = _growing(write) if message is None else message.message_id
        if message_id is not None:
            self._unkept_ids.add(message_id)
        if (stand_in := with_stand_in(write, place)) is not None:
            with suppress(StorageError):  # then the store takes nothing at all
                await self._insist(partial(store.write, [stand_in]))

    async def _insist(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Try until the disk takes it. Raises StorageError where no time will help."""
        pause_s = SHORTEST_RETRY_S
        while True:
            try:
                result = await work()
            except StorageError as error:
                if not error.is_passing:
                    raise
                self._tell_failing(True, f"{error} Until then nothing new is kept.")
            else:
                self._tell_failing(False, "Everything is kept again.")
                return result
            self._is_urgent.clear()
            await self._urgency(pause_s)  # what is urgent gets a try of its own
            pause_s = min(2 * pause_s, LONGEST_RETRY_S)

    def _tell_failing(self, is_failing: bool, words: str) -> None:
        if is_failing is not self._is_failing:
            self._is_failing = is_failing
            self._say(words)
            self._tell_waiting()

    def _tell_waiting(self) -> None:
        """Whoever waits looks, and waits for the next news."""
        self._has_news.set()
        self._has_news.clear()

    async def _urgency(self, limit_s: float) -> None:
        """Return once something is urgent, or after `limit_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._is_urgent.wait()


def _joined(writes: Iterable[Write]) -> Iterator[Write]:
    """The writes, with growth of one reply that stands side by side made one."""
    for message_id, group in groupby(writes, _growing):
        if message_id is None:
            yield from group
            continue
        first, *others = [write for write in group if isinstance(write, ReplyGrew)]
        growth = (change for write in (first, *others) for change in write.changes)
        changes = tuple(
            change for change in merge_changes(growth) if isinstance(change, PartChange)
        )
        yield replace(first, changes=changes)


def _growing(write: Write) -> str | None:
    return write.message_id if isinstance(write, ReplyGrew) else None
