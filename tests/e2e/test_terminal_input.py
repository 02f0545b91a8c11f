"""What a real terminal sends is heard, in whatever pieces it comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

START_S = 30.0
ANSWER_S = 10.0
PASTE, PASTE_END = "\x1b[200~", "\x1b[201~"
ESC, F1 = "\x1b", "\x1bOP"


@pytest.fixture
def starting(chat_server: ChatServer, tmp_path: Path) -> Iterator[Terminal]:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        yield terminal


@pytest.fixture
def terminal(starting: Terminal) -> Terminal:
    starting.wait_until("Message", START_S)
    return starting


def test_what_is_typed_while_the_app_starts_is_in_the_composer(starting: Terminal) -> None:
    starting.type("typed 早")
    starting.wait_until("│ typed 早", START_S)


def test_keys_show_in_order_and_a_paste_is_one_text(terminal: Terminal) -> None:
    terminal.type("naïve 漢字")
    terminal.wait_until("│ naïve 漢 ?字", ANSWER_S)
    pasted = "\n".join(f"line {number} of what was pasted" for number in range(2000))
    terminal.type(PASTE)
    for start in range(0, len(pasted), 1000):
        terminal.type(pasted[start : start + 1000])
    terminal.type("\n— the end" + PASTE_END + "!")
    terminal.wait_until("— the end!", ANSWER_S)
    terminal.wait_until("line 1999 of what was pasted", ANSWER_S)


def test_a_lone_esc_and_one_that_begins_a_sequence_are_told_apart(terminal: Terminal) -> None:
    terminal.type("/theme")
    terminal.wait_until("/theme NAME", ANSWER_S)
    terminal.type(ESC)
    terminal.wait_while("/theme NAME", ANSWER_S)
    terminal.type(F1)
    terminal.wait_while("│ /theme", ANSWER_S)
    terminal.type(ESC)
    terminal.wait_until("│ /theme", ANSWER_S)


def test_another_size_is_painted_anew(terminal: Terminal) -> None:
    terminal.type("still here")
    terminal.wait_until("still here", ANSWER_S)
    terminal.resize(60, 20)
    terminal.wait_until(r"│ still here {40,48}│", ANSWER_S)
