"""What replies cost, out of real SQLite files."""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.messages import ChatMessage, Ending, ModelRef
from chatapp.core.records import (
    ConversationDeleted,
    ConversationHeader,
    ConversationImported,
    MessageTakenOut,
    MessageWritten,
    ReplyFigures,
    ReplyOpened,
    StoredConversation,
)
from chatapp.core.usage import Timing, Usage
from chatapp.storage.figures import _REPLIES
from chatapp.storage.rows import body_of
from tests.storage.recording import MODEL, NOW, opened, replied, said

USAGE = Usage(10, 20, 30, cached_tokens=5, is_estimated=True, responses=2)
TIMING = Timing(0.25, 2.0, 2.5)
REPLY = replied("Hello", usage=USAGE, timing=TIMING, cost_usd=0.5)
FIGURES = ReplyFigures(MODEL, NOW, USAGE, TIMING, 0.5)


async def test_a_reply_is_told_with_all_its_figures(path: Path) -> None:
    async with opened(path) as store:
        assert await store.reply_figures() == ()
        await store.write([MessageWritten("c", said("Hi")), MessageWritten("c", REPLY)])
        (figures,) = await store.reply_figures()
    assert figures == FIGURES
    assert figures.usage is not None
    assert figures.usage.responses == 2


async def test_a_store_in_memory_tells_them_too() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", REPLY)])
        assert await store.reply_figures() == (FIGURES,)


async def test_only_replies_since_a_moment_are_told(path: Path) -> None:
    async with opened(path) as store:
        replies = [replace(REPLY, message_id=f"r{n}", created_at=NOW + n) for n in range(5)]
        await store.write([MessageWritten("c", reply) for reply in replies])
        assert {one.at for one in await store.reply_figures(NOW + 3)} == {NOW + 3, NOW + 4}
        assert len(await store.reply_figures()) == 5


async def test_what_was_deleted_was_paid_for(path: Path) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten("c", REPLY), MessageWritten("d", replied("Other"))])
        await store.write([MessageTakenOut("c", "r"), ConversationDeleted("c")])
        assert FIGURES in await store.reply_figures()


async def test_the_copies_of_a_fork_were_not(path: Path) -> None:
    header = ConversationHeader("fork", "Fork", NOW, NOW, MODEL, 1)
    copy = replace(REPLY, message_id="copy")
    async with opened(path) as store:
        await store.write([MessageWritten("c", REPLY)])
        await store.write([ConversationImported(StoredConversation(header, (copy,)))])
        assert await store.reply_figures() == (FIGURES,)


@pytest.mark.parametrize("ending", [end for end in Ending if end is not Ending.FINISHED])
async def test_a_reply_that_broke_off_is_told_as_such(path: Path, ending: Ending) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten("c", replace(REPLY, ending=ending))])
        assert await store.reply_figures() == (replace(FIGURES, is_finished=False),)


async def test_a_reply_that_still_comes_is_not_told(path: Path) -> None:
    async with opened(path) as store:
        await store.write([ReplyOpened("c", replied(""))])
        assert await store.reply_figures() == ()


BROKEN = (
    "",
    "{",
    "[]",
    "7",
    '{"model": "a"}',
    '{"model": {"endpoint": 1, "model": "m"}}',
    f'{{"model": {{"endpoint": "e", "model": "m"}}, "cost_usd": {"9" * 5000}}}',
    f'{{"model": {{"endpoint": "e", "model": "m"}}, "usage": {"[" * 900}{"]" * 900}}}',
    f'{{"model": {{"endpoint": "e", "model": "m"}}, "usage": {"[" * 5000}{"]" * 5000}}}',
)

ODD = {
    "usage": {"prompt_tokens": True, "completion_tokens": 1, "total_tokens": 1},
    "timing": {"ttft_s": -1, "generation_s": "long", "elapsed_s": 1e300},
    "cost_usd": -3,
}


def put_bodies(path: Path, *bodies: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO messages (conversation_key, message_id, role, created_at, body)"
            " VALUES (1, ?, 'assistant', ?, ?)",
            [(f"x{number}", NOW + number, body) for number, body in enumerate(bodies)],
        )


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: str(body)[:40])
async def test_a_row_that_cannot_be_read_does_not_hide_the_others(path: Path, body: str) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten("c", REPLY)])
        put_bodies(path, body)
        found = await store.reply_figures()
    assert FIGURES in found
    assert all(one.usage is None and one.cost_usd is None for one in found if one != FIGURES)


async def test_figures_that_are_none_are_left_out(path: Path) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten("c", said("Hi"))])
        model = {"model": {"endpoint": "e", "model": "m"}, "ending": "finished"}
        put_bodies(path, json.dumps({**model, **ODD}))
        assert await store.reply_figures() == (ReplyFigures(ModelRef("e", "m"), NOW),)


async def test_a_month_is_found_by_an_index(path: Path) -> None:
    async with opened(path):
        with closing(sqlite3.connect(path)) as connection:
            query = f"EXPLAIN QUERY PLAN {_REPLIES.format('')} AND created_at >= 0"
            assert "INDEX replies" in str(connection.execute(query).fetchall())


def fill(path: Path, count: int) -> None:
    """A reply for every question, five minutes apart, each a page long."""
    messages = (message(number) for number in range(count))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO messages (conversation_key, message_id, role, created_at, body)"
            " VALUES (1, ?, ?, ?, ?)",
            ((m.message_id, m.role.value, m.created_at, body_of(m)) for m in messages),
        )


def message(number: int) -> ChatMessage:
    make = replied if number % 2 else said
    figures = {"usage": USAGE, "timing": TIMING} if number % 2 else {}
    return make("页 word " * 150, f"m{number}", created_at=NOW + number * 300, **figures)


async def test_many_messages_are_read_in_a_moment_and_a_month_in_less(path: Path) -> None:
    count = 20_000
    async with opened(path) as store:
        fill(path, count)
        begun, begun_here = time.perf_counter(), time.thread_time()
        assert len(await store.reply_figures()) == count // 2
        whole_s = time.perf_counter() - begun
        assert time.thread_time() - begun_here < 0.1, "the event loop does nothing of it"
        begun = time.perf_counter()
        assert len(await store.reply_figures(NOW + (count - 1000) * 300)) == 500
        month_s = time.perf_counter() - begun
    assert whole_s < 4, "a fifth of a second on an idle machine"
    assert month_s < whole_s
