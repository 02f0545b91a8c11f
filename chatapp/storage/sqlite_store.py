"""Conversations in a SQLite file: a thread that writes, and one that reads and searches."""

import asyncio
import atexit
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from chatapp.core.errors import StorageError
from chatapp.core.records import (
    ConversationHeader,
    ReplyFigures,
    SearchHit,
    StoredConversation,
    Write,
)
from chatapp.storage import reading
from chatapp.storage.database import data_version, open_for_reading, open_for_writing
from chatapp.storage.database_thread import DatabaseThread
from chatapp.storage.failures import storage_error, unfit
from chatapp.storage.figures import reply_figures
from chatapp.storage.instances import Instance
from chatapp.storage.search import find
from chatapp.storage.tidying import tidy_one
from chatapp.storage.unkept import set_aside, unkept_file
from chatapp.storage.writing import ConversationWriter

_LONGEST_WAIT_S = 10.0
"""How long the end of the program is held up by a disk that hangs."""

Result = TypeVar("Result")


class SqliteStore:
    """A `ConversationStore` in the file at `path`; None keeps everything in memory.

    `busy_timeout_s` is how long another program's lock is waited for.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = 3.0) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        folder = None if path is None else path.with_name(f"{path.name}-running")
        self._instance = Instance(folder)
        self._writing = DatabaseThread("writes conversations")
        # what is in memory is seen by one connection only
        self._reading = self._writing if path is None else DatabaseThread("reads conversations")
        self._connections: dict[DatabaseThread, sqlite3.Connection] = {}
        self._newest_search = 0
        self._is_closed = False

    @property
    def is_lasting(self) -> bool:
        """Whether what is written is there for the next run."""
        return self._path is not None

    async def open(self) -> None:
        """Open or make the database, upgrading an old one after a backup."""
        await self._call(self._writing, self._open_for_writing)
        await self._call(self._reading, self._open_for_reading)
        self._writing.post(self._tidy)

    async def write(self, writes: Sequence[Write]) -> None:
        """Put all of them on disk, or none; also when nobody waits for it any more."""
        await self._call(self._writing, lambda: self._write(writes))

    async def set_aside(self, writes: Sequence[Write], reason: str) -> Path | None:
        """Put what can never be written into a file beside the database, and return where.

        None, and nothing done, where everything is in memory.
        """
        if self._path is None:
            return None
        file = unkept_file(self._path)
        await self._call(self._writing, lambda: set_aside(file, writes, reason))
        return file

    async def headers(self) -> tuple[ConversationHeader, ...]:
        """All conversations that are not deleted, pinned ones first, then the newest."""
        return await self._call(self._reading, lambda: reading.headers(self._reader()))

    async def load(self, conversation_id: str) -> StoredConversation:
        """A whole conversation."""
        return await self._call(
            self._reading, lambda: reading.load(self._reader(), self._instance, conversation_id)
        )

    async def search(self, words: str, limit: int = 50) -> tuple[SearchHit, ...]:
        """Where the words stand: in titles first, then in messages, the newest first.

        A search that still waits when the next one comes finds nothing.
        """
        self._newest_search += 1
        number = self._newest_search

        def search() -> tuple[SearchHit, ...]:
            is_obsolete = number != self._newest_search
            return () if is_obsolete else find(self._reader(), words, limit)

        return await self._call(self._reading, search)

    async def recent_prompts(self, limit: int = 200) -> tuple[str, ...]:
        """What the person wrote last in any conversation, newest first, each text once."""
        return await self._call(
            self._reading, lambda: reading.recent_prompts(self._reader(), limit)
        )

    async def has_neighbours(self) -> bool:
        """Whether another running program writes here, be it only unsent text."""
        return await self._call(self._reading, self._instance.has_neighbours)

    async def neighbour_revision(self) -> int:
        """A number that is another one once another program has written here.

        It is asked of the connection that writes, for which what it wrote itself is no news.
        """
        return await self._call(self._writing, lambda: data_version(self._writer()))

    async def reply_figures(self, since: float | None = None) -> tuple[ReplyFigures, ...]:
        """What every reply since then cost in tokens, time and money."""
        return await self._call(self._reading, lambda: reply_figures(self._reader(), since))

    async def close(self) -> None:
        """Finish what was begun and let go of the database; a disk that hangs is left to itself."""
        if self._is_closed:
            return
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._call(self._reading, lambda: self._disconnect(self._reading))
                await self._call(self._writing, self._end_writing)
        except TimeoutError:
            raise StorageError(
                f"The disk did not take the last messages within {_LONGEST_WAIT_S:.0f} s. See "
                f"whether {self._path} can be written."
            ) from None
        finally:
            self._is_closed = True
            atexit.unregister(self._finish)
            self._reading.end()
            self._writing.end()

    async def _call(self, thread: DatabaseThread, work: Callable[[], Result]) -> Result:
        if self._is_closed:
            raise StorageError("The conversations are closed already.")
        return await thread.call(lambda: self._explained(work))

    def _explained(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            raise storage_error(error, self._path) from error

    def _open_for_writing(self) -> None:
        self._connections[self._writing] = open_for_writing(self._path, self._busy_timeout_s)
        atexit.register(self._finish)

    def _open_for_reading(self) -> None:
        if self._path is not None:
            self._connections[self._reading] = open_for_reading(self._path, self._busy_timeout_s)

    def _write(self, writes: Sequence[Write]) -> None:
        try:
            ConversationWriter(self._writer(), self._instance, self._path).write(writes)
        except (ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise unfit(error, self._path) from error

    def _writer(self) -> sqlite3.Connection:
        return self._connection(self._writing)

    def _reader(self) -> sqlite3.Connection:
        return self._connection(self._reading)

    def _connection(self, thread: DatabaseThread) -> sqlite3.Connection:
        connection = self._connections.get(thread)
        if connection is None:
            raise StorageError("The conversations are not open.")
        return connection

    def _tidy(self) -> None:
        """Do one thing that waits to be tidied, then let others come first."""
        if self._is_closed or self._writing not in self._connections:
            return
        try:
            if tidy_one(self._connections[self._writing], self._instance):
                self._writing.post(self._tidy)
            else:
                self._instance.bury_others()
        except (sqlite3.Error, OSError, StorageError):
            pass  # nobody waits for it, and the next run does it; a write says what is wrong

    def _end_writing(self) -> None:
        self._instance.end()
        self._disconnect(self._writing)

    def _disconnect(self, thread: DatabaseThread) -> None:
        if thread in self._connections:
            self._connections.pop(thread).close()

    def _finish(self) -> None:
        """Let what was written reach the disk when the program ends without closing."""
        self._writing.end()
        self._writing.join(_LONGEST_WAIT_S)
