"""Many turns in one process, three in ten with a fault: nothing leaks and no word is lost.

CHATAPP_TEST_TURNS=1000 makes it the long run, of a minute.
"""

import asyncio
import gc
import os
import random
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from chatapp.core.conversation import Conversation
from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import Failure
from chatapp.core.messages import Ending, ModelRef, Role
from chatapp.providers.directory import EndpointDirectory
from chatapp.providers.openai_chat import OpenAIChat, Patience
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library
from chatapp.session.recorder import Recorder
from chatapp.storage.sqlite_store import SqliteStore
from tests.support.chat_server import (
    COMMENT,
    ChatServer,
    Drop,
    Respond,
    Send,
    Sleep,
    Stall,
    Step,
    ending,
    reasoning_chunks,
    sse,
    text_chunks,
)
from tests.support.full_screen import no_embedded_model

TURNS = int(os.environ.get("CHATAPP_TEST_TURNS", "200"))
TURNS_PER_CONVERSATION = 10
SHARE_OF_FAULTS = 0.3
MODEL = ModelRef("test", "test-model")
HASTY = Patience(first_byte_s=0.15, stall_s=0.1, ending_s=0.1, backoff_s=0.002)
ARRIVING_S = 0.01
"""A reset throws away what has not been read, which nobody can keep."""

MOST_GROWTH_PER_TURN = 1500
"""Bytes, in the second half: what a server here and caches take, far less than one turn does."""

Script = tuple[Step, ...]
FAULTS: tuple[Callable[[Script], tuple[Script, ...]], ...] = (
    lambda words: ((*words, Sleep(ARRIVING_S), Drop()),),
    lambda words: ((*words, Sleep(ARRIVING_S), Drop(is_reset=True)),),
    lambda words: ((*words, Stall()),),
    lambda words: (words,),
    lambda words: ((*words, sse({"error": {"message": "out of memory", "code": 500}})),),
    lambda words: ((*words, Send(b"data: {nonsense\n\n\xff\0\n\ndata: [1,\n\n"), *ending()),),
    lambda words: ((*words[:1], COMMENT, Send(b"x" * 9999 + b"\n"), *words[1:], *ending()),),
    lambda _words: ((Drop(),),) * 3,
    lambda words: ((Drop(is_reset=True),), (*words, *ending())),
    lambda words: ((Respond(429, {}, {"retry-after": "0.01"}),), (*words, *ending())),
    lambda _words: ((Respond(503, "<html>busy"),),) * 3,
    lambda _words: ((Respond(401, {"error": "no"}),),),
    lambda _words: ((Stall(),),),
    lambda _words: ((Respond(200, "<html>log in</html>"),),),
)
WORDLESS = FAULTS[7:8] + FAULTS[10:]


@dataclass
class Day:
    """What was said and sent, in order, by conversation."""

    said: dict[str, list[str]] = field(default_factory=dict)
    sent: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds now."""

    files: int
    tasks: int
    memory: int

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        return cls(
            psutil.Process().num_fds(),
            len(asyncio.all_tasks()),
            tracemalloc.get_traced_memory()[0],
        )


@asynccontextmanager
async def library_at(path: Path, server: ChatServer, said: list[str]) -> AsyncIterator[Library]:
    directory = EndpointDirectory(
        [Endpoint("test", server.base_url)],
        no_embedded_model,
        make_provider=lambda endpoint, taps: OpenAIChat(endpoint, HASTY, taps=taps),
    )

    def make_session(conversation: Conversation, recorder: Recorder) -> ChatSession:
        return ChatSession(directory, MODEL, conversation=conversation, recorder=recorder)

    store = SqliteStore(path)
    library = Library((store,), make_session, said.append, lambda: None, lambda _message: None)
    await library.open()
    yield library
    await directory.close()
    await library.close()


async def test_many_turns_leak_nothing_and_lose_nothing(tmp_path: Path) -> None:
    path, day, dice = tmp_path / "chatapp.db", Day(), random.Random(7)
    complaints: list[str] = []
    tracemalloc.start()
    try:
        with ChatServer() as server:
            async with library_at(path, server, complaints) as library:
                await _spend(day, library, server, dice, TURNS // 2)
                middle = Held.now()
                await _spend(day, library, server, dice, TURNS // 2)
                end = Held.now()
                await _until(lambda: server.open_connections <= 1)
        assert end.files <= middle.files + 2
        assert end.tasks <= middle.tasks + 1
        grown = (end.memory - middle.memory) / (TURNS // 2)
        assert grown < MOST_GROWTH_PER_TURN, (middle, end)
    finally:
        tracemalloc.stop()
    assert complaints == []
    await _assert_kept(path, day)


async def _spend(
    day: Day, library: Library, server: ChatServer, dice: random.Random, turns: int
) -> None:
    for _ in range(turns // TURNS_PER_CONVERSATION):
        session = library.begin(MODEL)
        said = day.said[session.conversation_id] = []
        sent = day.sent[session.conversation_id] = []
        for number in range(TURNS_PER_CONVERSATION):
            said.append(f"question {number}, {dice.random()}")
            sent.append(await _turn(session, said[-1], server, dice))
            server.exchanges.clear()
        await session.close()


async def _turn(session: ChatSession, text: str, server: ChatServer, dice: random.Random) -> str:
    """Ask, with a fault now and then; return the words that the server got out."""
    pieces = [f"{dice.choice(['一', 'word', 'é', '🙂'])} " for _ in range(dice.randint(1, 30))]
    words = (*reasoning_chunks("let me see"), *text_chunks(*pieces))
    is_stopped = False
    if dice.random() < SHARE_OF_FAULTS:
        fault = dice.choice(FAULTS)
        is_stopped = fault is FAULTS[2] and dice.random() < 0.5
        for script in fault(words):
            server.enqueue(*script)
        pieces = [] if fault in WORDLESS else pieces
    else:
        server.enqueue(*words, *ending())
    whole = "".join(pieces)
    assert session.send(text)
    if is_stopped:
        await _until(lambda: _reply_text(session) == whole)
        session.stop()
    async with asyncio.timeout(10):
        await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert reply.role is Role.ASSISTANT
    assert reply.text == whole, (reply, [exchange.path for exchange in server.exchanges])
    if reply.ending is not Ending.FINISHED and not is_stopped:
        assert isinstance(reply.failure, Failure)
        assert reply.failure.summary
        assert reply.failure.next_step
    return whole


def _reply_text(session: ChatSession) -> str:
    draft = session.conversation.draft
    return draft.text if draft else ""


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


async def _assert_kept(path: Path, day: Day) -> None:
    """What another program finds on disk is what was said and what was sent."""
    store = SqliteStore(path)
    await store.open()
    headers = await store.headers()
    assert {header.conversation_id for header in headers} == set(day.said)
    for conversation_id, said in day.said.items():
        stored = await store.load(conversation_id)
        assert stored.recovered_id is None
        assert [m.text for m in stored.messages if m.role is Role.USER] == said
        replies = [m.text for m in stored.messages if m.role is Role.ASSISTANT]
        assert replies == day.sent[conversation_id]
    await store.close()
