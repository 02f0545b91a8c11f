"""Writes reach the store in order, whatever the store does, and nobody waits for a slow one."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from chatapp.core.changes import PartAppended
from chatapp.core.conversation import Conversation
from chatapp.core.errors import StorageError
from chatapp.core.messages import Ending
from chatapp.core.ports import ConversationStore
from chatapp.core.records import (
    ConversationDeleted,
    MessageWritten,
    PathChosen,
    PinChosen,
    ReplyGrew,
    ReplyOpened,
    UnsentTextKept,
    Write,
)
from chatapp.core.usage import Usage
from chatapp.session import write_queue
from chatapp.session.write_queue import WriteQueue
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.storage.unkept import unkept_file
from tests.storage.recording import MODEL, replied, said


class FailingStore(SqliteStore):
    """Fails until it is told to work; blocks while `is_slow` is set."""

    def __init__(self) -> None:
        super().__init__(None)
        self.written: list[Sequence[Write]] = []
        self.tries = 0
        self.is_full = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def write(self, writes: Sequence[Write]) -> None:
        self.tries += 1
        await self.may_go_on.wait()
        if self.is_full:
            raise StorageError("The disk is full.", is_passing=True)
        self.written.append(tuple(writes))


@asynccontextmanager
async def queue_on(store: ConversationStore, told: list[str]) -> AsyncIterator[WriteQueue]:
    queue = WriteQueue(told.append, lambda: None)
    queue.start(store)
    try:
        yield queue
    finally:
        await queue.close(1.0)


def pin(name: str) -> Write:
    return PinChosen(name, True)


def growth(text: str, message_id: str = "m") -> ReplyGrew:
    return ReplyGrew("c", message_id, (PartAppended(message_id, 0, text),))


async def test_urgent_writes_are_there_at_once_and_in_order() -> None:
    store, told = FailingStore(), list[str]()
    async with queue_on(store, told) as queue:
        queue.put(growth("a"), is_urgent=False)
        queue.put(pin("x"))
        queue.put(ConversationDeleted("x"))
        assert await queue.settled(5.0)
        assert [w for batch in store.written for w in batch] == [
            growth("a"),
            pin("x"),
            ConversationDeleted("x"),
        ]
    assert told == []


async def test_growth_waits_for_more_and_becomes_one_write() -> None:
    store, told = FailingStore(), list[str]()
    async with queue_on(store, told) as queue:
        for letter in "growing":
            queue.put(growth(letter), is_urgent=False)
        queue.put(growth("!", "other"), is_urgent=False)
        await asyncio.sleep(0)
        assert store.tries == 0
        assert await queue.settled(5.0)
    assert store.written == [(growth("growing"), growth("!", "other"))]


async def test_a_full_disk_is_said_once_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(write_queue, "SHORTEST_RETRY_S", 0.01)
    store, told = FailingStore(), list[str]()
    store.is_full = True
    async with queue_on(store, told) as queue:
        queue.put(pin("x"))
        while store.tries < 3:
            await asyncio.sleep(0.005)
        assert told == ["The disk is full. Until then nothing new is kept."]
        assert not await queue.settled(60.0), "nobody waits for a disk that is full"
        queue.put(pin("y"))
        store.is_full = False
        while len(store.written) < 2:
            await asyncio.sleep(0.005)
    assert store.written == [(pin("x"),), (pin("y"),)]
    assert told[1:] == ["Everything is kept again."]


async def test_a_slow_disk_is_waited_for_no_longer_than_wanted() -> None:
    store, told = FailingStore(), list[str]()
    store.may_go_on.clear()
    async with queue_on(store, told) as queue:
        queue.put(pin("x"))
        assert not await queue.settled(0.02)
        assert not await queue.settled(0.02)
        assert told == ["The disk takes long: what was said last is not kept yet."]
        store.may_go_on.set()
        assert await queue.settled(5.0)
    assert store.written == [(pin("x"),)]


async def test_what_was_put_before_the_store_was_open_is_written() -> None:
    store, told = FailingStore(), list[str]()
    queue = WriteQueue(told.append, lambda: None)
    queue.put(pin("x"))
    assert not await queue.settled(0.01)
    queue.start(store)
    assert await queue.close(5.0) == ""
    assert store.written == [(pin("x"),)]


async def test_closing_tells_what_did_not_reach_the_disk() -> None:
    store, told = FailingStore(), list[str]()
    store.is_full = True
    queue = WriteQueue(told.append, lambda: None)
    queue.start(store)
    queue.put(pin("x"))
    async with asyncio.timeout(5.0):  # a disk that is full is not waited for
        assert "it is not kept" in await queue.close(60.0)


async def test_what_a_locked_database_does_not_take_to_the_end_is_left_beside_it(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "chatapp.db", list[str]()
    store = SqliteStore(path, busy_timeout_s=0.02)
    await store.open()
    queue = WriteQueue(told.append, lambda: None)
    queue.start(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        queue.put(MessageWritten("c", said("asked while it was locked")))
        assert not await queue.settled(5.0)
        queue.put(UnsentTextKept("c", "and this"), is_urgent=False)
        last_words = await queue.close(5.0)
    assert last_words == f"The disk did not take what was said last: it is in {unkept_file(path)}."
    assert [line["kind"] for line in unkept(path)] == ["MessageWritten", "UnsentTextKept"]
    assert "asked while it was locked" in str(unkept(path)[0])
    await store.close()


TOO_LONG = "word " * 20_000


@asynccontextmanager
async def limited_store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store on disk, for which texts of a gigabyte are shorter than they are."""
    store = SqliteStore(path)
    await store.open()
    connection = store._connections[store._writing]
    await store._call(
        store._writing, lambda: connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 20_000)
    )
    try:
        yield store
    finally:
        await store.close()


def unkept(path: Path) -> list[dict[str, object]]:
    file = unkept_file(path)
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def test_a_question_that_does_not_fit_holds_up_nothing_and_is_put_beside(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "chatapp.db", list[str]()
    async with limited_store(path) as store, queue_on(store, told) as queue:
        queue.put(MessageWritten("a", said("first")))
        queue.put(MessageWritten("a", replied("answer")))
        queue.put(MessageWritten("a", said(TOO_LONG, "long", parent_id="r")))
        queue.put(MessageWritten("b", said("elsewhere")))
        queue.put(MessageWritten("a", replied("late", "r2", "long")))
        queue.put(PathChosen("a", "r2"))
        assert await queue.settled(5.0)
        kept = await store.load("a")
        assert [each.message_id for each in kept.messages] == ["u", "r", "long", "r2"]
        assert str(unkept_file(path)) in kept.messages[2].text
        assert len(Conversation(MODEL, kept.messages, kept.leaf_id).path) == 4
        assert (await store.load("b")).messages[0].text == "elsewhere"
        queue.put(MessageWritten("a", said("more", "u3", parent_id="r2")))
        assert await queue.settled(5.0)
    (line,) = unkept(path)
    assert TOO_LONG in str(line["message"])
    assert len(told) == 1
    assert "does not fit" in told[0]
    assert str(unkept_file(path)) in told[0]


async def test_a_reply_whose_beginning_does_not_fit_is_put_beside_until_it_fits(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "chatapp.db", list[str]()
    async with limited_store(path) as store, queue_on(store, told) as queue:
        queue.put(MessageWritten("c", said("question")))
        queue.put(ReplyOpened("c", replied(TOO_LONG)))
        queue.put(ReplyGrew("c", "r", (PartAppended("r", 0, " and so on"),)))
        assert await queue.settled(5.0)
        reply = (await store.load("c")).messages[1]
        assert reply.failure is not None
        assert (reply.parts, reply.ending) == ((), Ending.FAILED)
        assert str(unkept_file(path)) in reply.failure.summary
        queue.put(ReplyGrew("c", "r", (PartAppended("r", 0, " and on"),)))
        assert await queue.settled(5.0)
        assert [line["kind"] for line in unkept(path)] == ["ReplyOpened", "ReplyGrew", "ReplyGrew"]
        queue.put(MessageWritten("c", replied("short")))
        queue.put(ReplyOpened("c", replied("short")))
        queue.put(ReplyGrew("c", "r", (PartAppended("r", 0, "er"),)))
        assert await queue.settled(5.0)
        assert (await store.load("c")).messages[1].text == "shorter"
    assert len(unkept(path)) == 3
    assert len(told) == 1


async def test_growth_that_does_not_fit_takes_what_comes_after_it_along(tmp_path: Path) -> None:
    path, told = tmp_path / "chatapp.db", list[str]()
    async with limited_store(path) as store, queue_on(store, told) as queue:
        queue.put(ReplyOpened("c", replied("so far")))
        queue.put(ReplyGrew("c", "r", (PartAppended("r", 0, TOO_LONG),)))
        queue.put(UnsentTextKept("c", TOO_LONG))
        queue.put(ReplyGrew("c", "r", (PartAppended("r", 0, " the end"),)))
        assert await queue.settled(5.0)
        loaded = await store.load("c")
        assert (loaded.messages[0].text, loaded.unsent_text) == ("so far", "")
    lines = unkept(path)
    assert [line["kind"] for line in lines] == ["ReplyGrew", "ReplyGrew", "UnsentTextKept"]
    assert " the end" in str(lines[1])


async def test_a_disk_that_is_full_holds_back_what_goes_beside_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_queue, "SHORTEST_RETRY_S", 0.01)
    path, told = tmp_path / "chatapp.db", list[str]()
    unkept_file(path).mkdir()
    async with limited_store(path) as store, queue_on(store, told) as queue:
        queue.put(UnsentTextKept("c", TOO_LONG))
        queue.put(UnsentTextKept("c", "short"))
        async with asyncio.timeout(5):
            while not told:
                await asyncio.sleep(0.005)
        assert "Until then nothing new is kept." in told[0]
        unkept_file(path).rmdir()
        queue.put(UnsentTextKept("d", "also"))
        async with asyncio.timeout(5):
            while not queue.is_settled:
                await asyncio.sleep(0.005)
        assert (await store.load("c")).unsent_text == "short"
    assert [line["kind"] for line in unkept(path)] == ["UnsentTextKept"]


async def test_a_database_of_a_newer_program_takes_nothing_and_no_word_is_lost(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "chatapp.db", list[str]()
    async with limited_store(path) as store, queue_on(store, told) as queue:
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA user_version = 999")
        for number in range(3):
            queue.put(MessageWritten("c", said(f"words {number}", f"u{number}")))
        assert await queue.settled(5.0)
    assert [f"words {n}" in str(line) for n, line in enumerate(unkept(path))] == [True] * 3
    assert len(told) == 1


async def test_what_does_not_fit_in_memory_is_told() -> None:
    told = list[str]()
    store = SqliteStore(None)
    await store.open()
    async with queue_on(store, told) as queue:
        queue.put(MessageWritten("c", replied("words", usage=Usage(10**5000, 0, 0))))
        assert await queue.settled(5.0)
        (message,) = (await store.load("c")).messages
    assert message.failure is not None
    assert "lost with this run" in message.failure.summary
    assert "is on the screen only" in told[0]
    await store.close()


class OneWriteStore(FailingStore):
    """Takes one write, then blocks."""

    async def write(self, writes: Sequence[Write]) -> None:
        await super().write(writes)
        self.may_go_on.clear()


async def test_who_waits_for_a_write_does_not_wait_for_what_comes_after_it() -> None:
    store, told = OneWriteStore(), list[str]()
    async with queue_on(store, told) as queue:
        store.may_go_on.clear()
        queue.put(pin("x"))
        waiting = asyncio.create_task(queue.settled(1.0))
        while not store.tries:
            await asyncio.sleep(0)
        queue.put(growth("another reply streams meanwhile"), is_urgent=False)
        store.may_go_on.set()
        assert await waiting
        assert store.written == [(pin("x"),)]
        store.may_go_on.set()


async def test_a_bug_that_ends_the_writing_is_told() -> None:
    class BrokenStore(FailingStore):
        async def write(self, writes: Sequence[Write]) -> None:
            raise RuntimeError("a bug")

    told = list[str]()
    queue = WriteQueue(told.append, lambda: None)
    queue.start(BrokenStore())
    queue.put(pin("x"))
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0.005)
    assert "nothing new is kept" in told[0]
    async with asyncio.timeout(5):  # nobody is left to wait for
        assert "it is not kept" in await queue.close(60.0)
