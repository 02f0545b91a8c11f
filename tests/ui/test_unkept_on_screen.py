"""A message that the database can never take is said, put beside it, and named when one is back."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp.core.errors import StorageError
from chatapp.storage.sqlite_store import SqliteStore
from tests.support.chat_server import ChatServer, reply
from tests.support.full_screen import Chat, chat_with

LIMIT = 20_000


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@asynccontextmanager
async def limited_chat(chat_server: ChatServer, folder: Path) -> AsyncIterator[Chat]:
    """A chat for whose database texts of a gigabyte are shorter than they are."""
    async with chat_with(chat_server.base_url, folder) as chat:
        store = await chat.screen.desk.library.store()
        assert isinstance(store, SqliteStore)
        connection = store._connections[store._writing]
        await store._call(
            store._writing, lambda: connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMIT)
        )
        yield chat


async def test_a_reply_that_does_not_fit_is_named_and_the_next_words_are_kept(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*reply("word " * LIMIT))
    chat_server.enqueue(*reply("a short answer"))
    async with limited_chat(chat_server, tmp_path) as chat:
        await chat.say("a long one?")
        await chat.until_idle()
        await chat.until_told("chatapp-unkept.jsonl")
        assert "does not fit" in chat.notices
        await chat.say("a short one?")
        await chat.until_shown("a short answer")
        await chat.until_idle()
    assert ("word " * LIMIT) in (tmp_path / "chatapp-unkept.jsonl").read_text("utf-8")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+r")
        await chat.until_shown("a long one?")
        await chat.pilot.press("enter")
        await chat.until_shown("a long one?", "could not be kept", "a short one?", "a short answer")
        chat_server.enqueue(*reply("still here"))
        await chat.say("again?")
        await chat.until_shown("still here")
        sent = [message["content"] for message in chat_server.chats[-1].body["messages"]]
        assert sent[-3:] == ["a short one?", "a short answer", "again?"]


async def test_an_export_has_the_words_that_do_not_fit(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*reply("word " * LIMIT))
    async with limited_chat(chat_server, tmp_path) as chat:
        await chat.say("a long one?")
        await chat.until_idle()
        await chat.until_told("chatapp-unkept.jsonl")
        await chat.say(f"/export md {tmp_path / 'rescued.md'}")
        await chat.until_told("Written to")
    assert ("word " * LIMIT).strip() in (tmp_path / "rescued.md").read_text("utf-8")


async def test_an_export_has_what_a_damaged_database_does_not_take_nor_give(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_store: SqliteStore, *_writes: object) -> None:
        raise StorageError("The conversations are damaged.")

    async with chat_with(chat_server.base_url, tmp_path) as chat:
        with monkeypatch.context() as failing:
            failing.setattr(SqliteStore, "write", fail)
            failing.setattr(SqliteStore, "headers", fail)
            chat_server.enqueue(*reply("an answer"))
            await chat.say("a question?")
            await chat.until_idle()
            await chat.until_told("chatapp-unkept.jsonl")
            await chat.say(f"/export md {tmp_path / 'rescued.md'}")
            await chat.until_told("Written to")
    assert "an answer" in (tmp_path / "rescued.md").read_text("utf-8")
