"""What a terminal answers to a question that somebody else asked is no typing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer
from tests.support.programs import Home

if sys.platform == "win32":
    pytest.skip("a test on a pseudo-terminal", allow_module_level=True)

from tests.support.terminal import Terminal

ANSWERS = (
    "\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
    "\x1b]10;rgb:0000/0000/0000\x07",
    "\x1b]52;c;L3F1aXQK\x07",
    "\x1b]4;1;rgb:cccc/0000/0000\x1b\\\x1b]4;2;rgb:0000/cccc/0000\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1bP>|XTerm(388)\x1b\\",
    "\x1bP1+r544e=787465726d\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


def test_answers_of_the_terminal_are_not_typed(home: Home, tmp_path: Path) -> None:
    edited = tmp_path / "edited"
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\ntouch '{edited}'\n")
    editor.chmod(0o755)
    with ChatServer() as server:
        home.variables = {
            "OPENAI_BASE_URL": server.base_url,
            "CHATAPP_MODEL": "test-model",
            "VISUAL": str(editor),
        }
        with Terminal(home.command(), home.folder, home.environ) as terminal:
            terminal.wait_until("Message", deadline_s=20)
            for answer in ANSWERS:
                terminal.type(answer)
            terminal.type("Hi")
            terminal.wait_until(r"│ Hi +│", deadline_s=5)
            # keys that begin like an answer are keys
            terminal.type("\x1b]")
            terminal.type("11;there\r")
            terminal.wait_until("world", deadline_s=10)
            terminal.type("\x11")
            assert terminal.wait_for_exit() == 0
        (chat,) = server.chats
    assert chat.body["messages"][-1]["content"] == "Hi]11;there"
    assert not edited.exists()
