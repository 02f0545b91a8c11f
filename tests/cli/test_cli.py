"""The command line answers at once, and says what is wrong without repeating secrets."""

import subprocess
import sys
from pathlib import Path

import pytest

from chatapp import __version__
from tests.support.programs import TIMEOUT_S, Home

HEAVY = ("textual", "rich", "openai", "httpx2", "asyncio", "pygments", "platformdirs", "dotenv")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_version_needs_nothing_heavy(home: Home) -> None:
    answer = home.run("--version", python=("-X", "importtime"))
    assert (answer.returncode, answer.stdout) == (0, f"chatapp {__version__}\n")
    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert "chatapp.cli" in imported
    assert imported.isdisjoint(HEAVY)


def test_help_documents_options_and_exit_codes(home: Home) -> None:
    answer = home.run("--help")
    assert answer.returncode == 0
    for word in ("--base-url URL", "chatapp ask", "chatapp pull", "exit codes", "130", "141"):
        assert word in answer.stdout
    assert "--no-stream" in home.run("ask", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sk-secret"], "chatapp ask"),
        (["ask", "hi", "sk-secret"], "too many arguments"),
        (["ask", "hi", "--api-key", "sk-secret"], "--api-key"),
        (["ask", "hi", "--api-key=sk-secret"], "--api-key"),
        (["ask", "hi", "--json=sk-secret"], "takes no value"),
        (["ask", "hi", "--temperature", "sk-secret"], "a number from 0 to 2"),
        (["--max-tokens", "sk-secret", "ask", "hi"], "a whole number above 0"),
        (["ask", "hi", "--base-url", "https://me:sk-secret@host"], "http://"),
        (["ask", "hi", "--model"], "expected one argument"),
        (["ask", "hi", "--endpoint", "nowhere"], "openrouter"),
        (["ask", "hi", "--model", "gpt-x"], "OPENAI_API_KEY"),
        (["ask"], "no question"),
        (["keys", "sk-secret"], "chatapp keys: unknown action"),
        ([], "needs a terminal"),
    ],
)
def test_a_wrong_line_exits_with_2_and_says_why(
    home: Home, arguments: list[str], said: str
) -> None:
    answer = home.run(*arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert said in answer.stderr
    assert "sk-secret" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_closed_streams_are_no_traceback(home: Home) -> None:
    shell = 'exec "$0" -m chatapp ask --base-url http://127.0.0.1:9/v1 --model m hi '
    for closing in (">&-", "<&- >&-", "2>&-"):
        answer = subprocess.run(
            ["/bin/sh", "-c", shell + closing, sys.executable],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=home.folder,
            env=home.environ,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert answer.returncode == 1
        assert "Traceback" not in answer.stderr
