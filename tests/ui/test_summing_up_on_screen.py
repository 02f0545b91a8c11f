"""Messages that wait for a summary, in more than one conversation, when the program is left."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.session.compaction import Advice
from tests.support.chat_server import ChatServer, Wait, ending, text_chunks
from tests.support.full_screen import chat_with


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


async def test_who_leaves_waits_for_no_summary_and_sends_nothing_more(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    flags = {"context_window": "400", "compact": "auto", "max_tokens": "50"}
    async with chat_with(chat_server.base_url, tmp_path, flags=flags) as chat:
        for number in range(2):
            chat_server.enqueue(*text_chunks("word " * 400), *ending("stop", (10, 380)))
            chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
            await chat.say("tell me all")
            await chat.until_idle()
            await chat.until(
                lambda: chat.screen.gauge.advice(chat.session) is Advice.COMPACT, "a full context"
            )
            await chat.say("and now?")
            await chat.until_shown("begun")
            waiting = [each for each in asyncio.all_tasks() if each.get_name() == "sum up"]
            assert len(waiting) == number + 1
            await chat.pilot.press("ctrl+n")
            await chat.until(lambda: not chat.session.conversation.path, "a new conversation")
    assert [each.cancelled() for each in waiting] == [True, True]
    assert len(chat_server.chats) == 4


async def test_the_same_words_are_summed_up_for_each_time_the_context_is_full(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    flags = {"context_window": "400", "compact": "auto", "max_tokens": "50"}
    full = [*text_chunks("word " * 400), *ending("stop", (10, 380))]
    async with chat_with(chat_server.base_url, tmp_path, flags=flags) as chat:
        chat_server.enqueue(*full)
        await chat.say("tell me all")
        await chat.until_idle()
        for number in (3, 5):
            await chat.until(
                lambda: chat.screen.gauge.advice(chat.session) is Advice.COMPACT, "a full context"
            )
            chat_server.enqueue(*text_chunks("All was told."), *ending())
            chat_server.enqueue(*full)
            await chat.say("go on")
            await chat.until(lambda n=number: len(chat_server.chats) == n, "summary and message")
            await chat.until_idle()
            sent = [message["content"] for message in chat_server.chats[-1].body["messages"]]
            assert "All was told." in sent[-2]
            assert sent[-1] == "go on"
