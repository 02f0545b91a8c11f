"""The model that is chosen on the full screen is kept for later starts, and no other is."""

import json
from pathlib import Path

from tests.support.chat_server import ChatServer
from tests.support.full_screen import Chat, chat_with


def kept(folder: Path) -> str | None:
    """The model of the file, without its endpoint; None where there is no file."""
    file = folder / "model.json"
    if not file.exists():
        return None
    model: str = json.loads(file.read_text())["model"]
    return model.partition("/")[2]


def model_of(chat: Chat) -> str:
    return chat.session.conversation.model.model


async def test_the_dropdown_keeps_what_is_chosen_and_nothing_before(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("other-model")
        await chat.type("other")
        await chat.pilot.press("escape")
        assert model_of(chat) == "test-model"
        await chat.pilot.press("ctrl+l")
        await chat.type("other")
        await chat.until_shown("other-model")
        assert kept(tmp_path) is None
        await chat.pilot.press("enter")
        await chat.until(lambda: kept(tmp_path) == "other-model", "the choice to be kept")
        assert chat.notices == ""


async def test_of_models_chosen_quickly_the_last_is_kept(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for name in ("one", "two", "three", "org/four"):
            await chat.say(f"/model {name}")
        await chat.until(lambda: kept(tmp_path) == "org/four", "the last choice to be kept")


async def test_the_model_that_a_conversation_brings_is_not_kept(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, flags={"model": "its-own"}) as chat:
        await chat.say("first")
        await chat.until_shown("Hello, world!")
        await chat.until_idle()
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("Today")
        await chat.pilot.press("down", "enter")
        await chat.until(lambda: model_of(chat) == "its-own", "the conversation")
    assert kept(tmp_path) is None


async def test_a_disk_that_takes_nothing_is_no_reason_not_to_change_models(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "model.json").mkdir()
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/model two")
        await chat.until_told("/two answers, but cannot be kept for later starts: ")
        assert model_of(chat) == "two"
