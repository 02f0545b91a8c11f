"""What replies cost and how fast they came, in the dropdown of models and under /stats."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.core.errors import StorageError
from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.records import MessageWritten, ReplyFigures
from chatapp.core.usage import Timing, Usage
from chatapp.storage.sqlite_store import SqliteStore
from tests.support.chat_server import ChatServer
from tests.support.full_screen import Chat, chat_with

DAY_S = 86400.0


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


async def keep(folder: Path, model: ModelRef, *ttfts: float, days_ago: int = 0) -> None:
    """Let there be replies of earlier runs, of 100 tokens/s."""
    at = time.time() - days_ago * DAY_S
    store = SqliteStore(folder / "chatapp.db")
    await store.open()
    for ttft_s in ttfts:
        message = ChatMessage(
            f"r{ttft_s}",
            None,
            Role.ASSISTANT,
            (TextPart("earlier"),),
            at,
            model,
            usage=Usage(10, 101, 111),
            timing=Timing(ttft_s, 1.0, 2.0),
        )
        await store.write([MessageWritten("earlier", message)])
    await store.close()


def line_with(chat: Chat, *texts: str) -> str:
    return next(
        (line for line in chat.text.splitlines() if all(text in line for text in texts)), ""
    )


def own(chat_server: ChatServer) -> ModelRef:
    return ModelRef(f"127.0.0.1:{chat_server.port}", "test-model")


async def test_the_dropdown_says_how_fast_each_model_was(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    await keep(tmp_path, own(chat_server), 0.25, 0.75, 9.0)
    other = ModelRef(own(chat_server).endpoint, "other-model")
    await keep(tmp_path, other, 0.5, days_ago=40)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("other-model", "TTFT 0.75 s   100 tok/s")
        assert line_with(chat, "✓ test-model", "TTFT")
        assert "TTFT" not in line_with(chat, "other-model"), "that was too long ago"
        await chat.pilot.press("escape")
        await chat.say("one more")
        await chat.until_idle()


async def test_the_dropdown_waits_for_no_figures(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer = asyncio.Event()

    async def slow(_self: SqliteStore, _since: float | None = None) -> tuple[ReplyFigures, ...]:
        await may_answer.wait()
        timing = Timing(0.5, 1.0, 2.0)
        return (ReplyFigures(own(chat_server), 0.0, Usage(1, 51, 52), timing),)

    monkeypatch.setattr(SqliteStore, "reply_figures", slow)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("other-model")
        assert "TTFT" not in chat.text
        may_answer.set()
        await chat.until_shown("TTFT 0.50 s    50 tok/s")


async def test_a_store_that_fails_leaves_the_dropdown_without(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def failing(_self: SqliteStore, _since: float | None = None) -> tuple[ReplyFigures, ...]:
        asked.set()
        raise StorageError("The disk is gone.")

    monkeypatch.setattr(SqliteStore, "reply_figures", failing)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("other-model")
        await chat.until(asked.is_set)
        assert "TTFT" not in chat.text
        assert "disk" not in chat.notices
        await chat.pilot.press("escape")
        await chat.say("/stats")
        await chat.until_shown("The disk is gone.")


async def test_the_statistics_are_drawn_for_any_width_and_can_be_copied(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    await keep(tmp_path, own(chat_server), 0.25, 0.75)
    async with chat_with(chat_server.base_url, tmp_path, size=(100, 40)) as chat:
        await chat.say("/stats")
        await chat.until_shown("Statistics", "tokens a day", "replies", "0.50 s")
        await chat.pilot.resize_terminal(60, 40)
        await chat.until(lambda: not line_with(chat, "replies    TTFT"), "a narrower table")
        await chat.until_shown("222", "100.0")
        await chat.pilot.press("y")
        await chat.until(lambda: "tokens a day" in chat.app.clipboard, "the copy")
        assert max(map(len, chat.app.clipboard.splitlines())) <= 60
        await chat.pilot.press("pagedown", "up", "escape")
        await chat.until(lambda: len(chat.app.screen_stack) == 1, "the chat")


async def test_where_nothing_was_said_the_statistics_say_so(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/stats")
        await chat.until_shown("No reply has come since")
        await chat.pilot.press("y")
        assert not chat.notices
        assert not chat.app.clipboard
