"""`chatapp inspect`: what a recording holds, and what is odd about it, on any terminal."""

import io
import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from chatapp import composition
from chatapp.cli import main
from chatapp.core.display_width import display_width
from chatapp.core.exchange_words import duration
from chatapp.headless.exchange_table import fitted
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.inspect import inspect
from chatapp.headless.output import Output
from tests.support.chat_server import (
    COMMENT,
    ChatServer,
    Drop,
    Respond,
    Send,
    Sleep,
    Stall,
    reasoning_chunks,
    reply,
    sse,
    text_chunks,
    tool_call_chunks,
)
from tests.support.programs import TIMEOUT_S, Home
from tests.support.recordings import Recording, needs_recordings, recordings

KEY = "sk-very-secret-key-0123456789"


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Home:
    home = Home(tmp_path)
    home.variables = {
        "OPENAI_BASE_URL": chat_server.base_url,
        "CHATAPP_MODEL": "test-model",
        "OPENAI_API_KEY": KEY,
    }
    return home


def inspected(file: Path, **options: bool) -> tuple[ExitCode, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = inspect(str(file), Output(stdout), Output(stderr), **options)
    return code, stdout.getvalue(), stderr.getvalue()


def lasting(text: str) -> dict[str, str]:
    """What of JSON lines does not depend on time; how the text was cut into lines does."""
    told = {"text": "", "reasoning": ""}
    for line in json_lines(text):
        if line["type"] in told:
            told[line["type"]] += line["delta"]
        kept = ("name", "arguments", "finish_reason", "completion_tokens")
        told |= {name: str(line[name]) for name in kept if name in line}
    return told


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


class TestRecordReplayInspect:
    """The three together, as their users run them."""

    def test_ask_is_recorded_replayed_and_inspected(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        call = tool_call_chunks(0, "call_1", "get_weather", '{"city":"北京"}')
        chat_server.default = [COMMENT, *reasoning_chunks("想"), *reply("有", "透明的金属"), *call]
        live = home.run("ask", "有透明的金属吗？", "--json", "--record", "r.jsonl")
        file = home.folder / "r.jsonl"
        assert KEY not in file.read_text()
        again = home.run("ask", "随便", "--json", "--replay", "r.jsonl", "--speed", "0")
        assert (live.returncode, again.returncode) == (0, 0)
        assert len(chat_server.chats) == 1

        assert lasting(again.stdout) == lasting(live.stdout)
        shown = home.run("inspect", "r.jsonl")
        assert (shown.returncode, shown.stderr) == (0, "")
        for words in (
            f"POST {chat_server.base_url}/chat/completions",
            'model "test-model", stream true, messages: 1',
            '"透明的金属"',
            "a comment keeps the connection alive",
            "reasoning comes as `reasoning_content`",
            "TTFT",
            "gaps: median",
            "▁",
        ):
            assert words in shown.stdout
        lines = home.run("inspect", "--json", "r.jsonl").stdout
        assert lasting(lines) == lasting(live.stdout)
        told = json_lines(lines)
        kinds = [line["kind"] for line in told if line["type"] == "oddity"]
        assert {"keep_alive", "reasoning_field"} <= set(kinds)
        assert len(kinds) == len(set(kinds))
        assert told[-1]["type"] == "done"

    def test_standard_input_and_bare_bodies(self, home: Home) -> None:
        body = 'data: {"choices":[{"delta":{"content":"空调"}}]}\n\n'
        shown = home.run("inspect", "-", stdin=body)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert '"空调"' in shown.stdout
        assert "no [DONE] came" in shown.stdout
        assert "TTFT" not in shown.stdout

    def test_a_bare_body_has_no_times(self, home: Home) -> None:
        chunk = '{"choices":[{"delta":{"content":"空调"},"finish_reason":"stop"}]}'
        body = f": a comment\n\ndata: {chunk}\n\ndata: [DONE]\n\n"
        told = json_lines(home.run("inspect", "--json", "-", stdin=body).stdout)
        odd = [line for line in told if line["type"] == "oddity"]
        assert odd
        assert {line["after_s"] for line in odd} == {None}
        assert told[-1]["type"] == "done"
        assert (told[-1]["ttft_s"], told[-1]["elapsed_s"]) == (None, None)

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
    def test_a_stop_is_played_and_told_as_a_stop(self, home: Home, chat_server: ChatServer) -> None:
        chat_server.enqueue(*text_chunks("begun"), Stall())
        live = home.start("ask", "hi", "--record", "r.jsonl")
        assert live.stdout is not None
        assert live.stdout.read(5) == b"begun"
        live.send_signal(signal.SIGINT)
        assert live.wait(TIMEOUT_S) == ExitCode.STOPPED
        home.close()

        again = home.run("ask", "hi", "--replay", "r.jsonl", "--speed", "0")
        assert (again.returncode, again.stdout.strip(), again.stderr) == (130, "begun", "")
        for arguments in (
            ["ask", "hi", "--replay", "r.jsonl", "--speed", "0"],
            ["inspect", "r.jsonl"],
        ):
            told = json_lines(home.run(*arguments, "--json").stdout)
            assert told[0] == {"type": "text", "delta": "begun"}
            assert (told[-1]["type"], told[-1]["ending"]) == ("done", "stopped")
        measured = home.run("latency", "hi", "--replay", "r.jsonl", "--speed", "0")
        assert (measured.returncode, measured.stdout) == (1, "")
        assert "The recorded reply was stopped" in measured.stderr
        assert len(chat_server.chats) == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="modes are a POSIX matter")
    def test_a_replay_says_nothing_of_keys(self, home: Home) -> None:
        dotenv = home.folder / ".env"
        dotenv.write_text("OPENAI_API_KEY=sk-0123456789\n")
        dotenv.chmod(0o644)
        live = home.run("ask", "hi", "--record", "r.jsonl")
        assert "has a key in it and can be read by others" in live.stderr
        assert home.run("ask", "hi", "--replay", "r.jsonl", "--speed", "0").stderr == ""
        home.variables["CHATAPP_TEMPERATURE"] = "hot"
        again = home.run("ask", "hi", "--replay", "r.jsonl", "--speed", "0")
        assert "CHATAPP_TEMPERATURE" in again.stderr

    def test_what_was_cut_is_not_to_be_continued_here(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(*text_chunks("Hel"), Drop())
        told = home.run("latency", "hi", "--record", "r.jsonl").stderr
        assert "next: Try again" in told
        told += home.run("inspect", "--json", "r.jsonl").stdout
        assert told.count("was cut off") == 2
        assert "ontinue" not in told

    def test_failures_are_told_as_they_were(self, home: Home, chat_server: ChatServer) -> None:
        chat_server.enqueue(Respond(401, {"error": {"message": f"no such key {KEY}"}}))
        chat_server.enqueue(*text_chunks("Hel"), Drop())
        chat_server.enqueue(*text_chunks("Hel"), sse({"error": {"message": "overloaded"}}))
        live = [home.run("ask", "hi", "--json", "--record", "r.jsonl") for _ in range(3)]
        told = json_lines(home.run("inspect", "--json", "r.jsonl").stdout)
        errors = [line for line in told if line["type"] == "error"]
        assert [error["kind"] for error in errors] == ["key_rejected", "cut", "stream_error"]
        assert [error["kind"] for error in errors] == [
            json_lines(each.stdout)[-1]["kind"] for each in live
        ]
        oddities = {line["kind"] for line in told if line["type"] == "oddity"}
        assert {"status", "cut", "error_in_stream"} <= oddities

    def test_what_we_ended_ourselves_is_not_the_servers_fault(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        half = Send(b'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\ndata: {"cho')
        chat_server.default = [half, Stall()]
        asking = home.start("ask", "hi", "--record", "r.jsonl")
        assert asking.stdout is not None
        assert asking.stdout.read(5) == b"Hello"
        asking.send_signal(signal.SIGINT)
        asking.communicate(timeout=TIMEOUT_S)
        assert asking.returncode == 130
        live = home.run("ask", "hi", "--json", "--reply-limit", "3", "--record", "r.jsonl")
        stopped, limited = home.run("inspect", "r.jsonl").stdout.split("\n\nPOST ")
        assert "nothing odd" in stopped
        assert limited.splitlines()[-2:] == [
            "odd:",
            "  given up by chatapp: The reply was stopped: it is longer than 3 characters. "
            "(once, in #3)",
        ]
        told = json_lines(home.run("inspect", "--json", "r.jsonl").stdout)
        failures = [json_lines(live.stdout)[-1], told[-1]]
        assert failures[0]["message"] == failures[1]["message"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "gone"], "gone cannot be read: No such file"),
        (["inspect", "words"], "words: line 1 is neither"),
        (["ask", "hi", "--replay", "gone"], "gone cannot be read: No such file"),
        (["ask", "hi", "--record", "gone/r.jsonl"], "cannot be written"),
        (["ask", "hi", "--record", "words"], "nothing is added"),
        (["ask", "hi", "--replay", "b.sse", "--speed", "-1"], "--speed has a wrong value"),
        (["ask", "hi", "--replay", "b.sse", "--speed", "sk-x"], "--speed has a wrong value"),
        (["latency", "hi", "--runs", "sk-x"], "--runs has a wrong value"),
        (["latency", " "], "no question"),
    ],
)
def test_what_cannot_be_done_is_said(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (home.folder / "b.sse").write_text("data: {}\n\n")
    (home.folder / "words").write_text("Dear diary,\n")
    for name, value in home.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home.folder)
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(composition, "log_to_file", lambda: None)  # stays open in this process
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main(arguments))
    stdout, stderr = capsys.readouterr()
    assert (ended.value.code, stdout) == (2, "")
    assert said in stderr
    assert "sk-x" not in stderr


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\x9b2J\u202e[bold]"
    chunk = {"model": evil, "choices": [{"delta": {"role": evil, "content": evil}}]}
    call = {"choices": [{"delta": {"tool_calls": [{"function": {"name": evil}}]}}]}
    lines = [
        f"event: {evil}\ndata: {json.dumps(chunk)}\n\n",
        f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n",
        f"data: {json.dumps(call, ensure_ascii=False)}\n\n",
        f": {evil}\n\n",
        f"data: {evil}\n\n",
        f"data: {json.dumps({'error': {'message': evil}}, ensure_ascii=False)}\n\n",
    ]
    file = tmp_path / "evil.sse"
    file.write_text("".join(lines))
    code, shown, _ = inspected(file)
    assert code == ExitCode.OK
    assert not set(shown) & set("\x1b\x07\x9b\u202e")
    assert "[bold]" in shown


def test_every_line_fits_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    file = tmp_path / "long.sse"
    chunks = ({"choices": [{"delta": {"content": "透明" * n}}]} for n in range(60))
    file.write_text("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks))
    _, shown, _ = inspected(file)
    assert max(map(display_width, shown.splitlines())) == 60


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("透明的", 6, "透明的"),
        ("透明的", 5, "透明…"),
        ("", 3, ""),
    ],
)
def test_lines_are_cut_between_characters(line: str, columns: int, expected: str) -> None:
    assert fitted(line, columns) == expected


def test_durations() -> None:
    assert [duration(s) for s in (0.00004, 0.0042, 0.25, 2.5)] == [
        "0.0 ms",
        "4.2 ms",
        "250 ms",
        "2.50 s",
    ]


@pytest.mark.parametrize("started_at", [-9e10, -1.0, 9.9e10])
def test_a_time_beyond_the_calendar_is_the_nearest(tmp_path: Path, started_at: float) -> None:
    header = {"type": "recording", "version": 1, "program": "p", "endpoint": "e", "base_url": "b"}
    request = {"type": "request", "exchange": 1, "at": 0, "started_at": started_at, "body": {}}
    file = tmp_path / "old.jsonl"
    file.write_text(f"{json.dumps(header)}\n{json.dumps(request)}\n")
    code, told, _ = inspected(file)
    assert code is ExitCode.OK
    assert re.search(r"^sent (1970|2999|3000)-", told, re.MULTILINE)


def test_the_summary_alone(home: Home, chat_server: ChatServer) -> None:
    chat_server.default = [*text_chunks("a"), Sleep(0.1), *reply("b"), Send(b"")]
    home.run("ask", "hi", "--record", "r.jsonl")
    shown = home.run("inspect", "--summary", "r.jsonl").stdout
    assert "3 tokens, done" in shown
    assert re.search(r"longest (\d{2,} ms|[\d.]+ s)", shown)
    assert "bytes  kind" not in shown


@needs_recordings
@pytest.mark.parametrize("is_json", [False, True])
def test_every_recorded_stream_can_be_inspected(tmp_path: Path, is_json: bool) -> None:
    for recording in recordings():
        file = tmp_path / "body.sse"
        file.write_bytes(recording.body)
        code, shown, said = inspected(file, is_json=is_json)
        assert (code, said) == (ExitCode.OK, ""), recording.name
        if is_json:
            assert_told(json_lines(shown), recording)


def assert_told(lines: list[dict[str, Any]], recording: Recording) -> None:
    expected = recording.expected
    text = "".join(line["delta"] for line in lines if line["type"] == "text")
    if "text" in expected:
        assert text == expected["text"], recording.name
    assert lines[-1]["type"] == ("error" if expected["error"] else "done"), recording.name


SENSIBLE = {
    "openrouter__fantasy-gemini-tool-streaming": {
        "keep_alive",
        "finish_reason_repeated",
        "usage_beside_choices",
    },
    "deepseek__prism-deepseek-stream-with-reasoning-1": {
        "content_null",
        "reasoning_field",
        "usage_beside_choices",
    },
    "llamacpp-b11549__json-schema": {"keep_alive", "content_null", "usage_elsewhere"},
    "azure__dd-trace-py-v1-azure-chat-completion-streamed": {"choices_empty", "no_delta"},
    "groq__prism-groq-stream-with-tools-1": {"usage_absent"},
    "groq__pydantic-ai-test-groq-test-tool-use-failed-error-streaming-with-text": {
        "error_in_stream"
    },
    "mistral__pydantic-ai-test-mistral-test-mistral-model-thinking": {"content_list"},
}


@needs_recordings
@pytest.mark.parametrize(
    "recording",
    [each for each in recordings() if "timings" in each.name or "ping-comments" in each.name],
    ids=lambda recording: recording.name,
)
def test_both_ways_to_inspect_count_the_same(tmp_path: Path, recording: Recording) -> None:
    file = tmp_path / "body.sse"
    file.write_bytes(recording.body)
    lines = json_lines(inspected(file, is_json=True)[1])
    usage = next(line for line in lines if line["type"] == "usage")
    shown = inspected(file)[1]
    assert usage["estimated"] is False
    assert f" {usage['completion_tokens']} tokens, " in shown
    assert "no usage came" not in shown
    assert "usage stands not in the chunk itself but in `timings`" in shown


@needs_recordings
def test_the_oddities_of_known_servers(tmp_path: Path) -> None:
    found = 0
    for recording in recordings():
        wanted = next((kinds for name, kinds in SENSIBLE.items() if name in recording.name), None)
        if wanted is None:
            continue
        found += 1
        file = tmp_path / "body.sse"
        file.write_bytes(recording.body)
        lines = json_lines(inspected(file, is_json=True)[1])
        kinds = {line["kind"] for line in lines if line["type"] == "oddity"}
        assert wanted <= kinds, recording.name
    assert found >= 5
