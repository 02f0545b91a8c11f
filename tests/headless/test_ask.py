"""`chatapp ask` as its users run it: a process, a server, real sockets."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chat_server import (
    ChatServer,
    Drop,
    Respond,
    Send,
    Stall,
    Step,
    Wait,
    chunk,
    ending,
    reasoning_chunks,
    reply,
    sse,
    text_chunks,
    tool_call_chunks,
)
from tests.support.programs import TIMEOUT_S, Home

AIR_CONDITIONER = "为什么空调能吹出冷热两种不同的风？"
METALS = ("是", "的", "，", "Al", "uminum", " Nit", "ride", " Al", "₂", "O", "₃", "。\n\n", "👩‍🚀")
ENTROPY = "根据热力学第二定律，世界将越来越混乱。那为什么会产生能体现秩序的细胞、生物和人类？"


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Iterator[Home]:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    yield home
    home.close()


def json_lines(stdout: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in stdout.splitlines()]


class TestPlainText:
    def test_the_text_goes_out_exactly_as_it_came(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(*reply(*METALS))
        answer = home.run("ask", "有透明的金属吗？", "--max-tokens", "300", "--system", "简短")
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "".join(METALS), "")
        body = chat_server.chats[0].body
        assert body["messages"] == [
            {"role": "system", "content": "简短"},
            {"role": "user", "content": "有透明的金属吗？"},
        ]
        assert (body["model"], body["max_tokens"], body["stream"]) == ("test-model", 300, True)

    def test_it_goes_out_as_it_comes(self, home: Home, chat_server: ChatServer) -> None:
        gate = threading.Event()
        chat_server.enqueue(*text_chunks("空", "调"), Wait(gate), *text_chunks("能"), *ending())
        asking = home.start("ask", AIR_CONDITIONER)
        assert asking.stdout is not None
        assert asking.stdout.read(6).decode() == "空调"
        gate.set()
        rest, errors = asking.communicate(timeout=TIMEOUT_S)
        assert (rest.decode(), errors, asking.returncode) == ("能", b"", 0)

    def test_without_streaming_it_is_the_same_text(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        message = {"role": "assistant", "content": "".join(METALS)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        chat_server.enqueue(Respond(200, {"id": "1", "model": "m", "choices": [choice]}))
        answer = home.run("ask", "--no-stream", AIR_CONDITIONER)
        assert (answer.returncode, answer.stdout) == (0, "".join(METALS))
        assert not chat_server.chats[0].body.get("stream")

    def test_what_a_server_says_of_an_error_is_safe_in_a_pipe_too(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        said = "no\x1b]0;pwned\x07\x1b[2J\x9b31m 换一个"
        chat_server.default = [Respond(400, {"error": {"message": said}})]
        for command in (("ask", "hi"), ("latency", "hi", "--runs", "1")):
            answer = home.run(*command)
            assert answer.returncode != 0
            assert "no␛]0;pwned␇␛[2J‹9B›31m 换一个" in answer.stderr

    def test_standard_input_stands_below_the_question(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        home.run("ask", "翻译：", stdin="有透明的金属吗？\n第二行\n")
        home.run("ask", stdin="只有这个\n")
        asked = [exchange.body["messages"][-1]["content"] for exchange in chat_server.chats]
        assert asked == ["翻译：\n\n有透明的金属吗？\n第二行", "只有这个"]

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
    )
    def test_standard_input_is_text_in_whatever_encoding(
        self, home: Home, chat_server: ChatServer, encoding: str
    ) -> None:
        mark = "\ufeff" if encoding.endswith("e") else ""
        (home.folder / "piped").write_bytes(f"{mark}{AIR_CONDITIONER}\n".encode(encoding))
        with (home.folder / "piped").open("rb") as piped:
            asking = subprocess.run(
                home.command("ask"),
                stdin=piped,
                capture_output=True,
                cwd=home.folder,
                env=home.environ,
                timeout=TIMEOUT_S,
                check=False,
            )
        assert (asking.returncode, asking.stderr) == (0, b"")
        assert chat_server.chats[0].body["messages"][-1]["content"] == AIR_CONDITIONER

    def test_reasoning_is_not_the_answer(self, home: Home, chat_server: ChatServer) -> None:
        chat_server.enqueue(*reasoning_chunks("嗯", "…"), *text_chunks("是"), *ending())
        assert home.run("ask", "hi").stdout == "是"

    def test_a_cut_at_the_limit_is_said(self, home: Home, chat_server: ChatServer) -> None:
        chat_server.enqueue(*text_chunks("热力学第二定律确实指出，在"), *ending("length", (39, 10)))
        answer = home.run("ask", ENTROPY, "--max-tokens", "10")
        assert (answer.returncode, answer.stdout) == (0, "热力学第二定律确实指出，在")
        assert "length" in answer.stderr

    def test_a_call_is_told_and_ends_the_turn(self, home: Home, chat_server: ChatServer) -> None:
        call = tool_call_chunks(0, "call_1", "get_weather", '{"', "city", '":"', "北京", '"}')
        chat_server.enqueue(*call, *ending("tool_calls"))
        answer = home.run("ask", "北京今天天气如何？")
        assert (answer.returncode, answer.stdout) == (0, "")
        assert 'get_weather({"city":"北京"})' in answer.stderr

    def test_a_model_that_nobody_named_is_the_first_the_server_lists(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        del home.variables["CHATAPP_MODEL"]
        assert home.run("ask", "hi").returncode == 0
        assert chat_server.chats[0].body["model"] == "other-model"


class TestJsonLines:
    def test_every_kind_of_line(self, home: Home, chat_server: ChatServer) -> None:
        usage = {
            "prompt_tokens": 39,
            "completion_tokens": 467,
            "total_tokens": 506,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 5},
        }
        chat_server.enqueue(
            *reasoning_chunks("想"),
            Send(b"".join(step.data for step in text_chunks("根据", "定律"))),
            *tool_call_chunks(0, "call_1", "get_weather", '{"city":', '"北京"}'),
            *tool_call_chunks(1, "call_2", "get_time", "{}"),
            chunk({}, "tool_calls"),
            sse({"choices": [], "usage": usage}),
            sse("[DONE]"),
        )
        answer = home.run("ask", "--json", ENTROPY)
        assert answer.returncode == 0
        *lines, done = json_lines(answer.stdout)
        assert lines == [
            {"type": "reasoning", "delta": "想"},
            # what one network read brings is one line
            {"type": "text", "delta": "根据定律"},
            {
                "type": "tool_call",
                "index": 0,
                "id": "call_1",
                "name": "get_weather",
                "arguments": '{"city":"北京"}',
            },
            {
                "type": "tool_call",
                "index": 1,
                "id": "call_2",
                "name": "get_time",
                "arguments": "{}",
            },
            {
                "type": "usage",
                "prompt_tokens": 39,
                "completion_tokens": 467,
                "total_tokens": 506,
                "estimated": False,
                "cached_tokens": 8,
                "reasoning_tokens": 5,
            },
        ]
        assert (done["type"], done["finish_reason"]) == ("done", "tool_calls")
        ttft_s, elapsed_s = done["ttft_s"], done["elapsed_s"]
        assert isinstance(ttft_s, float)
        assert isinstance(elapsed_s, float)
        assert 0 < ttft_s <= elapsed_s
        assert "北京" in answer.stdout

    def test_usage_nobody_reported_is_marked_as_an_estimate(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(*text_chunks("是的，有透明的金属。"), *ending(usage=None))
        (usage,) = [
            line
            for line in json_lines(home.run("ask", "--json", "有透明的金属吗？").stdout)
            if line["type"] == "usage"
        ]
        assert usage["estimated"] is True
        assert usage["total_tokens"] != 0

    def test_a_failure_is_the_last_line(self, home: Home, chat_server: ChatServer) -> None:
        home.variables["OPENAI_API_KEY"] = "sk-wrong"
        body = {"error": {"message": "Incorrect API key provided"}}
        chat_server.enqueue(Respond(401, body, {"x-request-id": "req_7"}))
        answer = home.run("ask", "--json", "hi")
        assert answer.returncode == 1
        (error,) = json_lines(answer.stdout)
        assert (error["type"], error["kind"], error["status"]) == ("error", "key_rejected", 401)
        assert "Incorrect API key" in str(error["server_words"])
        assert error["request_id"] == "req_7"
        assert error["message"]
        assert error["next_step"]

    def test_a_cut_keeps_what_came(self, home: Home, chat_server: ChatServer) -> None:
        chat_server.enqueue(*text_chunks("半"), Drop())
        answer = home.run("ask", "--json", "hi")
        assert answer.returncode == 1
        lines = json_lines(answer.stdout)
        assert [line["type"] for line in lines] == ["text", "usage", "error"]
        step = "What arrived was printed. Ask again, or another model with --model."
        assert lines[-1]["next_step"] == step  # nothing is kept that one could continue


class TestFailure:
    def test_it_is_told_on_standard_error(self, home: Home, chat_server: ChatServer) -> None:
        home.variables["OPENAI_API_KEY"] = "sk-very-secret"
        body = {"error": {"message": "Incorrect API key provided: sk-very-secret"}}
        chat_server.enqueue(Respond(401, body, {"x-request-id": "req_7"}))
        answer = home.run("ask", "hi")
        assert (answer.returncode, answer.stdout) == (1, "")
        for word in ("401", "Incorrect API key provided", "req_7", "next:"):
            assert word in answer.stderr
        assert "Traceback" not in answer.stderr
        assert chat_server.chats[0].headers["authorization"] == "Bearer sk-very-secret"
        log = home.folder / "data" / "chatapp.log"
        for text in (answer.stderr, log.read_text(encoding="utf-8")):
            assert "sk-very-secret" not in text

    def test_nobody_there(self, home: Home) -> None:
        with ChatServer() as gone:
            home.variables["OPENAI_BASE_URL"] = gone.base_url
        answer = home.run("ask", "hi")
        assert answer.returncode == 1
        assert "Traceback" not in answer.stderr

    def test_no_key_is_sent_where_there_is_none(self, home: Home, chat_server: ChatServer) -> None:
        assert home.run("ask", "hi").returncode == 0
        assert not chat_server.chats[0].headers.get("authorization", "").startswith("Bearer sk-")

    def test_a_strangers_dotenv_gets_no_key(self, home: Home, chat_server: ChatServer) -> None:
        del home.variables["OPENAI_BASE_URL"]
        home.variables["OPENAI_API_KEY"] = "sk-own"
        dotenv = f"OPENAI_BASE_URL={chat_server.base_url}\n"
        (home.folder / ".env").write_text(dotenv, encoding="utf-8")
        assert home.run("ask", "hi").returncode == 0
        assert "sk-own" not in str(chat_server.chats[0].headers)

    def test_a_bad_config_line_is_told_and_the_question_asked(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        (home.folder / "config").mkdir()
        (home.folder / "config" / "config.toml").write_text("\ntemprature = 1\n", encoding="utf-8")
        answer = home.run("ask", "hi")
        assert (answer.returncode, answer.stdout) == (0, "Hello, world!")
        assert "line 2" in answer.stderr
        assert "did you mean temperature?" in answer.stderr


class TestStop:
    def test_an_interrupt_keeps_what_came_and_closes_the_response(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(*text_chunks("是的"), Stall())
        asking = home.start("ask", "hi")
        assert asking.stdout is not None
        assert asking.stdout.read(6).decode() == "是的"
        asking.send_signal(signal.SIGINT)
        rest, errors = asking.communicate(timeout=TIMEOUT_S)
        assert (rest, asking.returncode) == (b"", 130)
        assert b"Traceback" not in errors
        assert chat_server.chats[0].disconnected.wait(1.0)

    def test_an_interrupt_before_the_first_byte(self, home: Home, chat_server: ChatServer) -> None:
        arrived = threading.Event()

        def stall(_exchange: object) -> list[Stall]:
            arrived.set()
            return [Stall()]

        chat_server.enqueue(stall)
        asking = home.start("ask", "--json", "hi")
        assert arrived.wait(TIMEOUT_S)
        asking.send_signal(signal.SIGINT)
        output, errors = asking.communicate(timeout=TIMEOUT_S)
        assert asking.returncode == 130
        assert b"Traceback" not in errors
        (done,) = json_lines(output.decode())
        assert (done["type"], done["finish_reason"], done["ttft_s"]) == ("done", None, None)
        assert chat_server.chats[0].disconnected.wait(1.0)

    def test_an_interrupt_reaches_a_write_that_nobody_reads(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        served = 0

        def endless(_exchange: object) -> Iterator[Step]:
            nonlocal served
            while True:
                served += 1
                yield from text_chunks("line\n" * 2000)

        chat_server.enqueue(endless)
        asking = home.start("ask", "hi")
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"line\n"
        deadline, seen = time.monotonic() + TIMEOUT_S, -1
        while served != seen and time.monotonic() < deadline:  # until nobody takes any more
            seen = served
            time.sleep(0.3)
        asking.send_signal(signal.SIGINT)
        assert asking.wait(TIMEOUT_S) == 130

    def test_a_reader_that_leaves_ends_it_quietly(
        self, home: Home, chat_server: ChatServer
    ) -> None:
        def endless(_exchange: object) -> Iterator[Step]:
            while True:
                yield from text_chunks("line\n" * 200)

        chat_server.enqueue(endless)
        asking = home.start("ask", "hi")
        assert asking.stdout is not None
        assert asking.stderr is not None
        assert asking.stdout.readline() == b"line\n"
        asking.stdout.close()
        assert asking.wait(TIMEOUT_S) == 141
        assert asking.stderr.read() == b""
        asking.stderr.close()
        assert chat_server.chats[0].disconnected.wait(1.0)


def test_a_full_disk_is_no_traceback(home: Home) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with full.open("w") as stdout:
        asking = subprocess.run(
            home.command("ask", "hi"),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=home.environ,
            cwd=home.folder,
            timeout=TIMEOUT_S,
            check=False,
        )
    words = b"chatapp: the output cannot be written: No space left on device\n"
    assert (asking.returncode, asking.stderr) == (1, words)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
def test_a_recording_that_ends_early_is_told(home: Home, chat_server: ChatServer) -> None:
    chat_server.enqueue(*reply("a long reply " * 200))
    shell = 'ulimit -f 2; exec "$0" "$@"'
    home.variables["PYTHONDONTWRITEBYTECODE"] = "1"  # half a module would stay for the others
    command = home.command("ask", "hi", "--record", "chat.jsonl")
    done = subprocess.run(
        ["/bin/sh", "-c", shell, *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=home.folder,
        env=home.environ,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "a long reply " * 200)
    assert done.stderr == "chatapp: the recording chat.jsonl ends early: File too large\n"
