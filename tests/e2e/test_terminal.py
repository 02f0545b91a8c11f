"""A real process on a real terminal: what it leaves behind, however it ends."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.chat_server import ChatServer, Sleep, Stall, Step, chunk, ending, text_chunks
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

START_S = 30.0
ANSWER_S = 10.0
GONE_S = 5.0

LEFT_BEHIND = {
    "alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"),
    "mouse": (b"\x1b[?1000h", b"\x1b[?1000l"),
    "bracketed paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
    "hidden cursor": (b"\x1b[?25l", b"\x1b[?25h"),
}


@contextmanager
def chatting(chat_server: ChatServer, folder: Path) -> Iterator[Terminal]:
    """The program on a terminal, ready for typing, connected to the test's server."""
    home = Home(folder)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    with Terminal(home.command(), folder, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        yield terminal


def kill_with(number: int) -> Callable[[Terminal], None]:
    return lambda terminal: os.kill(terminal.pid, number)


@pytest.mark.parametrize(
    ("leave", "exit_code"),
    [
        pytest.param(lambda terminal: terminal.type("\x11"), 0, id="ctrl+q"),
        pytest.param(lambda terminal: terminal.type("\x03\x03"), 0, id="ctrl+c twice"),
        pytest.param(lambda terminal: terminal.type("/quit\r"), 0, id="/quit"),
        pytest.param(kill_with(signal.SIGTERM), 128 + signal.SIGTERM, id="SIGTERM"),
        pytest.param(kill_with(signal.SIGHUP), 128 + signal.SIGHUP, id="SIGHUP"),
    ],
)
def test_the_terminal_is_as_it_was(
    chat_server: ChatServer,
    tmp_path: Path,
    leave: Callable[[Terminal], None],
    exit_code: int,
) -> None:
    chat_server.enqueue(*text_chunks("half a reply"), Stall())
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        before = terminal.line_settings()
        terminal.wait_until("Message", START_S)
        assert terminal.line_settings() != before
        terminal.type("hello\r")
        terminal.wait_until("half a reply", ANSWER_S)
        terminal.type("\x1b")
        terminal.wait_until("stopped", ANSWER_S)
        leave(terminal)
        assert terminal.wait_for_exit() == exit_code
        assert terminal.line_settings() == before
        for what, (on, off) in LEFT_BEHIND.items():
            assert terminal.output.rfind(off) > terminal.output.rfind(on), what


def test_a_signal_in_the_middle_of_a_reply_hangs_up_and_leaves(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("half a reply"), Stall())
    with chatting(chat_server, tmp_path) as terminal:
        terminal.type("hello\r")
        terminal.wait_until("half a reply", ANSWER_S)
        kill_with(signal.SIGTERM)(terminal)
        assert terminal.wait_for_exit() == 128 + signal.SIGTERM
        assert chat_server.chats[0].disconnected.wait(1.0)


def test_no_control_character_of_a_model_reaches_the_terminal(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    hostile = "a\x1b]0;OWNED\x07b\x9b41mc\x1b[2Jd\x1b]52;c;b3duZWQ=\x07e\x1bPqf\x1b\\"
    chat_server.models = ["evil\x1b]0;OWNED\x07model"]
    chat_server.enqueue(*text_chunks(*hostile), chunk({"reasoning_content": hostile}), *ending())
    with chatting(chat_server, tmp_path) as terminal:
        terminal.type("hello\r")
        terminal.wait_until("in, .* out", ANSWER_S)
        terminal.type("\x0c")
        terminal.wait_until("evil", ANSWER_S)
        output = terminal.output.decode("utf-8", "replace")
    assert "]0;OWNED" in output
    for control in ("OWNED\x07", "\x1b]0;", "\x1b]52;", "\x1bP", "\x9b"):
        assert control not in output


def test_the_one_escape_shows_at_once_and_the_server_sees_it(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("half a reply"), Stall())
    with chatting(chat_server, tmp_path) as terminal:
        terminal.type("hello\r")
        terminal.wait_until("half a reply", ANSWER_S)
        terminal.type("\x1b")
        terminal.wait_until("stopped", ANSWER_S)
        assert chat_server.chats[0].disconnected.wait(0.5)
        assert "half a reply" in terminal.text


def long_reply() -> Iterator[Step]:
    """Lines without an end, so that the app has something to paint all the time."""
    while True:
        yield from text_chunks("one line of the reply\n\n")
        yield Sleep(0.005)


@pytest.mark.parametrize("is_streaming", [False, True], ids=["idle", "streaming"])
@pytest.mark.parametrize("delay_s", [0.0, 0.3, 1.1])
def test_the_app_ends_with_its_terminal(
    chat_server: ChatServer,
    tmp_path: Path,
    delay_s: float,
    is_streaming: bool,
) -> None:
    chat_server.enqueue(lambda _: long_reply())
    with chatting(chat_server, tmp_path) as terminal:
        if is_streaming:
            terminal.type("hello\r")
            terminal.wait_until("one line of the reply", ANSWER_S)
        terminal.read_for(delay_s)
        program = psutil.Process(terminal.pid)
        family = [program, *program.children(recursive=True)]
        terminal.hang_up()
        _, alive = psutil.wait_procs(family, timeout=GONE_S)
        assert not alive
        assert program.wait(0) == 128 + signal.SIGHUP


def test_it_starts_where_nothing_can_be_kept_and_errors_go_to_a_file(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    (tmp_path / "data").write_text("a file, and no folder")
    shell = ["/bin/sh", "-c", 'exec "$@" 2>errors', "sh"]
    with Terminal([*shell, *home.command()], tmp_path, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.wait_until("Nothing", ANSWER_S)  # where the line ends depends on the path
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    assert (tmp_path / "errors").read_bytes() == b""


def test_a_crash_and_what_it_cost_are_told_on_the_terminal(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    program = (
        "from chatapp import cli\n"
        "from chatapp.ui.app import ChatApp\n"
        "async def fail(app):\n"
        "    app._chat.desk.close = said_last\n"
        "    raise RuntimeError\n"
        "async def said_last(): return 'what was not kept'\n"
        "ChatApp.action_quit = fail\n"
        "raise SystemExit(cli.main([]))\n"
    )
    with Terminal([sys.executable, "-c", program], tmp_path, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.type("\x11")
        terminal.wait_until(r"chatapp crashed \(RuntimeError\)", ANSWER_S)
        terminal.wait_until("what was not kept", ANSWER_S)
        assert terminal.wait_for_exit() == 1
