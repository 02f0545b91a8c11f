"""The command line answers at once, and says what is wrong without repeating secrets."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp import __version__
from chatapp.cli import EXAMPLES, make_parser
from chatapp.config.options import NAMES, flag
from chatapp.core.display_width import display_width
from chatapp.subcommands.registry import SUBCOMMANDS
from chatapp.subcommands.setting_flags import ALL_SETTING_FLAGS
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
    for word in ("--base-url URL", "chatapp ask", "    pull ", "exit codes", "130", "141"):
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
        (["ask", "hi", "--model"], "chatapp ask: --model needs a value"),
        (["ask", "hi", "--stats", "sk-secret"], "unknown option --stats"),
        (["--modle", "sk-secret"], "chatapp: unknown option --modle; did you mean `--model`?"),
        (["--modle=sk-secret"], "did you mean `--model`?"),
        (["ask", "hi", "--tool-choise", "x"], "did you mean `--tool-choice`?"),
        (["latency", "--run", "3", "hi"], "chatapp latency: unknown option --run; did you mean"),
        (["show", "--json"], "chatapp show: ID is missing\nTry `chatapp show --help`."),
        (["stats", "--by", "sk-secret"], "--by takes one of day, model"),
        (["list", "--limit", "sk-secret"], "--limit takes a whole number above 0"),
        (["show", "last", "--format", "sk-secret"], "--format takes one of md, json, html"),
        (["help"], "unknown command; did you mean `--help`?"),
        (["lits"], "unknown command; did you mean `list`?"),
        (["keys", "sett", "sk-secret"], "unknown action; did you mean `set`?"),
        (["list", "--model", "sk-secret"], "chatapp list: --model has no effect here"),
        (["ask", "hi", "--theme", "sk-secret"], "chatapp ask: --theme has no effect here"),
        (["--record", "sk-secret", "list"], "chatapp list: --record has no effect here"),
        (["ask", "hi", "--speed", "2"], "--speed needs --replay"),
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


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/v1?a=sk-secret", "http://me:sk-secret@127.0.0.1:1/v1"]
)
def test_a_wrong_address_is_told_before_what_it_leads_to(home: Home, address: str) -> None:
    home.variables |= {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "sk-secret"}
    answer = home.run("ask", "hi", "--model", "m")
    assert (answer.returncode, answer.stdout) == (2, "")
    cause, consequence = answer.stderr.splitlines()
    assert "the environment: OPENAI_BASE_URL has a wrong value" in cause
    assert "the command line: a model is named, but no endpoint" in consequence
    assert "sk-secret" not in answer.stderr


def test_help_of_each_subcommand_is_its_own(home: Home) -> None:
    """At 80 columns it is short, and names what makes a difference to it."""
    home.variables["COLUMNS"] = "80"
    for subcommand in (None, *SUBCOMMANDS):
        name = [] if subcommand is None else [subcommand.name]
        text = home.run(*name, "--help").stdout
        assert max(map(display_width, text.splitlines())) < 80
        listed = set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))
        settings = NAMES if subcommand is None else subcommand.settings
        assert listed & ALL_SETTING_FLAGS == {flag(setting) for setting in settings}
        assert "\nexamples:\n" in text


@pytest.mark.parametrize(
    "line",
    [line for subcommand in SUBCOMMANDS for line, _words in subcommand.examples]
    + re.findall(r"^  (chatapp.*?)(?:  |$)", EXAMPLES, re.MULTILINE),
)
def test_every_example_is_a_line_that_can_be_typed(line: str) -> None:
    own = re.search(r"chatapp([^|>]*)", line)
    assert own is not None
    assert make_parser().read(shlex.split(own[1]))


def test_a_setting_before_the_command_may_be_an_alias(home: Home) -> None:
    answer = home.run("--theme", "nord", "list", "--json")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_help_fits_any_encoding(home: Home, encoding: str) -> None:
    home.variables["PYTHONIOENCODING"] = encoding
    answer = home.run("search", "--help")
    assert (answer.returncode, answer.stderr) == (0, "")


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
