"""A recorded chat plays on the full screen, and is recorded from there."""

import json
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Sleep, reply, text_chunks
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

START_S = 30.0
KEY = "sk-very-secret-key-0123456789"


def test_the_screen_records_and_replays(tmp_path: Path, chat_server: ChatServer) -> None:
    chat_server.default = [*text_chunks("空调"), Sleep(0.05), *reply("能吹出冷热两种风")]
    home = Home(tmp_path)
    home.variables = {
        "OPENAI_BASE_URL": chat_server.base_url,
        "OPENAI_API_KEY": KEY,
        "CHATAPP_MODEL": "test-model",
    }
    file = tmp_path / "chat.jsonl"
    for flags in (("--record", str(file)), ("--replay", str(file), "--speed", "0")):
        with Terminal(home.command(*flags), tmp_path, home.environ) as terminal:
            terminal.wait_until("test-model", START_S)
            terminal.type("hi\r")
            terminal.wait_until("空 ?调 ?能 ?吹 ?出 ?冷 ?热", START_S)
            terminal.type("\x11")
            assert terminal.wait_for_exit(10) == 0
    assert len(chat_server.chats) == 1
    assert KEY not in file.read_text()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["type"] for line in lines[:3]] == ["recording", "request", "response"]
    assert lines[-1]["type"] == "end"
