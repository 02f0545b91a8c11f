"""/doctor shows the findings while they come, and copies a report without secrets."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Respond, Wait
from tests.support.full_screen import chat_with

KEY = "sk-screen-0123456789"


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATAPP_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CHATAPP_DATA_DIR", str(tmp_path / "data"))


async def test_it_looks_shows_and_copies(chat_server: ChatServer, tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": KEY}
    async with chat_with(chat_server.base_url, tmp_path, environ=environ) as chat:
        await chat.say("/doctor")
        await chat.until_shown("Doctor", "Versions", "Terminal")
        await chat.until(lambda: "looking" not in chat.text and chat_server.chats, "the end")
        await chat.until_shown("100 columns by 30 rows", "Doctor \u00b7 no problems, ")
        await chat.until_shown("widths and keys are looked at by `chatapp doctor`")
        for _ in range(6):
            await chat.pilot.press("pagedown")
        await chat.until_shown("it takes tools")
        await chat.pilot.press("y")
        await chat.until(lambda: "it takes tools" in chat.app.clipboard, "the copy")
        assert f"Endpoint 127.0.0.1:{chat_server.port}" in chat.app.clipboard
        assert KEY not in chat.app.clipboard
        asked = len(chat_server.chats)
        await chat.pilot.press("r")
        await chat.until(lambda: len(chat_server.chats) > asked, "another look")
        await chat.pilot.press("escape")
        await chat.until(lambda: len(chat.app.screen_stack) == 1, "the chat")
        assert chat.session.conversation.path == ()


async def test_it_knows_the_themes(chat_server: ChatServer, tmp_path: Path) -> None:
    environ = {"CHATAPP_THEME": "nosuch"}
    async with chat_with(chat_server.base_url, tmp_path, environ=environ) as chat:
        await chat.say("/doctor")
        await chat.until(lambda: "looking" not in chat.text and chat_server.chats, "the end")
        await chat.pilot.press("y")
        words = f"there is none of that name; {chat.app.theme} is used"
        await chat.until(lambda: words in chat.app.clipboard, "the copy")


async def test_it_says_what_it_waits_for(chat_server: ChatServer, tmp_path: Path) -> None:
    gate = threading.Event()
    chat_server.models_script = [Wait(gate), Respond(200, {"data": []})]
    name = f"127.0.0.1:{chat_server.port}"
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/doctor")
        await chat.until_shown(
            f"Doctor \u00b7 waiting for endpoint {name} (its models, 6 s at most)"
        )
        gate.set()
        await chat.until_shown("Doctor \u00b7 no problems, ")
        assert "waiting for" not in chat.text


async def test_closed_while_it_looks_it_lets_go(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.default = lambda _exchange: iter(())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/doctor")
        await chat.until_shown("Doctor")
        await chat.pilot.press("escape")
        await chat.until(lambda: len(chat.app.screen_stack) == 1, "the chat")
        await chat.until(lambda: chat_server.open_connections == 0, "closed connections")
