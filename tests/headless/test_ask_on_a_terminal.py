"""`chatapp ask` where a person reads it: nothing in the reply can act on the terminal."""

import sys
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Stall, reply, text_chunks
from tests.support.programs import Home

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are a POSIX matter", allow_module_level=True)

from tests.support.terminal import Terminal

DEADLINE_S = 30.0


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Home:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    return home


def ask(home: Home, *arguments: str) -> Terminal:
    return Terminal(home.command("ask", *arguments), home.folder, home.environ)


def test_hostile_text_is_shown_and_not_obeyed(home: Home, chat_server: ChatServer) -> None:
    chat_server.enqueue(*reply("有\x1b]0;pwned\x07", "\x1b[2J", "\u202e透明", "的"))
    with ask(home, "hi") as terminal:
        assert terminal.wait_for_exit(DEADLINE_S) == 0
    assert b"\x1b" not in terminal.output
    assert b"\x07" not in terminal.output
    assert "透明" in terminal.output.decode()
    assert terminal.output.endswith("的\r\n".encode())


def test_json_lines_are_as_harmless(home: Home, chat_server: ChatServer) -> None:
    chat_server.enqueue(*reply("a\x1b[2J\u009b2J\u202e"))
    with ask(home, "hi", "--json") as terminal:
        assert terminal.wait_for_exit(DEADLINE_S) == 0
    assert b"\x1b" not in terminal.output
    assert "\u009b" not in terminal.output.decode()


def test_ctrl_c_keeps_the_text_and_ends_the_line(home: Home, chat_server: ChatServer) -> None:
    chat_server.enqueue(*text_chunks("是的，"), Stall())
    with ask(home, "hi") as terminal:
        before = terminal.line_settings()
        terminal.wait_until("是", DEADLINE_S)
        terminal.type("\x03")
        assert terminal.wait_for_exit(DEADLINE_S) == 130
        assert terminal.line_settings() == before
    assert terminal.output.endswith(b"\r\n")
    assert b"Traceback" not in terminal.output
    assert chat_server.chats[0].disconnected.wait(1.0)
