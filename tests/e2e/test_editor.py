"""The person's own editor, on a real terminal."""

import sys
import threading
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Wait, ending, text_chunks
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

START_S = 30.0
ANSWER_S = 10.0
CTRL_G = "\x07"

EDITOR = """
import sys
assert sys.stdout.isatty() and sys.stderr.isatty()
print("THE EDITOR HAS", open(sys.argv[1]).read())
input()
open(sys.argv[1], "w").write("from the editor")
"""


@pytest.fixture
def home(chat_server: ChatServer, tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.variables = {
        "OPENAI_BASE_URL": chat_server.base_url,
        "CHATAPP_MODEL": "test-model",
        "VISUAL": "",
    }
    return home


def test_the_editor_has_the_terminal_and_a_reply_goes_on_meanwhile(
    chat_server: ChatServer, home: Home
) -> None:
    program = home.folder / "editor.py"
    program.write_text(EDITOR)
    home.variables["EDITOR"] = f"{sys.executable} {program}"
    gate = threading.Event()
    many = [f"word{number}\n\n" for number in range(300)]
    chat_server.enqueue(*text_chunks("half "), Wait(gate), *text_chunks(*many), *ending())
    with Terminal(home.command(), home.folder, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type("hello\r")
        terminal.wait_until("half", ANSWER_S)
        terminal.type("draft")
        terminal.wait_until("│ draft", ANSWER_S)  # a command's key may overtake what is typed
        terminal.type(CTRL_G)
        terminal.wait_until("THE EDITOR HAS draft", ANSWER_S)
        gate.set()
        assert chat_server.chats[0].finished.wait(ANSWER_S)
        terminal.type("\r")
        terminal.wait_until("word299", ANSWER_S)
        terminal.wait_until("from the editor", ANSWER_S)


def test_ctrl_c_in_the_editor_ends_the_editor_alone(home: Home) -> None:
    program = home.folder / "editor.py"
    program.write_text(EDITOR)
    home.variables["EDITOR"] = f"{sys.executable} {program}"
    with Terminal(home.command(), home.folder, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type("draft")
        terminal.wait_until("│ draft", ANSWER_S)
        terminal.type(CTRL_G)
        terminal.wait_until("THE EDITOR HAS draft", ANSWER_S)
        terminal.type("\x03")
        terminal.wait_until("│ draft", ANSWER_S)
        terminal.type(" goes on")
        terminal.wait_until("│ draft goes on", ANSWER_S)


def test_an_editor_that_is_not_there_is_told_when_another_is_opened(home: Home) -> None:
    other = home.folder / "nano"
    other.write_text(f"#!{sys.executable}\n{EDITOR}")
    other.chmod(0o700)
    home.variables |= {"EDITOR": "codium --wait", "PATH": str(home.folder)}
    with Terminal(home.command(), home.folder, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type(CTRL_G)
        terminal.wait_until("THE EDITOR HAS", ANSWER_S)
        terminal.type("\r")
        notice = r"\$EDITOR\s+names\s+codium,\s+which(.|\n)*nano(.|\n)*in its place"
        terminal.wait_until(notice, ANSWER_S)
        terminal.wait_until("from the editor", ANSWER_S)


@pytest.mark.parametrize(("editor", "words"), [("", "no editor was found"), ("vi '", "quotation")])
def test_an_editor_that_cannot_start_is_told(home: Home, editor: str, words: str) -> None:
    home.variables |= {"EDITOR": editor, "PATH": str(home.folder)}
    with Terminal(home.command(), home.folder, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type(CTRL_G)
        terminal.wait_until(f"(?s)did not work.*{words}", ANSWER_S)
        terminal.type("still here")
        terminal.wait_until("still here", ANSWER_S)
