"""Whatever the shell, the disk or the folders do: a word about it, an exit code, no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.subcommands.text import text
from tests.support.programs import TIMEOUT_S, Home
from tests.support.terminal import Terminal

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def in_shell(home: Home, line: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of the shell in which `"$@"` is the command."""
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=home.folder,
        env=home.environ,
        timeout=TIMEOUT_S,
        check=False,
    )


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["keys"], ["doctor", "--endpoint", "local"], ["import", "-h"]],
)
def test_an_answer_that_cannot_be_written_fails(home: Home, arguments: list[str]) -> None:
    answer = in_shell(home, '"$@" >/dev/full', *home.command(*arguments))
    words = "chatapp: the output cannot be written: No space left on device\n"
    assert (answer.returncode, answer.stderr) == (1, words)


@needs_full
def test_words_about_the_answer_may_get_lost(home: Home) -> None:
    assert in_shell(home, '"$@" 2>/dev/full', *home.command("list")).returncode == 0
    assert in_shell(home, '"$@" 2>/dev/full', *home.command("--modle")).returncode == 2


@needs_unix
def test_what_the_shell_closed_is_taken_by_nothing_else(home: Home) -> None:
    program = (
        "import os, sys\n"
        "from chatapp.cli import main\n"
        "main(['list'])\n"
        "nowhere = os.stat(os.devnull)\n"
        "places = [os.path.samestat(os.fstat(number), nowhere) for number in range(3)]\n"
        "open('places', 'w').write(str(places))\n"
    )
    in_shell(home, 'exec "$@" >&- 2>&-', sys.executable, "-c", program)
    assert (home.folder / "places").read_text() == "[True, True, True]"


@needs_unix
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "-"], "standard input: it is empty"),
        (["keys", "set", "openai"], "that is no key"),
        (["doctor", "--keys"], "--keys needs a terminal"),
    ],
)
def test_a_closed_input_is_empty(home: Home, arguments: list[str], said: str) -> None:
    answer = in_shell(home, 'exec "$@" <&-', *home.command(*arguments))
    assert (answer.returncode, answer.stdout) == (2, "")
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


@needs_unix
def test_an_input_that_cannot_be_read_is_told(home: Home) -> None:
    answer = in_shell(home, 'exec "$@" 0>to-write-to', *home.command("ask"))
    said = "chatapp: standard input cannot be read: Bad file descriptor\n"
    assert (answer.returncode, answer.stderr) == (1, said)


@needs_unix
def test_a_piped_key_is_read_as_bytes(home: Home) -> None:
    home.variables["PYTHONIOENCODING"] = "ascii"
    answer = in_shell(home, "printf '\\377\\376' | \"$@\"", *home.command("keys", "set", "openai"))
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "that is no key" in answer.stderr


@needs_unix
def test_a_folder_that_is_gone_has_no_settings(home: Home) -> None:
    line = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    answer = in_shell(home, line, *home.command("keys"))
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("name", ["~nobody-is-called-so/chats.json", "x" * 300])
@pytest.mark.parametrize("arguments", [["import"], ["keys", "allow"], ["pull"], ["inspect"]])
def test_a_name_that_no_file_has(home: Home, arguments: list[str], name: str) -> None:
    answer = home.run(*arguments, name)
    assert (answer.returncode in (1, 2), answer.stdout) == (True, "")
    assert answer.stderr.startswith("chatapp: ")
    assert "Traceback" not in answer.stderr


@needs_unix
def test_a_log_on_a_full_disk_is_silent(home: Home) -> None:
    program = (
        "import logging\n"
        "from chatapp import composition\n"
        "composition.log_to_file()\n"
        "logging.getLogger('chatapp').warning('a word')\n"
    )
    home.variables["PYTHONDONTWRITEBYTECODE"] = "1"  # half a module would stay for the others
    answer = in_shell(home, 'ulimit -f 0; exec "$@"', sys.executable, "-c", program)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (os.fsdecode(b"caf\xc3\xa9"), "café"),
        ("\udce5\udcae\udcb5", "宵"),
        ("\udcff\udcfe!", "\ufffd\ufffd!"),
        ("é", "é"),
    ],
)
def test_an_argument_is_text_whatever_the_locale(given: str, meant: str) -> None:
    if sys.platform != "win32":
        assert text(given) == meant


@needs_unix
def test_a_terminal_without_a_cursor_gets_no_full_screen(home: Home) -> None:
    command = ["env", "TERM=dumb", *home.command()]
    with Terminal(command, home.folder, home.environ) as terminal:
        terminal.wait_until("a terminal that can move the cursor", TIMEOUT_S)
        assert terminal.wait_for_exit() == 2


@needs_unix
def test_ctrl_c_while_it_loads_is_no_traceback(home: Home) -> None:
    program = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'chatapp.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from chatapp.__main__ import main\n"
        "main()\n"
    )
    answer = in_shell(home, 'exec "$@"', sys.executable, "-c", program)
    assert (answer.returncode, answer.stdout, answer.stderr) == (-signal.SIGINT, "", "")
