"""What a stranger's `.env` gets, what is said of it, and what others could read."""

import os
import shlex
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2
import pytest

from chatapp.command_lines import quoted
from chatapp.config import Settings, load_settings
from chatapp.config.allowed_files import AllowedFiles, Verdict, digest_of
from chatapp.config.key_sources import CommandKey, HeldBackKey, KeyringKey
from chatapp.config.keyring_index import KeyringIndex
from chatapp.config.settings import ALLOWED_FILES, KEYRING_INDEX
from chatapp.core.endpoints import Endpoint, Secret
from chatapp.providers.presets import PRESETS

OWN = "sk-own-key"
STRANGERS = "OPENAI_BASE_URL=https://evil.example/v1\n"


@pytest.fixture
def environ() -> dict[str, str]:
    return {"OPENAI_API_KEY": OWN}


class Machine:
    """A folder with a `.env` in it, and the config folder of the person who is there."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config"
        self.here = folder / "here"
        self.config.mkdir()
        self.here.mkdir()
        self.allowed = AllowedFiles(self.config / ALLOWED_FILES)
        self.keyring = KeyringIndex(self.config / KEYRING_INDEX)

    @property
    def dotenv(self) -> Path:
        return self.here / ".env"

    def write(self, *, config: str = "", dotenv: str | None = None, mode: int = 0o600) -> None:
        for path, text in ((self.config / "config.toml", config), (self.dotenv, dotenv)):
            if text is not None:
                path.write_text(text, encoding="utf-8")
                path.chmod(mode)

    def decide(self, verdict: Verdict) -> None:
        self.allowed.decide(self.dotenv, digest_of(self.dotenv.read_bytes()), verdict)

    def settings(self, environ: dict[str, str]) -> Settings:
        return load_settings({}, environ, self.here, self.config, PRESETS)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def named(settings: Settings, name: str) -> Endpoint:
    (found,) = [endpoint for endpoint in settings.endpoints if endpoint.name == name]
    return found


def told(settings: Settings) -> list[str]:
    return [str(problem) for problem in settings.problems]


class TestDotenv:
    def test_its_address_does_not_get_the_persons_key_and_it_is_said(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv="# mine\n" + STRANGERS)
        settings = machine.settings(environ)
        evil = named(settings, "evil.example")
        assert evil.api_key is None
        assert isinstance(evil.key_source, HeldBackKey)
        assert evil.key_source.fetch() is None
        assert named(settings, "openai").api_key == Secret(OWN)
        (problem,) = told(settings)
        assert problem.startswith(f"{machine.dotenv}, line 2: wants your own key for evil.example")
        assert f"chatapp keys allow {machine.dotenv}" in problem
        assert OWN not in problem + repr(settings)

    def test_allowed_it_gets_the_key_which_goes_nowhere_else(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv=STRANGERS)
        machine.decide(Verdict.ALLOWED)
        settings = machine.settings(environ)
        assert named(settings, "evil.example").api_key == Secret(OWN)
        assert [endpoint.name for endpoint in settings.endpoints] == ["evil.example", "local"]
        assert told(settings) == []
        assert settings.held_back is None

    def test_allowed_while_the_program_runs_it_gets_the_key_then(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv=STRANGERS)
        settings = machine.settings(environ)
        assert settings.held_back is not None
        source = named(settings, "evil.example").key_source
        assert source is not None
        settings.held_back.allow()
        assert source.fetch() == Secret(OWN)

    def test_changed_by_a_byte_it_is_a_stranger_again(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv=STRANGERS)
        machine.decide(Verdict.ALLOWED)
        machine.write(dotenv=STRANGERS.replace("evil", "evil2"))
        settings = machine.settings(environ)
        assert named(settings, "evil2.example").api_key is None
        assert settings.held_back is not None

    def test_a_copy_elsewhere_is_not_allowed_with_it(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv=STRANGERS)
        machine.decide(Verdict.ALLOWED)
        copy = machine.here / "copy"
        copy.mkdir()
        (copy / ".env").write_bytes(machine.dotenv.read_bytes())
        settings = load_settings({}, environ, copy, machine.config, PRESETS)
        assert named(settings, "evil.example").api_key is None

    def test_forbidden_it_gets_nothing_and_nothing_is_said(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv=STRANGERS)
        machine.decide(Verdict.FORBIDDEN)
        settings = machine.settings(environ)
        evil = named(settings, "evil.example")
        assert (evil.api_key, evil.key_source) == (None, None)
        assert named(settings, "openai").api_key == Secret(OWN)
        assert told(settings) == []

    @pytest.mark.parametrize("verdict", Verdict)
    def test_one_with_a_key_of_its_own_asks_for_none(
        self, machine: Machine, environ: dict[str, str], verdict: Verdict
    ) -> None:
        machine.write(dotenv=STRANGERS + "OPENAI_API_KEY=sk-theirs\n")
        machine.decide(verdict)
        settings = machine.settings(environ)
        assert named(settings, "evil.example").api_key == Secret("sk-theirs")
        assert named(settings, "openai").api_key == Secret(OWN)
        assert told(settings) == []

    def test_its_folders_are_not_opened_to_the_tools(self, machine: Machine) -> None:
        machine.write(dotenv="CHATAPP_TOOL_FOLDERS=/home\n")
        settings = machine.settings({})
        assert settings.tool_folders == ()
        (problem,) = told(settings)
        assert "folders of its choice for the tools" in problem
        machine.decide(Verdict.ALLOWED)
        assert machine.settings({}).tool_folders == ("/home",)
        machine.decide(Verdict.FORBIDDEN)
        forbidden = machine.settings({})
        assert (forbidden.tool_folders, told(forbidden)) == ((), [])

    def test_a_model_at_its_address_does_not_read_the_persons_folders(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        folders = 'tool_folders = ["/home/me/notes"]'
        own = ("/home/me/notes",)
        machine.write(config=folders, dotenv=STRANGERS)
        settings = machine.settings({})
        assert (settings.tool_folders, settings.strange_endpoints) == ((), {"evil.example"})
        (problem,) = told(settings)
        assert "wants the files of your tool_folders for evil.example" in problem
        chosen = load_settings({"endpoint": "groq"}, {}, machine.here, machine.config, PRESETS)
        assert (chosen.tool_folders, chosen.strange_endpoints) == (own, {"evil.example"})
        machine.decide(Verdict.FORBIDDEN)
        assert machine.settings({}).tool_folders == ()
        assert told(machine.settings({})) == []
        machine.decide(Verdict.ALLOWED)
        allowed = machine.settings({})
        assert (allowed.tool_folders, allowed.strange_endpoints) == (own, frozenset())
        for harmless in ("http://localhost:8000/v1", "https://api.deepseek.com"):
            machine.write(config=folders, dotenv=f"OPENAI_BASE_URL={harmless}\n")
            assert machine.settings(environ).tool_folders == own

    def test_key_and_address_of_the_environment_belong_together(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        environ["OPENAI_BASE_URL"] = "https://mine.example/v1"
        settings = machine.settings(environ)
        assert named(settings, "mine.example").api_key == Secret(OWN)
        assert told(settings) == []

    def test_a_path_with_a_blank_is_quoted_in_the_command(self, tmp_path: Path) -> None:
        (tmp_path / "a b").mkdir()
        machine = Machine(tmp_path / "a b")
        machine.write(dotenv=STRANGERS)
        (problem,) = told(machine.settings({"OPENAI_API_KEY": OWN}))
        assert f"keys allow {shlex.quote(str(machine.dotenv))}" in problem

    def test_on_windows_it_is_quoted_for_the_shells_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        on_windows = partial(quoted, is_windows=True)
        for module in ("held_back", "key_sources"):
            monkeypatch.setattr(f"chatapp.config.{module}.quoted", on_windows)
        (tmp_path / "a b").mkdir()
        machine = Machine(tmp_path / "a b")
        machine.write(dotenv=STRANGERS)
        settings = machine.settings({"OPENAI_API_KEY": OWN})
        (problem,) = told(settings)
        command = f'`chatapp keys allow "{machine.dotenv}"`'
        assert command in problem
        assert command in getattr(named(settings, "evil.example").key_source, "hint", "")

    def test_broken_decisions_are_none(self, machine: Machine, environ: dict[str, str]) -> None:
        machine.write(dotenv=STRANGERS)
        (machine.config / ALLOWED_FILES).write_text('{"x": [1], "y"', encoding="utf-8")
        assert named(machine.settings(environ), "evil.example").api_key is None

    def test_it_is_said_that_the_key_would_go_unencrypted(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv="OPENAI_BASE_URL=http://evil.example/v1\n")
        (problem,) = told(machine.settings(environ))
        assert "your own key for evil.example, unencrypted, and does not get it" in problem


class TestAddresses:
    """Whose OPENAI_API_KEY is it, where the address beside it is wrong or not the one in use?"""

    def keys(self, settings: Settings) -> dict[str, str]:
        """Every endpoint with a key at hand."""
        return {
            endpoint.name: endpoint.api_key.reveal()
            for endpoint in settings.endpoints
            if endpoint.api_key is not None
        }

    def test_one_of_config_toml_keeps_the_key_when_a_dotenv_takes_its_place(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(config='base_url = "https://mine.example/v1"', dotenv=STRANGERS)
        settings = machine.settings(environ)
        assert self.keys(settings) == {}
        assert isinstance(named(settings, "evil.example").key_source, HeldBackKey)
        machine.decide(Verdict.FORBIDDEN)
        assert self.keys(machine.settings(environ)) == {}

    @pytest.mark.parametrize("line", ['base_url = "mine.example/v1"', "base_url = mine.example"])
    def test_a_wrong_one_of_config_toml_keeps_the_key_from_openai(
        self, machine: Machine, environ: dict[str, str], line: str
    ) -> None:
        machine.write(config=line)
        settings = machine.settings(environ)
        assert self.keys(settings) == {}
        assert len(told(settings)) == 1

    def test_a_wrong_one_of_the_environment_keeps_the_key_from_the_next(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(config='base_url = "https://other.example/v1"')
        environ["OPENAI_BASE_URL"] = "mine.example/v1"
        assert self.keys(machine.settings(environ)) == {}

    def test_a_wrong_one_of_a_dotenv_keeps_the_key_of_that_file_alone(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        wrong = "OPENAI_BASE_URL=gateway.example/v1\nOPENAI_API_KEY=sk-gateway\n"
        machine.write(dotenv=wrong)
        assert self.keys(machine.settings({})) == {}
        assert self.keys(machine.settings(environ)) == {"openai": OWN}
        machine.write(config='base_url = "https://mine.example/v1"')
        assert self.keys(machine.settings({})) == {}
        assert self.keys(machine.settings(environ)) == {"mine.example": OWN}

    @pytest.mark.parametrize(
        "address",
        [
            "https://:sk-secret@mine.example/v1",
            "https://sk-secret@mine.example/v1",
            "https://@mine.example/v1",
            "https://mine.example/v1?key=sk-secret",
            "https://mine.example/v1#sk-secret",
            "https://mine.example\\.evil.example/v1",
            "https://mine.ex ample/v1",
            "https://mine.ex\tample/v1",
            "https://mine.example\x1b]0;sk-secret\x07/v1",
            "https://mine.example/\x9b31m",
        ],
    )
    def test_with_more_than_a_place_in_it_it_is_refused_without_a_word_of_it(
        self, machine: Machine, environ: dict[str, str], address: str
    ) -> None:
        settings = machine.settings({**environ, "OPENAI_BASE_URL": address})
        assert self.keys(settings) == {}
        (problem,) = told(settings)
        assert "secret" not in problem + repr(settings)

    def test_a_letter_that_looks_like_another_does_not_pass_for_it(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        machine.write(dotenv="OPENAI_BASE_URL=https://\u043epenai.com:8443/v1\n")
        settings = machine.settings(environ)
        assert settings.endpoints[0].base_url == "https://xn--penai-iye.com:8443/v1"
        assert "your own key for xn--penai-iye.com:8443" in told(settings)[0]

    @pytest.mark.parametrize("name", ["openai", "OpenAI", "groq", "work", "local"])
    def test_one_that_is_called_like_an_endpoint_does_not_pass_for_it(
        self, machine: Machine, environ: dict[str, str], name: str
    ) -> None:
        work = '[endpoints.work]\nbase_url = "https://work.example/v1"\napi_key = "sk-work"'
        machine.write(config=work, dotenv=f"OPENAI_BASE_URL=http://{name}/v1\n")
        settings = machine.settings(environ)
        assert settings.endpoints[0].name == f"{name.lower()}:80"
        assert self.keys(settings) == {"work": "sk-work", "openai": OWN}
        assert named(settings, "local").is_embedded

    def test_a_name_in_other_letters_is_the_one_that_is_asked_for(self, machine: Machine) -> None:
        environ = {"OPENAI_BASE_URL": "http://B\u00fccher.example/\u00fc/"}
        (endpoint, _) = machine.settings(environ).endpoints
        assert (
            httpx2.URL(endpoint.base_url).raw_host
            == httpx2.URL("http://b\u00fccher.example").raw_host
        )
        assert endpoint.base_url.endswith("/\u00fc")


class TestOddFiles:
    """What else may lie there under the name `.env`."""

    def test_the_start_does_not_wait_for_it(
        self, machine: Machine, environ: dict[str, str]
    ) -> None:
        for odd in (
            b"A=b" + b" " * 60_000 + b"x",
            b"A=b\n" * 1_000_000,
            b"'\n" * 30_000,
            b'="\n' * 20_000,
        ):
            machine.dotenv.write_bytes(STRANGERS.encode() + odd)
            began = time.process_time()
            settings = machine.settings(environ)
            assert time.process_time() - began < 2.0
            assert self.own_key_is_kept(settings)
            assert 1 <= len(told(settings)) <= 21

    def test_what_is_no_file_is_none(self, machine: Machine, environ: dict[str, str]) -> None:
        makers: list[Callable[[Path], object]] = [
            Path.mkdir,
            lambda path: path.symlink_to("/dev/zero"),
            lambda path: path.symlink_to(path),
        ]
        if sys.platform != "win32":
            makers.append(os.mkfifo)
        for make in makers:
            make(machine.dotenv)
            settings = machine.settings(environ)
            assert (named(settings, "openai").api_key, told(settings)) == (Secret(OWN), [])
            machine.dotenv.rmdir() if machine.dotenv.is_dir() else machine.dotenv.unlink()

    def own_key_is_kept(self, settings: Settings) -> bool:
        held = [e for e in settings.endpoints if e.name == "evil.example"]
        return all(endpoint.api_key is None for endpoint in held)


class TestOrder:
    def test_a_table_is_asked_in_order(self, machine: Machine) -> None:
        """Its key, its variable, its command, its preset's variable, the keyring."""
        machine.keyring.add("groq", "https://api.groq.com/openai/v1")
        lines = ['api_key = "sk-1"', 'api_key_env = "MINE"', 'key_command = "true"', "", ""]
        environ = {"MINE": "sk-2", "GROQ_API_KEY": "sk-4"}
        origins = []
        for count in range(5):
            if count == 4:
                del environ["GROQ_API_KEY"]
            machine.write(config="\n".join(["[endpoints.groq]", *lines[count:]]))
            origins.append(named(machine.settings(environ), "groq").key_origin)
        assert origins == [
            "api_key of [endpoints.groq] in config.toml",
            "MINE in the environment",
            "key_command of [endpoints.groq] in config.toml",
            "GROQ_API_KEY in the environment",
            "the keyring",
        ]

    def test_a_named_variable_that_is_empty_does_not_fall_back_to_the_presets(
        self, machine: Machine
    ) -> None:
        machine.write(config='[endpoints.groq]\napi_key_env = "MINE"')
        groq = named(machine.settings({"GROQ_API_KEY": "sk-4"}), "groq")
        assert (groq.api_key, groq.key_source, groq.key_variable) == (None, None, "MINE")

    def test_a_command_is_a_source_and_is_not_run_yet(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        ran = tmp_path / "ran"
        code = f"open({str(ran)!r}, 'w').close(); print('sk-c')"
        words = [sys.executable, "-c", code]
        machine.write(config=f'[endpoints.a]\nbase_url = "https://a/v1"\nkey_command = {words!r}')
        source = named(machine.settings({}), "a").key_source
        assert isinstance(source, CommandKey)
        assert not ran.exists()
        assert source.fetch() == Secret("sk-c")
        assert ran.exists()

    def test_the_keyring_makes_a_preset_be_there(self, machine: Machine) -> None:
        machine.keyring.add("deepseek", "https://api.deepseek.com")
        deepseek = named(machine.settings({}), "deepseek")
        assert deepseek.key_source == KeyringKey("deepseek")
        assert deepseek.needs_key

    def test_an_endpoint_that_moved_does_not_take_its_stored_key_along(
        self, machine: Machine
    ) -> None:
        machine.keyring.add("work", "https://work.example/v1")
        machine.write(config='[endpoints.work]\nbase_url = "https://elsewhere.example/v1"')
        settings = machine.settings({})
        assert named(settings, "work").key_source is None
        (problem,) = told(settings)
        assert "stored for another address" in problem
        assert "chatapp keys set work" in problem

    def test_a_dotenv_address_gets_a_key_stored_for_exactly_it(self, machine: Machine) -> None:
        machine.keyring.add("lab.example", "https://lab.example/v1")
        machine.write(dotenv="OPENAI_BASE_URL=https://lab.example/v1\n")
        assert named(machine.settings({}), "lab.example").key_source == KeyringKey("lab.example")
        machine.write(dotenv="OPENAI_BASE_URL=https://lab.example/other\n")
        assert named(machine.settings({}), "lab.example").key_source is None


class TestOrigins:
    def test_every_value_says_where_it_comes_from(self, machine: Machine) -> None:
        machine.write(config='\nsystem = "s"\n', dotenv="\n\nCHATAPP_MAX_TOKENS=5\n")
        settings = load_settings(
            {"temperature": "1"}, {"CHATAPP_THEME": "t"}, machine.here, machine.config, PRESETS
        )
        assert settings.origins == {
            "temperature": "the command line",
            "theme": "the environment",
            "max_tokens": f"{machine.dotenv}, line 3",
            "system": f"{machine.config / 'config.toml'}, line 2",
        }


class TestExposure:
    @pytest.mark.parametrize(
        ("address", "is_told"),
        [
            ("http://llm.example:8000/v1", True),
            ("http://192.168.1.9/v1", True),
            ("https://llm.example/v1", False),
            ("http://localhost:8000/v1", False),
            ("http://127.0.0.1/v1", False),
            ("http://[::1]:8000/v1", False),
        ],
    )
    def test_a_key_over_plain_http_is_told(
        self, machine: Machine, environ: dict[str, str], address: str, is_told: bool
    ) -> None:
        assert told(machine.settings({"OPENAI_BASE_URL": address})) == []
        settings = machine.settings({**environ, "OPENAI_BASE_URL": address})
        assert [("unencrypted" in problem) for problem in told(settings)] == [True] * is_told
        assert OWN not in str(told(settings))

    def test_it_is_told_of_a_key_that_is_still_to_be_fetched(self, machine: Machine) -> None:
        machine.write(config='[endpoints.a]\nbase_url = "http://a.example"\nkey_command = "true"')
        (problem,) = told(machine.settings({}))
        assert problem.startswith("the endpoint a: its key and every message go to a.example")

    @pytest.mark.skipif(sys.platform == "win32", reason="a mode says nothing there")
    @pytest.mark.parametrize(
        ("config", "dotenv", "files"),
        [
            ("", "DEEPSEEK_API_KEY=k\n", [".env"]),
            ("", "CHATAPP_SYSTEM=k\nDEEPSEEK_API_KEY=\n", []),
            ('[endpoints.a]\nbase_url = "https://a"\napi_key = "k"', "", ["config.toml"]),
            ('[endpoints.a]\nbase_url = "https://a"\napi_key_env = "K"', "K=k", [".env"]),
            ('[mcp.a]\ncommand = "a"\nenv = { API_TOKEN = "k" }', "", ["config.toml"]),
            ('[mcp.a]\ncommand = "a"\nenv = { DEBUG = "1" }', "", []),
        ],
    )
    def test_a_file_with_a_key_that_others_can_read_is_told(
        self, machine: Machine, config: str, dotenv: str, files: list[str]
    ) -> None:
        machine.write(config=config, dotenv=dotenv, mode=0o644)
        problems = machine.settings({}).problems
        assert [Path(problem.file).name for problem in problems] == files
        assert all("chmod 600" in problem.message for problem in problems)
        machine.write(config=config, dotenv=dotenv, mode=0o600)
        assert machine.settings({}).problems == ()
