"""`chatapp keys` as people run it, with a keyring in a file and real `.env` files."""

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer
from tests.support.keyring_in_a_file import keyring_variables
from tests.support.programs import Home
from tests.support.terminal import Terminal

KEY = "sk-very-secret-0123456789abcdef"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.variables |= keyring_variables(tmp_path / "keyring")
    (tmp_path / "config").mkdir()
    return home


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def write_config(home: Home, text: str) -> None:
    path = home.folder / "config" / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def authorizations(server: ChatServer) -> list[str | None]:
    return [exchange.headers.get("authorization") for exchange in server.chats]


def test_a_stored_key_goes_to_its_endpoint_until_it_is_deleted(
    home: Home, chat_server: ChatServer
) -> None:
    write_config(home, f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\nmodels = ["m"]')
    stored = home.run("keys", "set", "lab", stdin=f"{KEY}\n")
    assert (stored.returncode, stored.stderr) == (0, "")
    assert f"The keyring has a key for lab at 127.0.0.1:{chat_server.port}" in stored.stdout
    listed = home.run("keys")
    assert listed.stdout.split() == ["lab", "fetched", "when", "needed", "the", "keyring"]
    assert home.run("ask", "hi").returncode == 0
    assert home.run("keys", "delete", "lab").returncode == 0
    assert "no key" in home.run("keys", "list").stdout
    assert home.run("ask", "hi").returncode == 0
    assert authorizations(chat_server) == [f"Bearer {KEY}", None]
    index = home.folder / "config" / "keyring.json"
    assert json.loads(index.read_text(encoding="utf-8")) == {}
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert KEY not in stored.stdout + listed.stdout


def test_a_stored_key_says_when_another_is_used_in_its_place(home: Home) -> None:
    home.variables["GROQ_API_KEY"] = KEY
    stored = home.run("keys", "set", "groq", stdin="gsk-1")
    assert stored.returncode == 0
    assert "GROQ_API_KEY in the environment is used in its place" in stored.stderr


@pytest.mark.parametrize(
    ("name", "typed", "code", "said"),
    [
        ("nowhere", KEY, 2, "nowhere is no endpoint"),
        ("local", KEY, 2, "wants no key"),
        ("groq", "", 2, "that is no key"),
        ("groq", f"{KEY}\n{KEY}", 2, "that is no key"),
        ("groq", "schlüssel", 2, "that is no key"),
    ],
)
def test_what_cannot_be_stored_is_told(
    home: Home, name: str, typed: str, code: int, said: str
) -> None:
    answer = home.run("keys", "set", name, stdin=typed)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert said in answer.stderr
    assert KEY not in answer.stderr
    assert not (home.folder / "keyring").exists()


def test_a_piped_key_has_no_byte_order_mark(home: Home) -> None:
    assert home.run("keys", "set", "groq", stdin=f"\ufeff{KEY}\r\n").returncode == 0
    assert json.loads((home.folder / "keyring").read_text()) == {"chatapp/groq": KEY}


def test_without_a_keyring_it_is_said_in_words(home: Home) -> None:
    home.variables["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    for arguments in (["set", "groq"], ["delete", "groq"]):
        answer = home.run("keys", *arguments, stdin=KEY)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert "this machine has no keyring that works here" in answer.stderr
        assert "Traceback" not in answer.stderr


def test_the_list_says_where_every_key_comes_from_and_shows_none(home: Home) -> None:
    home.variables |= {"OPENAI_API_KEY": KEY, "GROQ_API_KEY": "short"}
    write_config(
        home,
        f'[endpoints.a]\nbase_url = "https://a/v1"\nkey_command = "echo {KEY}"\n'
        f'[endpoints.b]\nbase_url = "https://b/v1"\napi_key_env = "NOT_SET"\n'
        f'[endpoints.c]\nbase_url = "https://c/v1"\napi_key = "{KEY}"\n'
        '[endpoints.d]\nbase_url = "https://d/v1"\n',
    )
    (home.folder / ".env").write_text("OPENAI_BASE_URL=https://evil.example/v1\n")
    answer = home.run("keys", "list")
    rows = [" ".join(line.split()) for line in answer.stdout.splitlines()]
    assert rows == [
        "evil.example held back OPENAI_API_KEY in the environment, held back",
        "a fetched when needed key_command of [endpoints.a] in config.toml",
        "b no key NOT_SET is not set",
        "c …cdef api_key of [endpoints.c] in config.toml",
        "d no key",
        "openai …cdef OPENAI_API_KEY in the environment",
        "groq *** GROQ_API_KEY in the environment",
    ]
    assert "keys allow" in answer.stderr
    assert KEY not in answer.stdout + answer.stderr


def test_a_dotenv_gets_the_key_once_it_is_allowed(home: Home, chat_server: ChatServer) -> None:
    home.variables["OPENAI_API_KEY"] = KEY
    dotenv = home.folder / ".env"
    lines = (f"OPENAI_BASE_URL={chat_server.base_url}", "CHATAPP_MODEL=m", "CHATAPP_TOOL_FOLDERS=x")
    dotenv.write_text("\n".join(lines))
    asked = home.run("ask", "hi")
    assert (asked.returncode, asked.stdout) == (0, "Hello, world!")
    assert f"{dotenv}, line 1: wants your own key for 127.0.0.1" in asked.stderr
    allowed = home.run("keys", "allow", ".env")
    gets = f"may have your OPENAI_API_KEY for 127.0.0.1:{chat_server.port} and let the tools read x"
    assert gets in allowed.stdout
    assert home.run("ask", "hi").stderr == ""
    forbidden = home.run("keys", "forbid", str(home.folder))
    assert "gets nothing of yours" in forbidden.stdout
    assert home.run("ask", "hi").stderr == ""
    assert authorizations(chat_server) == [None, f"Bearer {KEY}", None]
    assert KEY not in "".join((asked.stderr, allowed.stdout, forbidden.stdout))
    decisions = home.folder / "config" / "allowed_files.json"
    assert stat.S_IMODE(decisions.stat().st_mode) == 0o600


@pytest.mark.parametrize(("file", "said"), [(".env", "no such file"), ("x.toml", "called .env")])
def test_only_a_dotenv_that_is_there_can_be_allowed(home: Home, file: str, said: str) -> None:
    answer = home.run("keys", "allow", file)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert said in answer.stderr


def test_on_a_terminal_the_key_is_typed_unseen(home: Home) -> None:
    with Terminal(home.command("keys", "set", "groq"), home.folder, home.environ) as terminal:
        terminal.wait_until("Key for groq:", deadline_s=20)
        terminal.type(f"{KEY}\r")
        terminal.wait_until("The keyring has a key for groq at api.groq.com", deadline_s=20)
        assert KEY.encode() not in terminal.output
    assert json.loads((home.folder / "keyring").read_text()) == {"chatapp/groq": KEY}


@pytest.mark.parametrize(
    ("hidden", "backend", "said"),
    [
        ("keyring", "", "the keyring library is not installed"),
        ("", "keyring.backends.fail.Keyring", "this machine has no keyring that works here"),
    ],
)
def test_a_key_that_cannot_be_kept_is_not_asked_for(
    home: Home, hidden: str, backend: str, said: str
) -> None:
    if backend:
        home.variables["PYTHON_KEYRING_BACKEND"] = backend
    hiding = f"import sys; sys.modules[{hidden!r}] = None"
    program = f"{hiding}; from chatapp.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "keys", "set", "groq"]
    with Terminal(command, home.folder, home.environ) as terminal:
        terminal.wait_until(said, deadline_s=20)
        assert terminal.wait_for_exit() == 1
        assert b"Key for" not in terminal.output


def test_a_command_gives_the_key_and_says_why_when_it_does_not(
    home: Home, chat_server: ChatServer
) -> None:
    vault = home.folder / "vault.py"
    vault.write_text(f"print({KEY!r})")
    write_config(
        home,
        f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\nmodels = ["m"]\n'
        f"key_command = ['{sys.executable}', '{vault}']",
    )
    asked = home.run("ask", "hi")
    assert (asked.returncode, asked.stderr) == (0, "")
    vault.write_text("raise SystemExit('the vault is shut')")
    refused = home.run("ask", "hi")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "The key for lab could not be fetched" in refused.stderr
    assert "ended with 1: the vault is shut" in refused.stderr
    assert authorizations(chat_server) == [f"Bearer {KEY}"]
    log = home.folder / "data" / "chatapp.log"
    assert KEY not in log.read_text() + refused.stderr
