"""A model's answer becomes a title, or the one that is there stays."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.records import TitleSource
from chatapp.session.titles import INSTRUCTION, LONGEST_TITLE, clean_title
from tests.support.chat_server import ChatServer, Exchange, Respond, Step, ending, text_chunks
from tests.support.full_screen import chat_with


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ('"Tang Poetry"', "Tang Poetry"),
        ("# Tang poetry.\n\nIt is about poems.", "Tang poetry"),
        ("《唐诗入门》", "唐诗入门"),
        ("**Title: Tang poetry**", "Tang poetry"),
        ("Title: Tang poetry", "Tang poetry"),
        ("\n\n", ""),
        ("x" * 200, ""),
    ],
)
def test_the_title_is_found_in_the_answer(answer: str, title: str) -> None:
    assert clean_title(answer) == title


@given(st.text())
def test_a_title_is_one_short_line(answer: str) -> None:
    title = clean_title(answer)
    assert len(title) <= LONGEST_TITLE
    assert len(title.splitlines()) <= 1


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def answer(exchange: Exchange) -> list[Step]:
    if exchange.body["messages"][-1]["content"] == INSTRUCTION:
        choice = {"message": {"role": "assistant", "content": "“Poems of 唐”"}}
        return [Respond(200, {"choices": [choice | {"finish_reason": "stop"}]})]
    return [*text_chunks("There are many."), *ending()]


async def test_the_model_is_asked_once_when_it_may_be(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.default = answer
    flags = {"model_titles": "on"}
    async with chat_with(chat_server.base_url, tmp_path, flags=flags, size=(120, 30)) as chat:
        await chat.pilot.press("ctrl+t", "escape")
        await chat.say("which poems?")
        await chat.until_shown("Poems of 唐")
        await chat.until_idle()
        await chat.say("and more?")
        await chat.until_idle()
        (header,) = await chat.screen.desk.library.headers()
        assert (header.title, header.title_source) == ("Poems of 唐", TitleSource.MODEL)
        assert len(chat_server.chats) == 3


async def test_unasked_no_title_is_asked_for(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.default = answer
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("which poems?")
        await chat.until_idle()
        await chat.say("more?")
        await chat.until_idle()
    assert len(chat_server.chats) == 2


async def test_a_title_that_comes_late_does_not_bring_a_deleted_conversation_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    may_answer = threading.Event()

    def answer_late(exchange: Exchange) -> list[Step]:
        if exchange.body["messages"][-1]["content"] == INSTRUCTION:
            may_answer.wait(5)
        return answer(exchange)

    chat_server.default = answer_late
    flags = {"model_titles": "on"}
    async with chat_with(chat_server.base_url, tmp_path, flags=flags) as chat:
        await chat.say("which poems?")
        await chat.until(lambda: len(chat_server.chats) == 2, "the title to be asked for")
        await chat.until_idle()
        await chat.say("/delete")
        await chat.until_told("Deleted")
        may_answer.set()
        titler = chat.screen.desk._titler
        assert titler is not None
        await chat.until(lambda: not titler._asking, "the title")
        assert await chat.screen.desk.library.headers() == ()
