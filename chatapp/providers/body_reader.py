"""Reads a response's body ahead of its decoding, so that much is decoded at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Self

WORK_S = 0.002
"""How long reading what is there already may keep the event loop from the keyboard."""

_ROUNDS_OF_BREATH = 8
"""Rounds of the event loop between two pieces of work: a key goes through about so many queues
before it shows. A round in which nobody has anything to do costs microseconds."""

_WAITED_S = 0.001
"""A piece that took so long to come was waited for, and meanwhile the loop was free."""

GATHERING_S = 1 / 15
"""How long after a piece its successors may gather in the socket before they are handed on. Text
is not painted more often, and waking up for a token costs more than all that is done with it."""

SLOW_RATE = 200_000
"""Bytes a second, about a thousand tokens, below which pieces gather; a flood does so anyway."""

LONGEST_LEAD = 1024 * 1024
"""Bytes that are read ahead; beyond it the server has to wait."""


async def breathe() -> None:
    """Let a key come through, if one was pressed."""
    for _ in range(_ROUNDS_OF_BREATH):
        await asyncio.sleep(0)


class Pace:
    """Whether a body comes slowly, told by what came in the last stretch of GATHERING_S."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._size = 0
        self.is_slow = False

    def add(self, size: int, now: float) -> None:
        """Count what came at `now`, in seconds."""
        self._size += size
        elapsed_s = now - self._since
        if elapsed_s >= GATHERING_S:
            self.is_slow = self._size < SLOW_RATE * elapsed_s
            self._since, self._size = now, 0


class BodyReader:
    """Gathers `pieces` in a task of its own; a context manager that ends the task.

    The HTTP library hands over one piece for each chunk of the transfer, and servers send one
    chunk a token. Whoever decodes takes all that has arrived at once, so that the cost of
    waking up, of a time-out and of a batch of events is paid once for many tokens: in a flood
    because reading is faster than decoding; else because the reader rests after a piece that
    came soon after others, and the next ones wait in the socket. The first are never held back.
    While `is_watched` the reader does not rest: somebody wants to know when each piece came.
    """

    def __init__(
        self, pieces: AsyncIterator[bytes], is_watched: Callable[[], bool] = lambda: False
    ) -> None:
        self._pieces = pieces
        self._is_watched = is_watched
        self._pace = Pace(asyncio.get_running_loop().time())
        self._waiting: list[bytes] = []
        self._lead = 0
        self._taken_at = 0.0
        self._has_news = asyncio.Event()
        self._has_room = asyncio.Event()
        self._task = asyncio.create_task(self._gather(), name="read a response")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()  # whoever left early does not want to know

    @property
    def is_ahead(self) -> bool:
        """Whether there is something to take already."""
        return self._has_news.is_set()

    async def take(self, limit_s: float) -> bytes:
        """Return all that has arrived, waiting for something; b"" when the body has ended.

        Raises TimeoutError when nothing comes for `limit_s` seconds, and what reading raised.
        """
        if not self._has_news.is_set():
            async with asyncio.timeout(limit_s):
                await self._has_news.wait()
            if self._pace.is_slow:
                await breathe()  # after a rest the first piece comes ahead of those in the socket
        if not self._waiting:
            await self._task
            return b""
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._lead = 0
        self._taken_at = asyncio.get_running_loop().time()
        if not self._task.done():
            self._has_news.clear()
        self._has_room.set()
        return data

    async def drain(self, limit_s: float) -> None:
        """Read the formal end of the body, so that its connection can be used again."""
        self._has_room.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await asyncio.wait([self._task])

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        rested_at = had_at = loop.time()
        try:
            async for piece in self._pieces:
                now = loop.time()
                is_awaited = now - had_at > _WAITED_S
                rested_at = now if is_awaited else rested_at
                had_at = now
                self._waiting.append(piece)
                self._lead += len(piece)
                self._pace.add(len(piece), now)
                rest_s = self._taken_at + GATHERING_S - now
                can_rest = is_awaited and self._pace.is_slow and not self._is_watched()
                if can_rest and rest_s > 0:
                    await asyncio.sleep(rest_s)
                    rested_at = had_at = loop.time()
                self._has_news.set()
                if self._lead > LONGEST_LEAD:
                    self._has_room.clear()
                    await self._has_room.wait()
                if now - rested_at > WORK_S:
                    await breathe()
                    rested_at = had_at = loop.time()
        finally:
            self._has_news.set()
