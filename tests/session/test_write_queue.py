"""Writes reach the store in order, whatever the store does, and nobody waits for a slow one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from chatapp.core.changes import PartAppended
from chatapp.core.errors import StorageError
from chatapp.core.messages import ModelRef
from chatapp.core.ports import ConversationStore
from chatapp.core.records import ConversationDeleted, PinChosen, ReplyGrew, Write
from chatapp.session import write_queue
from chatapp.session.write_queue import WriteQueue
from chatapp.storage.sqlite_store import SqliteStore

MODEL = ModelRef("lab", "model-a")


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
async def queue_on(store: ConversationStore, said: list[str]) -> AsyncIterator[WriteQueue]:
    queue = WriteQueue(said.append, lambda: None)
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
    store, said = FailingStore(), list[str]()
    async with queue_on(store, said) as queue:
        queue.put(growth("a"), is_urgent=False)
        queue.put(pin("x"))
        queue.put(ConversationDeleted("x"))
        assert await queue.settled(5.0)
        assert [w for batch in store.written for w in batch] == [
            growth("a"),
            pin("x"),
            ConversationDeleted("x"),
        ]
    assert said == []


async def test_growth_waits_for_more_and_becomes_one_write() -> None:
    store, said = FailingStore(), list[str]()
    async with queue_on(store, said) as queue:
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
    store, said = FailingStore(), list[str]()
    store.is_full = True
    async with queue_on(store, said) as queue:
        queue.put(pin("x"))
        while store.tries < 3:
            await asyncio.sleep(0.005)
        assert said == ["The disk is full. Until then nothing new is kept."]
        assert not await queue.settled(60.0), "nobody waits for a disk that is full"
        queue.put(pin("y"))
        store.is_full = False
        while len(store.written) < 2:
            await asyncio.sleep(0.005)
    assert store.written == [(pin("x"),), (pin("y"),)]
    assert said[1:] == ["Everything is kept again."]


async def test_a_slow_disk_is_waited_for_no_longer_than_wanted() -> None:
    store, said = FailingStore(), list[str]()
    store.may_go_on.clear()
    async with queue_on(store, said) as queue:
        queue.put(pin("x"))
        assert not await queue.settled(0.02)
        assert not await queue.settled(0.02)
        assert said == ["The disk takes long: what was said last is not kept yet."]
        store.may_go_on.set()
        assert await queue.settled(5.0)
    assert store.written == [(pin("x"),)]


async def test_what_was_put_before_the_store_was_open_is_written() -> None:
    store, said = FailingStore(), list[str]()
    queue = WriteQueue(said.append, lambda: None)
    queue.put(pin("x"))
    assert not await queue.settled(0.01)
    queue.start(store)
    assert await queue.close(5.0)
    assert store.written == [(pin("x"),)]


async def test_closing_tells_what_did_not_reach_the_disk() -> None:
    store, said = FailingStore(), list[str]()
    store.is_full = True
    queue = WriteQueue(said.append, lambda: None)
    queue.start(store)
    queue.put(pin("x"))
    async with asyncio.timeout(5.0):  # a disk that is full is not waited for
        assert not await queue.close(60.0)


class OneWriteStore(FailingStore):
    """Takes one write, then blocks."""

    async def write(self, writes: Sequence[Write]) -> None:
        await super().write(writes)
        self.may_go_on.clear()


async def test_who_waits_for_a_write_does_not_wait_for_what_comes_after_it() -> None:
    store, said = OneWriteStore(), list[str]()
    async with queue_on(store, said) as queue:
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

    said = list[str]()
    queue = WriteQueue(said.append, lambda: None)
    queue.start(BrokenStore())
    queue.put(pin("x"))
    async with asyncio.timeout(5):
        while not said:
            await asyncio.sleep(0.005)
    assert "nothing new is kept" in said[0]
    assert not await queue.close(0.05)
