"""What the checks find on machines made for the test, and what they never tell."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.config import load_settings
from chatapp.doctor import endpoints, probe
from chatapp.doctor.checks import CHECKS, examine
from chatapp.doctor.finding import Finding, Level, ok
from chatapp.doctor.patient import DrawnWidth, Patient, Terminal
from chatapp.doctor.redaction import Redactor
from chatapp.extras import LOCAL, install_command
from chatapp.providers.model_download import DEFAULT_MODEL, pull
from chatapp.providers.presets import PRESETS
from tests.support.chat_server import (
    DONE,
    ChatServer,
    Respond,
    Sleep,
    Stall,
    Step,
    chunk,
    ending,
    reasoning_chunks,
    reply,
    text_chunks,
)

KEY = "sk-doctor-0123456789"


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


class Machine:
    """A person's folders and variables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ: dict[str, str] = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.terminal = Terminal()
        self.platform = "linux"
        (folder / "data").mkdir()

    def configure(self, text: str) -> None:
        path = self.folder / "config.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def patient(self, *endpoints: str, **flags: str) -> Patient:
        settings = load_settings(flags, self.environ, self.folder, self.folder, PRESETS)
        return Patient(
            settings=settings,
            environ=self.environ,
            platform=self.platform,
            config_folder=self.folder,
            data_folder=self.folder / "data",
            database=self.folder / "data" / "chatapp.db",
            terminal=self.terminal,
            endpoints=endpoints or None,
        )

    async def told(self, *endpoints: str, **flags: str) -> dict[str, list[Finding]]:
        """The findings by the title of their check."""
        found: dict[str, list[Finding]] = {}
        async for told in examine(self.patient(*endpoints, **flags)):
            found.setdefault(told.title, []).append(told.finding)
        return found

    async def endpoint(self, name: str = "lab", **flags: str) -> list[Finding]:
        return (await self.told(name, **flags))[f"Endpoint {name}"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def saying(findings: list[Finding], words: str) -> Finding:
    found = [finding for finding in findings if words in finding.what]
    assert len(found) == 1, (words, findings)
    return found[0]


class TestReport:
    async def test_every_check_and_endpoint_has_its_part(self, machine: Machine) -> None:
        machine.configure('[endpoints.lab]\nbase_url = "http://127.0.0.1:9/v1"')
        found = await machine.told()
        titles = [*(check.title for check in CHECKS), "Endpoint lab"]
        assert list(found) == titles
        assert all(findings for findings in found.values())

    async def test_whatever_is_not_ok_says_what_to_do(self, machine: Machine) -> None:
        machine.environ |= {"TERM": "dumb", "NO_COLOR": "1", "SSL_CERT_FILE": "/nowhere"}
        machine.environ["OPENAI_BASE_URL"] = "http://llm.invalid"
        machine.terminal = Terminal((40, 10), (DrawnWidth("flags", 4, 2),))
        found = [finding for findings in (await machine.told()).values() for finding in findings]
        wrong = [finding for finding in found if finding.level is not Level.OK]
        assert len(wrong) >= 6
        assert all(finding.suggestion.endswith((".", "/v1")) for finding in wrong), wrong

    async def test_leaving_early_leaves_nothing_running(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        chat_server.models_script = [Stall()]
        patient = machine.patient(base_url=chat_server.base_url)
        findings = examine(patient)
        async for _ in findings:
            break
        await findings.aclose()
        assert all(exchange.disconnected.wait(5) for exchange in chat_server.exchanges)


class TestSecrets:
    async def test_no_check_tells_one(self, machine: Machine, chat_server: ChatServer) -> None:
        fetched = "sk-from-a-command-987654"
        body = {"error": {"message": f"Incorrect API key: {KEY} {fetched}"}}
        chat_server.models_script = [Respond(401, body)]
        machine.configure(
            f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\napi_key = "{KEY}"\n'
            f'[endpoints.own]\nbase_url = "{chat_server.base_url}/{KEY}"\n'
            f'key_command = ["{sys.executable}", "-c", "print(\'{fetched}\')"]\n'
            f'[mcp.m]\ncommand = "m"\nenv = {{ API_TOKEN = "tok-{KEY}" }}\n'
        )
        machine.environ |= {
            "GROQ_API_KEY": KEY,
            "HTTPS_PROXY": f"http://me:hunter2{KEY}@proxy.example:8080",
            "MY_PASSWORD": "correct-horse",
            "TERM_PROGRAM": "correct-horse",
        }
        found = await machine.told("lab", "own")
        shown = repr(found)
        for secret in (KEY, fetched, "hunter2", "correct-horse"):
            assert secret not in shown
        assert "http://proxy.example:8080" in shown
        assert "did not accept the key" in shown

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("/home/ada/.config/x", "~/.config/x"),
            ("in /home/ada: no", "in ~: no"),
            ("/home/adamant/x", "/home/adamant/x"),
            ("https://me:pw@host/x", "https://host/x"),
            ("at https://host/x?key=abc&v=1 now", "at https://host/x?key=***&v=*** now"),
            ("a sk-12345678 b", "a *** b"),
            ("a\x1b[31m\nb", "a␛[31m b"),
        ],
    )
    def test_text_is_cleaned(self, text: str, shown: str) -> None:
        redactor = Redactor(["sk-12345678", "abc", ""], Path("/home/ada"))
        assert redactor.clean(ok(text)).what == shown

    def test_the_root_is_no_home(self) -> None:
        assert Redactor([], Path("/")).text("/etc/x /") == "/etc/x /"


class TestEndpoints:
    async def test_a_good_one_is_all_ok(self, machine: Machine, chat_server: ChatServer) -> None:
        table = f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\napi_key = "{KEY}"'
        machine.configure(table)
        chat_server.enqueue(*reasoning_chunks("hm"), *reply("O", "K"))
        found = await machine.endpoint()
        assert {finding.level for finding in found} == {Level.OK}
        for words in (
            chat_server.base_url,
            "its key is from api_key of [endpoints.lab] in config.toml",
            "it answers, and lists 2 models",
            "it takes the key",
            "other-model answers: the first token after",
            "it shows its reasoning",
            "it reports usage",
            "it takes tools",
            "it streams, in",
        ):
            assert saying(found, words)
        assert chat_server.chats[0].body["tools"]
        async with asyncio.timeout(5):  # the server learns a moment later that we have left
            while chat_server.open_connections:
                await asyncio.sleep(0.01)

    async def test_habits_are_told(self, machine: Machine, chat_server: ChatServer) -> None:
        machine.configure(
            f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\nmodels = ["m"]\n'
            'continue_field = "prefix"'
        )
        refusal = {"error": {"message": "this model does not support tools"}}
        chat_server.enqueue(Respond(400, refusal))
        chat_server.enqueue(*text_chunks("OK"), *ending(usage=None))
        found = await machine.endpoint()
        assert saying(found, "it takes no tools with m").level is Level.WARNING
        assert saying(found, "it reports no usage").level is Level.WARNING
        assert saying(found, "configured: continue_field = prefix")
        assert saying(found, "it refused 1 request before one that it takes")
        assert [exchange.body["model"] for exchange in chat_server.chats] == ["m", "m"]

    async def test_one_piece_is_no_stream(self, machine: Machine, chat_server: ChatServer) -> None:
        whole = {"choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]}
        chat_server.enqueue(Respond(200, whole))
        machine.configure(f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"')
        found = await machine.endpoint()
        assert saying(found, "it does not stream").level is Level.WARNING

    async def test_an_odd_stream_is_told_as_handled(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(chunk({"content": "OK"}), DONE)
        machine.configure(f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"')
        assert saying(await machine.endpoint(), "odd, and taken as it is").level is Level.OK

    @pytest.mark.parametrize(("given", "right"), [("", "/v1"), ("/v1/chat/completions", "/v1")])
    async def test_the_right_address_is_found(
        self, machine: Machine, chat_server: ChatServer, given: str, right: str
    ) -> None:
        root = chat_server.base_url.removesuffix("/v1")
        chat_server.models_script = lambda exchange: [
            Respond(200, {"data": [{"id": "m"}]})
            if exchange.path == f"{right}/models"
            else Respond(404, "404 page not found")
        ]
        machine.configure(f'[endpoints.lab]\nbase_url = "{root}{given}"')
        found = saying(await machine.endpoint(), "no API answers there")
        assert (found.level, found.suggestion) == (
            Level.PROBLEM,
            f"Make {root}{right} the base URL.",
        )

    async def test_a_refused_key_and_a_shut_door_are_problems(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        with ChatServer() as gone:
            shut = gone.base_url
        chat_server.models_script = [Respond(401, {"error": {"message": "Bad key"}})]
        machine.configure(
            f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\napi_key = "{KEY}"\n'
            f'[endpoints.shut]\nbase_url = "{shut}"'
        )
        found = await machine.told("lab", "shut")
        assert found["Endpoint lab"][-1].level is Level.PROBLEM
        assert "did not accept the key" in found["Endpoint lab"][-1].what
        assert "the connection was refused" in found["Endpoint shut"][-1].what
        assert not chat_server.chats

    async def test_a_key_refused_by_the_chat_alone_is_told(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(Respond(401, {"error": {"message": "No such key"}}))
        table = f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\napi_key = "{KEY}"'
        machine.configure(table)
        found = await machine.endpoint()
        assert saying(found, "it answers, and lists 2 models").level is Level.OK
        assert found[-1].level is Level.PROBLEM
        assert "the key is not accepted" in found[-1].what
        assert "No such key" in found[-1].what
        assert "takes the key" not in repr(found)

    async def test_a_key_that_cannot_be_fetched_ends_it(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        machine.configure(
            f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\nkey_command = "no-such-thing"'
        )
        last = (await machine.endpoint())[-1]
        assert "no-such-thing: No such file" in last.what
        assert not chat_server.exchanges

    async def test_all_are_asked_side_by_side(self, machine: Machine) -> None:
        both = threading.Barrier(2, timeout=10)

        def meet(_exchange: object) -> list[Respond]:
            both.wait()
            return [Respond(200, {"data": [{"id": "m"}]})]

        with ChatServer() as one, ChatServer() as other:
            one.models_script = other.models_script = meet
            machine.configure(
                f'[endpoints.a]\nbase_url = "{one.base_url}"\n'
                f'[endpoints.b]\nbase_url = "{other.base_url}"'
            )
            found = await machine.told("a", "b")
        assert all(saying(found[f"Endpoint {name}"], "lists 1 model") for name in "ab")

    async def test_a_model_that_would_not_stop_is_hung_up_on(
        self, machine: Machine, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(probe, "REST_S", 0.2)

        def chatter(_exchange: object) -> Iterator[Step]:
            while True:
                yield from text_chunks("and on ")
                yield Sleep(0.01)

        chat_server.default = chatter
        machine.configure(f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"')
        found = await machine.endpoint()
        assert saying(found, "it would not stop, and was hung up on").level is Level.OK
        assert saying(found, "it streams, in")
        assert {finding.level for finding in found[2:]} == {Level.OK}
        assert not any("usage" in finding.what for finding in found)
        assert chat_server.chats[0].disconnected.wait(5)

    async def test_a_model_that_says_nothing_is_given_up(
        self, machine: Machine, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(probe, "FIRST_WORD_S", 0.2)
        chat_server.default = [chunk({"role": "assistant"}), Stall()]
        machine.configure(f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"')
        assert "no word of a reply came within" in (await machine.endpoint())[-1].what

    async def test_all_of_it_is_bounded_and_what_was_found_is_told(
        self, machine: Machine, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(endpoints, "ENDPOINT_S", 0.5)
        chat_server.default = [Stall()]
        machine.configure(f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"')
        found = await machine.endpoint()
        assert saying(found, "lists 2 models")
        assert found[-1].what == "after 0.5 s the rest was not looked at"
        assert "--endpoint lab" in found[-1].suggestion

    async def test_what_is_waited_for_is_told_without_secrets(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        machine.configure(
            f'[endpoints.lab]\nbase_url = "{chat_server.base_url}"\napi_key = "{KEY}"\n'
            f'models = ["{KEY}"]'
        )
        told: list[str] = []
        async for _ in examine(machine.patient("lab"), told.append):
            pass
        assert any("endpoint lab (its models, 6 s at most)" in words for words in told)
        assert any("endpoint lab (one word of ***, 45 s at most)" in words for words in told)
        assert told[-1] == ""
        assert KEY not in repr(told)

    async def test_a_held_back_key_says_how_to_allow_it(
        self, machine: Machine, chat_server: ChatServer
    ) -> None:
        machine.environ["OPENAI_API_KEY"] = KEY
        (machine.folder / ".env").write_text(f"OPENAI_BASE_URL={chat_server.base_url}\n")
        place = f"127.0.0.1:{chat_server.port}"
        held = saying(await machine.endpoint(place), "it goes without a key")
        assert held.level is Level.WARNING
        assert "chatapp keys allow" in held.suggestion
        assert all("authorization" not in e.headers for e in chat_server.exchanges)


class TestTerminal:
    async def findings(self, machine: Machine) -> list[Finding]:
        return (await machine.told("local"))["Terminal"]

    @pytest.mark.parametrize(
        ("environ", "level", "words"),
        [
            ({"TERM": "dumb"}, Level.PROBLEM, "TERM is dumb"),
            ({"TERM": ""}, Level.WARNING, "TERM is not set"),
            ({"COLORTERM": "truecolor"}, Level.OK, "16 million colours"),
            ({}, Level.WARNING, "256 colours"),
            ({"NO_COLOR": "1"}, Level.WARNING, "NO_COLOR"),
            ({"LANG": "C"}, Level.WARNING, "may not be UTF-8: LANG=C"),
            ({"LANG": ""}, Level.WARNING, "no LANG is set"),
            ({"LC_ALL": "C", "LANG": "C.UTF-8"}, Level.WARNING, "LC_ALL=C"),
            ({"TMUX": "/run/x,1,0"}, Level.WARNING, "inside tmux"),
            ({"STY": "1.pts"}, Level.WARNING, "inside screen"),
            ({"SSH_CONNECTION": "a b"}, Level.OK, "over ssh"),
            ({"TERM_PROGRAM": "Apple_Terminal"}, Level.WARNING, "no OSC 52"),
        ],
    )
    async def test_variables_tell(
        self, machine: Machine, environ: dict[str, str], level: Level, words: str
    ) -> None:
        machine.environ |= environ
        assert saying(await self.findings(machine), words).level is level

    async def test_a_console_of_windows_needs_no_variables(self, machine: Machine) -> None:
        machine.platform, machine.environ = "win32", {}
        machine.terminal = Terminal((120, 40))
        found = await self.findings(machine)
        assert {finding.level for finding in found if "copying" not in finding.what} == {Level.OK}
        machine.environ["NO_COLOR"] = "1"
        assert saying(await self.findings(machine), "NO_COLOR").level is Level.WARNING

    async def test_the_clipboard_is_looked_for(
        self, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine.environ["DISPLAY"] = ":0"
        monkeypatch.setenv("PATH", str(tmp_path))
        missing = saying(await self.findings(machine), "relies on the terminal alone")
        assert "xclip or xsel" in missing.suggestion
        (tmp_path / "xsel").write_text("#!/bin/sh\n")
        (tmp_path / "xsel").chmod(0o700)
        assert saying(await self.findings(machine), "copying uses xsel").level is Level.OK

    async def test_size_and_widths(self, machine: Machine) -> None:
        machine.terminal = Terminal((120, 40), (DrawnWidth("flags", 2, 2), DrawnWidth("e", 1, 1)))
        found = await self.findings(machine)
        assert saying(found, "120 columns by 40 rows").level is Level.OK
        assert saying(found, "drawn as wide as reckoned: flags, e").level is Level.OK
        machine.terminal = Terminal((20, 5), (DrawnWidth("flags", 4, 2),))
        found = await self.findings(machine)
        assert saying(found, "20 columns by 5 rows").level is Level.WARNING
        assert saying(found, "draws flags 4 columns wide, chatapp reckons with 2")

    async def test_what_is_not_looked_at_is_told(self, machine: Machine) -> None:
        machine.terminal = Terminal((120, 40), shows_chat=True)
        elsewhere = "by `chatapp doctor` and `chatapp doctor --keys`, outside the chat"
        assert saying(await self.findings(machine), f"widths and keys are looked at {elsewhere}")
        machine.terminal = Terminal((120, 40))
        told = saying(await self.findings(machine), "`chatapp doctor --keys`").what
        assert told.startswith("it does not tell how wide it draws; ")
        machine.terminal = Terminal((120, 40), (DrawnWidth("flags", 2, 2),))
        told = saying(await self.findings(machine), "`chatapp doctor --keys`").what
        assert told.startswith("the keys that arrive")
        machine.platform = "win32"
        told = saying(await self.findings(machine), "not looked at on Windows").what
        assert "--keys" not in told


class TestSettings:
    async def test_values_come_with_their_origin_and_problems_are_told(
        self, machine: Machine
    ) -> None:
        machine.configure('system = "private words"\ntemperature = 9\n')
        found = (await machine.told("local", theme="nord"))["Settings"]
        assert saying(found, "theme is set by the command line")
        assert saying(found, "system is set by").what.endswith("config.toml, line 1")
        assert saying(found, "line 2: temperature has a wrong value").level is Level.WARNING
        assert "private words" not in repr(found)

    async def test_a_model_that_is_named_for_another_endpoint_is_not_said_to_be_set(
        self, machine: Machine
    ) -> None:
        (machine.folder / ".env").write_text(
            "OPENAI_BASE_URL=http://127.0.0.1:9\nCHATAPP_MODEL=big\n"
        )
        found = (await machine.told("local", endpoint="local"))["Settings"]
        assert saying(found, "the model is local/")
        words = saying(found, "model is named by").what
        assert words.endswith(".env, line 2, but the command line decides")
        assert saying(found, "endpoint is named by").what.endswith("by the command line")

    async def test_of_two_that_name_an_endpoint_the_one_that_decides_is_told(
        self, machine: Machine
    ) -> None:
        machine.environ["GROQ_API_KEY"] = KEY
        machine.configure('endpoint = "local"\nmodel = "small"\n')
        found = (await machine.told("local", model="groq/big"))["Settings"]
        assert saying(found, "the model is groq/big")
        assert saying(found, "model is named by").what.endswith("by the command line")
        words = saying(found, "endpoint is named by").what
        assert words.endswith("config.toml, line 1, but the command line decides")

    @pytest.mark.skipif(sys.platform == "win32", reason="chmod")
    async def test_a_certificate_file_that_is_not_there(self, machine: Machine) -> None:
        machine.environ["SSL_CERT_FILE"] = "/nowhere/ca.pem"
        found = (await machine.told("local"))["Settings"]
        assert saying(found, "which is not there").level is Level.PROBLEM

    async def test_a_folder_that_is_a_file(self, machine: Machine) -> None:
        (machine.folder / "data").rmdir()
        (machine.folder / "data").touch()
        found = (await machine.told("local"))["Settings"]
        wrong = saying(found, "is a file")
        assert wrong.level is Level.PROBLEM
        assert "CHATAPP_DATA_DIR" in wrong.suggestion


class TestLocalModel:
    async def findings(self, machine: Machine) -> list[Finding]:
        return (await machine.told("local"))["Local model"]

    async def test_folders_that_cannot_be_looked_at(self, machine: Machine) -> None:
        hidden = machine.folder / ("x" * 300)  # what the system refuses, whoever asks
        patient = replace(
            machine.patient("local"),
            config_folder=hidden,
            data_folder=hidden,
            database=hidden / "chatapp.db",
        )
        told = [one async for one in examine(patient)]
        titles = [one.title for one in told if one.finding.level is Level.PROBLEM]
        assert titles == ["Conversations", "Local model"]

    async def test_what_is_missing_and_what_is_there(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chatapp.doctor.local_model.find_spec", lambda _name: None)
        found = await self.findings(machine)
        missing = saying(found, "what runs it is not installed")
        assert missing.level is Level.WARNING
        assert missing.suggestion.startswith(f"`{install_command(LOCAL)}`")
        assert saying(found, "no model is on the disk yet").level is Level.OK
        assert "asked for a reply" not in repr(found)
        monkeypatch.setattr("chatapp.doctor.local_model.find_spec", lambda _name: "there")
        models = machine.folder / "data" / "models"
        models.mkdir()
        (models / DEFAULT_MODEL.file_name).write_bytes(b"GGUF" + bytes(3_000_000))
        found = await self.findings(machine)
        assert saying(found, "what runs it is installed").level is Level.OK
        assert "`chatapp ask --endpoint local hi`" in saying(found, "asked for a reply").what
        assert saying(found, f"{DEFAULT_MODEL.file_name}, 3 MB").level is Level.OK
        own = machine.folder / "own.gguf"
        own.write_bytes(b"GGUF")
        await pull(str(own), models, lambda _step: None)
        assert saying(await self.findings(machine), "own: ").level is Level.OK
        own.unlink()
        gone = saying(await self.findings(machine), "is no longer there")
        assert (gone.level, "chatapp pull" in gone.suggestion) == (Level.PROBLEM, True)


class TestConversations:
    def make(self, machine: Machine, version: int = 1) -> Path:
        path = machine.folder / "data" / "chatapp.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (x TEXT)")
            connection.executemany("INSERT INTO t VALUES (?)", [("word " * 50,)] * 400)
            connection.execute(f"PRAGMA user_version = {version}")
            connection.commit()
        return path

    async def test_none_yet(self, machine: Machine) -> None:
        (finding,) = (await machine.told("local"))["Conversations"]
        assert finding.what == "there are no stored conversations yet"

    async def test_a_whole_one_is_not_changed(self, machine: Machine) -> None:
        path = self.make(machine)
        before = path.read_bytes()
        found = (await machine.told("local"))["Conversations"]
        assert saying(found, "it is whole, and of schema version 1").level is Level.OK
        assert path.read_bytes() == before

    async def test_a_newer_one_is_told(self, machine: Machine) -> None:
        self.make(machine, version=999)
        found = (await machine.told("local"))["Conversations"]
        assert saying(found, "its schema version is 999").level is Level.PROBLEM

    @pytest.mark.parametrize("at", [0, 8192])
    async def test_a_damaged_one_is_told(self, machine: Machine, at: int) -> None:
        path = self.make(machine)
        content = bytearray(path.read_bytes())
        content[at : at + 4096] = b"\xa5" * 4096
        path.write_bytes(content)
        found = (await machine.told("local"))["Conversations"]
        assert found[-1].level is Level.PROBLEM
        assert "Move it aside" in found[-1].suggestion
