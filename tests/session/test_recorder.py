"""What a conversation puts on disk, also what comes late: the price of a reply."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from chatapp.core.conversation import Conversation
from chatapp.core.messages import (
    CANCELLED_ANSWER,
    ChatMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
    interrupted,
)
from chatapp.core.stream_events import ResponseFinished, UsageReported
from chatapp.core.usage import Usage
from chatapp.session.chat_session import ChatSession
from chatapp.session.recorder import Recorder
from chatapp.session.write_queue import WriteQueue
from chatapp.storage.sqlite_store import SqliteStore
from tests.session.test_chat_session import (
    FINISHED,
    MODEL,
    Batch,
    OneEndpoint,
    ScriptedProvider,
    text,
    until_text,
)
from tests.storage.recording import replied

CUT = [ResponseFinished("length")]
USED: Batch = [UsageReported(Usage(1, 2, 3))]


@dataclass
class SlowPrices:
    """Knows what everything costs, once it is allowed to say so."""

    is_open: threading.Event = field(default_factory=threading.Event)

    def price(self, _message: ChatMessage) -> float:
        assert self.is_open.wait(10)
        return 0.5


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore(None)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def queue(store: SqliteStore) -> AsyncIterator[WriteQueue]:
    queue = WriteQueue(lambda words: pytest.fail(words), lambda: None)
    queue.start(store)
    yield queue
    await queue.close(5.0)


@pytest.fixture
def prices() -> SlowPrices:
    return SlowPrices()


def kept(
    queue: WriteQueue, prices: SlowPrices, *scripts: Sequence[Batch | None]
) -> tuple[ChatSession, Recorder]:
    conversation = Conversation(MODEL)
    recorder = Recorder("c", conversation, queue, prices.price)
    directory = OneEndpoint(ScriptedProvider(*scripts))
    session = ChatSession(directory, MODEL, conversation=conversation, recorder=recorder)
    return session, recorder


async def priced(recorder: Recorder, prices: SlowPrices) -> None:
    """All prices are known, and on disk."""
    prices.is_open.set()
    if recorder._pricing:
        await asyncio.wait([*recorder._pricing])
    assert await recorder.settled()


async def test_a_price_that_comes_late_takes_nothing_from_a_reply_that_goes_on(
    store: SqliteStore, queue: WriteQueue, prices: SlowPrices
) -> None:
    session, recorder = kept(queue, prices, [*text("half"), USED, CUT], [*text(" more"), None])
    session.send("q")
    await session.wait()
    assert session.continue_reply()
    await until_text(session, "half more")
    assert await recorder.settled()
    await priced(recorder, prices)
    reply = (await store.load("c")).messages[1]
    assert reply.text == "half more"
    await session.close()
    await priced(recorder, prices)
    assert (await store.load("c")).messages[1].cost_usd == 0.5


async def test_a_summary_has_its_price_though_the_message_above_it_went(
    store: SqliteStore, queue: WriteQueue, prices: SlowPrices
) -> None:
    scripts = [[*text(answer), USED, FINISHED] for answer in ("a1", "short")]
    session, recorder = kept(queue, prices, *scripts)
    session.send("q1")
    await session.wait()
    assert session.compact()
    await session.wait()
    session.delete_message(session.conversation.path[1].message_id)
    await priced(recorder, prices)
    messages = (await store.load("c")).messages
    assert [(each.text, each.cost_usd) for each in messages] == [("q1", None), ("short", 0.5)]


async def test_a_reply_that_comes_back_has_its_price_again(
    store: SqliteStore, queue: WriteQueue, prices: SlowPrices
) -> None:
    session, recorder = kept(queue, prices, [*text("a1"), USED, FINISHED])
    session.send("q1")
    await session.wait()
    await priced(recorder, prices)
    before = await store.load("c")
    assert before.messages[1].cost_usd == 0.5
    session.delete_message(before.messages[0].message_id)
    assert session.undo_deletion()
    await priced(recorder, prices)
    assert await store.load("c") == before


def test_a_call_that_the_dead_program_never_answered_is_cancelled() -> None:
    """Else it would run when the reply goes on."""
    call = ToolCallPart("a", "get_weather", '{"city":"')
    dead = interrupted(replied("", parts=(TextPart("let me see"), call)))
    assert dead.unanswered_calls == ()
    assert dead.parts[2] == ToolResultPart("a", CANCELLED_ANSWER, ToolStatus.CANCELLED)
    assert interrupted(dead) == dead
