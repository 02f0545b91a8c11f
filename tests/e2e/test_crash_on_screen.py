"""A program that is killed while a reply streams, and started again: as a person sees it."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Sleep, Wait, ending, text_chunks
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no ptys on Windows")

START_S = 30.0
ANSWER_S = 10.0
LOST_AT_MOST_S = 1.0


def started(chat_server: ChatServer, folder: Path, *flags: str) -> Terminal:
    home = Home(folder)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    return Terminal(home.command(*flags), folder, home.environ)


def test_the_partial_reply_comes_up_by_itself_and_one_key_continues_it(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(
        *text_chunks("唐朝 was ", "a golden "),
        Sleep(0.1),
        *text_chunks("age of"),
        Wait(threading.Event()),
    )
    with started(chat_server, tmp_path) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type("which age?\r")
        terminal.wait_until("golden age of", ANSWER_S)
        terminal.type("words not sent yet")
        terminal.wait_until("words not sent yet", ANSWER_S)
        terminal.read_for(LOST_AT_MOST_S)
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.wait_for_exit() == -signal.SIGKILL
    chat_server.enqueue(*text_chunks(" poems."), *ending())
    with started(chat_server, tmp_path) as terminal:
        terminal.wait_until("golden age of", START_S)
        terminal.wait_until("interrupted", ANSWER_S)
        terminal.wait_until("words not sent yet", ANSWER_S)
        terminal.type("\x1b[17~")
        terminal.wait_until("golden age of poems", ANSWER_S)
        terminal.wait_until("ready", ANSWER_S)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    with started(chat_server, tmp_path) as terminal:
        terminal.wait_until("Message|words not sent yet", START_S)
        terminal.wait_while("interrupted", ANSWER_S)


def test_a_model_that_the_command_line_names_answers_in_what_comes_up(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("a golden age"), Wait(threading.Event()))
    with started(chat_server, tmp_path) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type("which age?\r")
        terminal.wait_until("a golden age", ANSWER_S)
        terminal.read_for(LOST_AT_MOST_S)
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.wait_for_exit() == -signal.SIGKILL
    with started(chat_server, tmp_path, "--model", "another-model") as terminal:
        terminal.wait_until("a golden age", START_S)
        terminal.wait_until("another-model", ANSWER_S)
        terminal.type("and then?\r")
        terminal.wait_until("Hello, world!", ANSWER_S)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    assert chat_server.chats[-1].body["model"] == "another-model"


def test_a_temporary_chat_leaves_no_word(chat_server: ChatServer, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    with Terminal(home.command("--temporary"), tmp_path, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type("a secret 秘密\r")
        terminal.wait_until("Hello, world!", ANSWER_S)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not [file for file in written if "秘密".encode() in file.read_bytes()]
