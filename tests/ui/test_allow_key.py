"""A `.env` that wants the person's key: the app starts, chats, says it, and lets it be allowed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.config.settings import load_settings
from chatapp.providers.directory import EndpointDirectory
from chatapp.providers.presets import PRESETS
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.ui.app import ChatApp
from tests.support.chat_server import ChatServer
from tests.support.full_screen import Chat, no_embedded_model

KEY = "sk-own-0123456789"


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


async def test_it_chats_without_the_key_until_allow_key(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    dotenv = f"OPENAI_BASE_URL={chat_server.base_url}\nCHATAPP_MODEL=test-model\n"
    (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    environ = {"OPENAI_API_KEY": KEY}
    settings = load_settings({}, environ, tmp_path, tmp_path / "config", PRESETS)
    directory = EndpointDirectory(settings.endpoints, no_embedded_model)
    app = ChatApp(settings, directory, (SqliteStore(None),))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        chat = Chat(app, pilot)
        said = [notice.message for notice in app._notifications]
        assert any("wants your own key" in words and "/allow-key" in words for words in said)
        await chat.until_shown("/allow-key")
        await chat.say("one")
        await chat.until(lambda: len(chat_server.chats) == 1, "the first request")
        await chat.until_idle()
        await chat.say("/allow-key")
        await chat.until_told("gets your own key")
        await chat.say("two")
        await chat.until(lambda: len(chat_server.chats) == 2, "the second request")
        await chat.until_idle()
        await chat.say("/allow-key")
        await chat.until_told("no .env file asks for a key of yours")
        assert KEY not in chat.text
    sent = [exchange.headers.get("authorization") for exchange in chat_server.chats]
    assert sent == [None, f"Bearer {KEY}"]
    again = load_settings({}, environ, tmp_path, tmp_path / "config", PRESETS)
    assert (again.held_back, again.problems) == (None, ())
