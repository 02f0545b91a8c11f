"""Reads a response's body ahead of its decoding, so that a flood is decoded in bulk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

WORK_S = 0.002
"""How long reading what is there already may keep the event loop from the keyboard."""

_ROUNDS_OF_BREATH = 8
"""Rounds of the event loop between two pieces of work: a key goes through about so many queues
before it shows. A round in which nobody has anything to do costs microseconds."""

_WAITED_S = 0.001
"""A piece that took so long to come was waited for, and meanwhile the loop was free."""

LONGEST_LEAD = 1024 * 1024
"""Bytes that are read ahead; beyond it the server has to wait."""


async def breathe() -> None:
    """Let a key come through, if one was pressed."""
    for _ in range(_ROUNDS_OF_BREATH):
        await asyncio.sleep(0)


class BodyReader:
    """Gathers `pieces` in a task of its own; a context manager that ends the task.

    The HTTP library hands over one piece for each chunk of the transfer, and servers send one
    chunk a token. Whoever decodes takes all that has arrived at once, so that the cost of
    waking up, of a time-out and of a batch of events is paid once for many tokens.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting: list[bytes] = []
        self._lead = 0
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
        """Whether something has arrived already that nobody has taken."""
        return bool(self._waiting)

    async def take(self, limit_s: float) -> bytes:
        """Return all that has arrived, waiting for something; b"" when the body has ended.

        Raises TimeoutError when nothing comes for `limit_s` seconds, and what reading raised.
        """
        if not self._waiting and not self._task.done():
            self._has_news.clear()
            async with asyncio.timeout(limit_s):
                await self._has_news.wait()
        if not self._waiting:
            await self._task
            return b""
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._lead = 0
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
                rested_at = now if now - had_at > _WAITED_S else rested_at
                had_at = now
                self._waiting.append(piece)
                self._lead += len(piece)
                self._has_news.set()
                if self._lead > LONGEST_LEAD:
                    self._has_room.clear()
                    await self._has_room.wait()
                if now - rested_at > WORK_S:
                    await breathe()
                    rested_at = had_at = loop.time()
        finally:
            self._has_news.set()
