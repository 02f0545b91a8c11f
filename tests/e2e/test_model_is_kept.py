"""The model that was chosen answers at the next start, unless nothing of the run is to be kept."""

import json
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, reply
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

START_S = 30.0
ANSWER_S = 10.0
ENTER, CTRL_L, CTRL_Q = "\r", "\x0c", "\x11"


def leave(terminal: Terminal) -> None:
    terminal.type(CTRL_Q)
    assert terminal.wait_for_exit() == 0


def test_the_chosen_model_answers_at_the_next_start_and_scripts_stay_as_they_are(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.models = ["first-model", "other-model"]
    chat_server.default = reply("Here I am.")
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url}
    kept = tmp_path / "data" / "model.json"
    with Terminal(home.command("--temporary"), tmp_path, home.environ) as terminal:
        terminal.wait_until("/first-model", START_S)
        terminal.type(f"/model unkept{ENTER}")
        terminal.wait_until("/unkept", ANSWER_S)
        leave(terminal)
    assert not kept.exists()
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        terminal.wait_until("/first-model", START_S)
        terminal.type(CTRL_L)
        terminal.wait_until("other-model", ANSWER_S)
        terminal.type(f"other{ENTER}")
        terminal.wait_until("/other-model", ANSWER_S)
        leave(terminal)
    assert json.loads(kept.read_text())["model"].endswith("/other-model")
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        terminal.wait_until("/other-model", START_S)
        terminal.type(f"hello{ENTER}")
        terminal.wait_until("Here I am", ANSWER_S)
        leave(terminal)
    assert home.run("ask", "hello").returncode == 0
    assert [chat.body["model"] for chat in chat_server.chats] == ["other-model", "first-model"]


def test_a_replay_keeps_no_model(chat_server: ChatServer, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url}
    file = tmp_path / "chat.jsonl"
    assert home.run("ask", "hello", "--record", str(file)).returncode == 0
    with Terminal(home.command("--replay", str(file)), tmp_path, home.environ) as terminal:
        terminal.wait_until("hello", START_S)
        terminal.type(ENTER)
        terminal.wait_until("all 1 played", ANSWER_S)
        terminal.type(f"/model unkept{ENTER}")
        terminal.wait_until("/unkept", ANSWER_S)
        leave(terminal)
    assert not (tmp_path / "data" / "model.json").exists()
