"""A recording on the screen: what it is, what was asked, and when it is over."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import Ending
from chatapp.core.ports import Provider
from chatapp.core.wire import WireTaps
from chatapp.providers.playback import Playback
from chatapp.providers.recording import WireRecorder, read_recording
from chatapp.providers.replay import Replay
from tests.support.chat_server import ChatServer, Stall, reply, text_chunks
from tests.support.full_screen import Chat, chat_with


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


async def record(chat_server: ChatServer, folder: Path, *questions: str) -> Path:
    """A recording of these questions, made on the screen."""
    file = folder / "chat.jsonl"
    async with chat_with(chat_server.base_url, folder) as chat:
        chat.screen.directory.taps.add(WireRecorder(file, "lab", chat_server.base_url))
        for number, question in enumerate(questions, 1):
            chat_server.enqueue(*reply(f"answer {number}"))
            await chat.say(question)
            await chat.until_idle()
    return file


@asynccontextmanager
async def replaying(file: Path, folder: Path, speed: float = 0.0) -> AsyncIterator[Chat]:
    playback = Playback(read_recording(file), file.name)

    def make(endpoint: Endpoint, taps: WireTaps) -> Provider:
        return Replay(playback, endpoint, speed, taps)

    address = "http://replay.invalid/v1"
    async with chat_with(address, folder, make_provider=make, playback=playback) as chat:
        yield chat


async def test_enter_plays_one_exchange_after_the_other(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    file = await record(chat_server, tmp_path, "有透明的金属吗？", "second\nline")
    folder = tmp_path / "replay"
    folder.mkdir()
    async with replaying(file, folder) as chat:
        await chat.until_shown(
            "Replay of chat.jsonl: 2 exchanges, recorded 20", "Enter plays 1 of 2"
        )
        assert "Explain in three sentences" not in chat.text
        assert chat.screen.composer.draft == "有透明的金属吗？"
        await chat.pilot.press("enter")
        await chat.until_shown("answer 1", "Enter plays 2 of 2")
        assert chat.screen.composer.draft == "second\nline"
        await chat.pilot.press("enter")
        await chat.until_shown("answer 2", "all 2 played")
        await chat.until_told("All 2 exchanges were played. A message plays them once more.")
        assert chat.screen.composer.draft == ""
        await chat.say("anything")
        await chat.until(lambda: chat.text.count("answer 1") == 2, "the first once more")
        await chat.until_shown("Enter plays 2 of 2")
    assert len(chat_server.chats) == 2


async def test_a_stop_is_played_as_a_stop(chat_server: ChatServer, tmp_path: Path) -> None:
    file = tmp_path / "chat.jsonl"
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        chat.screen.directory.taps.add(WireRecorder(file, "lab", chat_server.base_url))
        chat_server.enqueue(*text_chunks("begun"), Stall())
        await chat.say("one")
        await chat.until_shown("begun")
        await chat.pilot.press("escape")
        await chat.until_idle()
        chat_server.enqueue(Stall())  # stopped before the first byte
        await chat.say("two")
        await chat.until(lambda: len(chat_server.chats) == 2, "the second request")
        await chat.pilot.press("escape")
        await chat.until_idle()
        await chat.until(lambda: file.read_text("utf-8").count('"stopped"') == 2, "both ends")
    folder = tmp_path / "replay"
    folder.mkdir()
    async with replaying(file, folder) as chat:
        for text in ("begun", ""):
            await chat.say("go")
            await chat.until(lambda: chat.session.conversation.messages, "the question")
            await chat.until_idle()
            assert (chat.last.text, chat.last.ending) == (text, Ending.STOPPED)
        await chat.until_shown("all 2 played")
        assert "cut off" not in chat.text


async def test_while_an_exchange_is_played_it_is_named(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    file = await record(chat_server, tmp_path, "one", "two")
    folder = tmp_path / "replay"
    folder.mkdir()
    async with replaying(file, folder, speed=0.0001) as chat:
        for number, after in ((1, "Enter plays 2 of 2"), (2, "all 2 played"), (1, "Enter plays 2")):
            await chat.say("go")
            await chat.until_shown(f"playing {number} of 2")
            assert "Enter plays" not in chat.text
            chat.session.stop()
            await chat.until_shown(after)


async def test_what_the_person_writes_is_left_alone(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    file = await record(chat_server, tmp_path, "one", "two")
    folder = tmp_path / "replay"
    folder.mkdir()
    async with replaying(file, folder) as chat:
        await chat.until(lambda: chat.screen.composer.draft == "one", "the question")
        await chat.say("mine")
        chat.screen.composer.draft = "next"
        await chat.until_shown("answer 1", "Enter plays 2 of 2")
        assert chat.screen.composer.draft == "next"
        chat.screen.composer.draft = ""
        await chat.pilot.press("ctrl+n")
        await chat.until(lambda: chat.screen.composer.draft == "two", "the question in a new chat")


async def test_a_bare_body_says_that_any_message_plays_it(tmp_path: Path) -> None:
    file = tmp_path / "reply[b].sse"
    file.write_bytes(b'data: {"choices":[{"delta":{"content":"bare"}}]}\n\ndata: [DONE]\n\n')
    async with replaying(file, tmp_path) as chat:
        await chat.until_shown("Replay of reply[b].sse: 1 exchange.", "any message plays the reply")
        await chat.until_shown("replay of reply[b].sse \u00b7 Enter plays 1 of 1")
        assert chat.screen.composer.draft == ""
        await chat.say("go")
        await chat.until_shown("bare")
        await chat.until_told("The exchange was played. A message plays it once more.")


async def test_a_question_that_looks_like_a_command_is_not_run_by_the_enter_that_plays(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    file = await record(chat_server, tmp_path, "ask for help", "ask for nord")
    recorded = file.read_text("utf-8").replace("ask for help", "/help")
    file.write_text(recorded.replace("ask for nord", " /theme nord"), "utf-8")
    folder = tmp_path / "replay"
    folder.mkdir()
    async with replaying(file, folder) as chat:
        await chat.until_shown("Enter plays 1 of 2", "any message plays the reply")
        await chat.pilot.press("enter")
        assert len(chat.app.screen_stack) == 1
        assert chat.screen.composer.draft == ""
        await chat.say("go")
        await chat.until_shown("answer 1", "Enter plays 2 of 2")
        assert chat.screen.composer.draft == ""
