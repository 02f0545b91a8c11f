"""`chatapp doctor` as people run it: the report, the JSON lines, and the terminal itself."""

import json
import os
import pty
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from chatapp.doctor.patient import DrawnWidth
from chatapp.headless import raw_terminal
from chatapp.headless.raw_terminal import measure_widths
from tests.support.chat_server import ChatServer, Respond, Wait, reply
from tests.support.programs import Home
from tests.support.terminal import Terminal

KEY = "sk-report-0123456789"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.variables |= {"HOME": str(tmp_path), "OPENAI_API_KEY": KEY, "LANG": "C.UTF-8"}
    return home


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def test_a_report_can_be_pasted_anywhere(home: Home, chat_server: ChatServer) -> None:
    home.variables["OPENAI_BASE_URL"] = chat_server.base_url
    answer = home.run("doctor")
    assert (answer.returncode, answer.stderr) == (0, "")
    for words in ("Versions\n", "Terminal\n", "Settings\n", "Endpoint 127.0.0.1", "no problems, "):
        assert words in answer.stdout
    assert "~/config" in answer.stdout
    assert "it takes tools" in answer.stdout
    assert "the keys that arrive are shown by `chatapp doctor --keys`" in answer.stdout
    for secret in (KEY, str(home.folder), "\x1b"):
        assert secret not in answer.stdout


def test_json_is_one_object_a_line_and_a_problem_fails(home: Home, chat_server: ChatServer) -> None:
    chat_server.models_script = [Respond(401, {"error": {"message": f"wrong key {KEY}"}})]
    answer = home.run("doctor", "--json", "--base-url", chat_server.base_url)
    assert answer.returncode == 1
    entries = [json.loads(line) for line in answer.stdout.splitlines()]
    assert {tuple(entry) for entry in entries} == {("type", "check", "level", "what", "suggestion")}
    (problem,) = [entry for entry in entries if entry["level"] == "problem"]
    assert "did not accept the key" in problem["what"]
    assert KEY not in answer.stdout + answer.stderr


def test_a_theme_that_there_is_not_is_told(home: Home) -> None:
    config = home.folder / "config"
    config.mkdir()
    (config / "config.toml").write_text('theme = "nrod"\n')
    home.variables |= {"TERM": "xterm-256color", "COLORTERM": ""}
    told = home.run("doctor", "--endpoint", "local").stdout
    words = "config.toml, line 1, but there is none of that name; chatapp-dark is used"
    assert re.search(f"warning +theme is set by .*{words}\n +→ /theme .*; nord may be meant", told)
    home.variables |= {"TERM": "xterm-16color", "CHATAPP_THEME": "no such"}
    told = home.run("doctor", "--endpoint", "local").stdout
    assert "set by the environment, but there is none of that name; ansi-dark is used" in told
    for name in ("nord", "chatapp-light"):
        home.variables["CHATAPP_THEME"] = name
        told = home.run("doctor", "--endpoint", "local").stdout
        assert re.search(r"ok +theme is set by the environment\n", told)


def test_one_endpoint_alone_is_asked(home: Home, chat_server: ChatServer) -> None:
    config = home.folder / "config"
    config.mkdir()
    (config / "config.toml").write_text(
        f'[endpoints.a]\nbase_url = "{chat_server.base_url}"\n'
        '[endpoints.b]\nbase_url = "http://127.0.0.1:9/v1"\n'
    )
    answer = home.run("doctor", "--endpoint", "a")
    assert "Endpoint a" in answer.stdout
    assert "Endpoint b" not in answer.stdout


def test_keys_are_named_as_they_arrive(home: Home) -> None:
    with Terminal(home.command("doctor", "--keys"), home.folder, home.environ) as terminal:
        terminal.wait_until("q ends", deadline_s=20)
        terminal.type("\x0c")
        terminal.wait_until(r"Ctrl\+L +\\x0c +/model", deadline_s=10)
        terminal.type("\x1bOP")
        terminal.wait_until(r"F1 +\\x1bOP +/help", deadline_s=10)
        terminal.type("\x1b[13;2u")
        terminal.wait_until(r"Shift\+Enter", deadline_s=10)
        terminal.type("\x1b")
        terminal.wait_until(r"Esc +/stop", deadline_s=10)
        terminal.type("q")
        terminal.wait_until(r"Not pressed, or not delivered: .*F5 /retry", deadline_s=10)


def test_keys_need_a_terminal(home: Home) -> None:
    answer = home.run("doctor", "--keys")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "needs a terminal" in answer.stderr


def test_on_a_terminal_it_says_what_it_waits_for(home: Home, chat_server: ChatServer) -> None:
    gate = threading.Event()
    chat_server.default = [Wait(gate), *reply("OK")]
    command = home.command("doctor", "--base-url", chat_server.base_url)
    with Terminal(command, home.folder, home.environ, columns=100, rows=60) as terminal:
        terminal.wait_until(r"waiting for endpoint .* \(one word of .*, 45 s at most\)", 20)
        gate.set()
        terminal.wait_until(r"warnings?\.", deadline_s=20)
        assert "waiting" not in terminal.text


@contextmanager
def answering_terminal(width: int | None) -> Iterator[tuple[TextIO, TextIO]]:
    """A terminal on which every text is `width` columns wide; None never answers."""
    ours, theirs = pty.openpty()
    is_over = threading.Event()

    def answer() -> None:
        while not is_over.is_set():
            asked = os.read(ours, 1024)
            if b"\x1b[6n" in asked and width is not None:
                os.write(ours, b"typed meanwhile\x1b[3;%dR" % (width + 1))
            is_over.wait(0.001)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    with open(theirs, closefd=False) as stdin, open(theirs, "w", closefd=False) as stdout:
        yield stdin, stdout
        is_over.set()
        stdout.write("\n")
        stdout.flush()
        thread.join(5)
    os.close(theirs)
    os.close(ours)


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
def test_widths_are_measured_by_asking_where_the_cursor_went() -> None:
    with answering_terminal(width=2) as (stdin, stdout):
        measured = measure_widths(stdin, stdout, (("Chinese", "漢"), ("frames", "─")))
    assert measured == (DrawnWidth("Chinese", 2, 2), DrawnWidth("frames", 2, 1))


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
def test_a_terminal_that_never_answers_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_terminal, "ANSWER_S", 0.1)
    with answering_terminal(width=None) as (stdin, stdout):
        assert measure_widths(stdin, stdout) == ()


def test_a_pipe_is_not_measured(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w+") as file:
        assert measure_widths(file, file) == ()
        file.seek(0)
        assert file.read() == ""


def test_on_a_terminal_lines_are_wrapped_and_nothing_is_left_of_the_measuring(home: Home) -> None:
    command = home.command("doctor", "--endpoint", "local")
    with Terminal(command, home.folder, home.environ, columns=60, rows=60) as terminal:
        terminal.wait_until(r"warnings?\.", deadline_s=20)
        text = terminal.text
        assert re.search(r"ok +60 columns by 60 rows", text)
        assert re.search(r"^Versions", text.lstrip())
        assert "漢" not in text
