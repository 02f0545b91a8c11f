"""A theme that was chosen is worn at the next start, unless nothing of the run is to be kept."""

import json
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

START_S = 30.0
ANSWER_S = 10.0
ENTER, CTRL_Q = "\r", "\x11"


def test_the_theme_of_a_run_is_kept_and_that_of_a_temporary_one_is_not(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    kept = tmp_path / "data" / "theme.json"
    for flags, chosen, notice in (
        (("--temporary",), "dracula", "until you leave"),
        ((), "gruvbox", "gruvbox from now on"),
        (("--temporary",), "nord", "until you leave"),
    ):
        with Terminal(home.command(*flags), tmp_path, home.environ) as terminal:
            terminal.wait_until("Message", START_S)
            terminal.type(f"/theme {chosen}{ENTER}")
            terminal.wait_until(notice, ANSWER_S)
            terminal.type(CTRL_Q)
            assert terminal.wait_for_exit() == 0
        is_temporary = bool(flags)
        assert kept.exists() or is_temporary
    assert json.loads(kept.read_text())["theme"] == "gruvbox"
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type(f"/theme{ENTER}")
        terminal.wait_until("✓ gruvbox", ANSWER_S)
