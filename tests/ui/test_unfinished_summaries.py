"""A summary that was broken off says why it is not used, and what to do."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.messages import Ending
from tests.support.chat_server import (
    ChatServer,
    Drop,
    Respond,
    Step,
    ending,
    reasoning_chunks,
    reply,
    text_chunks,
)
from tests.support.full_screen import Chat, chat_with

TOO_LONG = {"error": {"message": "too long", "code": "context_length_exceeded"}}
WORDS = "word " * 3000


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@asynccontextmanager
async def summing_up(
    chat_server: ChatServer, folder: Path, *script: Step, question: str = "hi"
) -> AsyncIterator[Chat]:
    """A chat in which /compact was asked for and answered so."""
    async with chat_with(chat_server.base_url, folder) as chat:
        await chat.say(question)
        await chat.until_idle()
        chat_server.enqueue(*script)
        await chat.say("/compact")
        await chat.until(lambda: len(chat_server.chats) == 2, "the request")
        await chat.until_idle()
        yield chat


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ([*text_chunks("Half"), Drop()], "the connection broke"),
        ([*text_chunks("Half"), *ending("length")], "cut at the token limit"),
        ([*text_chunks("Half"), *ending("content_filter")], "withheld by the server's content"),
        ([*reasoning_chunks("hm"), *ending()], "no summary was written"),
    ],
)
async def test_why_and_what_next_stand_below_it(
    chat_server: ChatServer, tmp_path: Path, script: list[Step], why: str
) -> None:
    async with summing_up(chat_server, tmp_path, *script) as chat:
        await chat.until_shown("Unfinished summary", why, "F5 makes it anew, d deletes it.")
        assert "continue" not in chat.text
        chat_server.enqueue(*reply("They greeted."))
        await chat.say("/compact")
        await chat.until_shown("Summary of what came before")
        assert chat.last.replaces_history
        assert len(chat.session.conversation.path) == 3


async def test_one_that_was_too_much_to_read_is_made_anew_of_less(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    refusal = Respond(400, TOO_LONG)
    async with summing_up(chat_server, tmp_path, refusal, question=WORDS) as chat:
        await chat.until(lambda: "shown half as much then" in chat.text, "what to do")
        assert chat.last.ending is Ending.FAILED
        for _ in range(2):
            chat_server.enqueue(refusal)
            await chat.pilot.press("f5")
            await chat.until_idle()
        first, second, third = (len(asked.raw_body) for asked in chat_server.chats[1:])
        assert second < first * 0.7
        assert third < second * 0.7
        chat.session.select_model(replace(chat.session.conversation.model, model="reads-more"))
        chat_server.enqueue(*reply("They said a word."))
        await chat.pilot.press("f5")
        await chat.until_idle()
        assert len(chat_server.chats[-1].raw_body) > first * 0.9, "this one was never asked"
