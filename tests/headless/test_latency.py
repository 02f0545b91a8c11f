"""`chatapp latency` against servers whose delays are known: ratios, not absolute times."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatapp.headless.latency_report import Measurement, latency_table
from tests.support.chat_server import (
    DONE,
    ChatServer,
    Exchange,
    Respond,
    Sleep,
    Stall,
    Step,
    ending,
    sse,
    text_chunks,
    tool_call_chunks,
)
from tests.support.local_model import require_real_model
from tests.support.programs import TIMEOUT_S, Home

TANG = "写一篇长篇文章，解释唐朝的历史"
FIRST_S, REST_S = 0.08, 0.24


def paced(exchange: Exchange) -> list[Step]:
    """The same reply in the same time, with and without streaming."""
    if exchange.body.get("stream"):
        return [Sleep(FIRST_S), *text_chunks("唐"), Sleep(REST_S), *text_chunks("朝"), *ending()]
    return [Sleep(FIRST_S + REST_S), whole_reply("唐朝")]


def whole_reply(text: str) -> Step:
    """A reply that is not streamed."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    return Respond(200, body)


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Iterator[Home]:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    chat_server.default = paced
    yield home
    home.close()


def measured(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_streaming_is_sooner_by_what_the_server_took(home: Home, chat_server: ChatServer) -> None:
    answer = home.run("latency", TANG, "--json", "--runs", "2", "--temperature", "0")
    lines = measured(answer.stdout)
    assert answer.returncode == 0
    assert [(line["run"], line["is_streamed"]) for line in lines] == [
        (1, True),
        (1, False),
        (2, False),
        (2, True),
    ]
    for line in lines:
        assert (line["type"], line["tokens"], line["is_estimated"]) == ("latency", 3, False)
        share = line["ttft_s"] / line["total_s"]
        assert 0.1 < share < 0.5 if line["is_streamed"] else share > 0.95
        assert line["tokens_per_s"] == pytest.approx(3 / line["total_s"], rel=0.05)
    bodies = [exchange.body for exchange in chat_server.chats]
    assert {(body["temperature"], body["messages"][0]["content"]) for body in bodies} == {(0, TANG)}


def test_a_table_of_several_models(home: Home, chat_server: ChatServer) -> None:
    answer = home.run("latency", TANG, "--model", "one", "--model", "two")
    assert answer.returncode == 0
    assert [exchange.body["model"] for exchange in chat_server.chats] == ["one"] * 2 + ["two"] * 2
    header, *rows = answer.stdout.splitlines()
    assert header.split() == ["model", "way", "runs", "TTFT", "total", "tokens", "tokens/s"]
    assert [row.split()[1] for row in rows[:4]] == ["streaming", "not", "streaming", "not"]
    assert [row.split("/")[1].split()[0] for row in rows[:4]] == ["one", "one", "two", "two"]
    assert "times as soon" in rows[4]


def test_a_model_that_fails_is_told_and_the_others_are_measured(
    home: Home, chat_server: ChatServer
) -> None:
    chat_server.enqueue(Respond(404, {"error": {"message": "no model named one"}}))
    answer = home.run("latency", TANG, "--model", "one", "--model", "two", "--json")
    assert answer.returncode == 1
    assert "no model named one" in answer.stderr
    assert [line["model"].partition("/")[2] for line in measured(answer.stdout)] == ["two"] * 2


async def test_ctrl_c_ends_with_what_is_there(home: Home, chat_server: ChatServer) -> None:
    chat_server.enqueue(paced)
    chat_server.enqueue(paced)
    chat_server.enqueue(Stall())
    measuring = home.start("latency", TANG, "--runs", "5")
    async with asyncio.timeout(TIMEOUT_S):
        while len(chat_server.chats) < 3:
            await asyncio.sleep(0.01)
    measuring.send_signal(signal.SIGINT)
    stdout, stderr = measuring.communicate(timeout=TIMEOUT_S)
    assert measuring.returncode == 130
    rows = stdout.decode().splitlines()
    assert len(rows) == 4
    assert b"Traceback" not in stderr
    assert chat_server.chats[2].disconnected.wait(5)


def test_a_replay_is_measured_with_its_own_times(home: Home) -> None:
    home.run("ask", TANG, "--record", "r.jsonl")
    answer = home.run("latency", "随便", "--replay", "r.jsonl", "--json")
    streamed, whole = measured(answer.stdout)
    assert 0.1 < streamed["ttft_s"] / streamed["total_s"] < 0.5
    assert whole["ttft_s"] / whole["total_s"] > 0.95
    assert whole["total_s"] == pytest.approx(streamed["total_s"], rel=1.0)


def test_the_local_model_is_measured_and_recorded(tmp_path: Path) -> None:
    model = require_real_model()
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    (models / model.path.name).symlink_to(model.path)
    home = Home(tmp_path)
    flags = ["--max-tokens", "8", "--temperature", "0", "--json", "--record", "r.jsonl"]
    answer = home.run("latency", TANG, *flags)
    assert answer.returncode == 0, answer.stderr
    streamed, whole = measured(answer.stdout)
    assert streamed["tokens"] == whole["tokens"] == 8
    assert 0 < streamed["ttft_s"] < streamed["total_s"]
    shown = home.run("inspect", "--summary", "r.jsonl").stdout
    assert shown.count("(local)") >= 2  # more where one had to be asked twice
    assert shown.count("8 tokens, ") == 2


def test_without_usage_the_tokens_are_estimates(home: Home, chat_server: ChatServer) -> None:
    chat_server.default = [*text_chunks("唐朝"), *ending(usage=None)]
    answer = home.run("latency", TANG)
    assert answer.stdout.splitlines()[1].split()[-2] == "~1"


WORDLESS: list[tuple[list[Step], list[Step], str]] = [
    (
        [sse({"id": "x"}), sse({"choices": None}), DONE],
        [whole_reply("")],
        "the reply was empty, so there is no TTFT",
    ),
    (
        [*tool_call_chunks(0, "call_1", "get_weather", '{"city":"北京"}'), *ending("tool_calls")],
        [whole_reply("唐朝")],
        "a tool was called, but no text came, so there is no TTFT",
    ),
]


@pytest.mark.parametrize(("streamed", "whole", "said"), WORDLESS, ids=["empty", "a call"])
def test_a_reply_without_a_word_has_no_first_one(
    streamed: list[Step], whole: list[Step], said: str, home: Home, chat_server: ChatServer
) -> None:
    chat_server.default = lambda exchange: streamed if exchange.body.get("stream") else whole
    answer = home.run("latency", TANG, "--json")
    assert measured(answer.stdout)[0]["ttft_s"] is None
    assert said in answer.stderr
    shown = home.run("latency", TANG).stdout
    _header, row, _whole, conclusion = shown.splitlines()
    assert row.split()[3] == "none"
    assert "no text came, so there is nothing to compare" in conclusion
    assert "first word" not in shown


def test_replies_with_words_are_compared_though_one_has_none() -> None:
    runs = [
        Measurement("m", run, is_streamed, ttft, 2.0, 100, is_estimated=False)
        for run, ttft in enumerate((0.1, None), 1)
        for is_streamed in (True, False)
    ]
    conclusion = list(latency_table(runs))[-1]
    assert "after 100 ms instead of 100 ms" in conclusion


def test_the_table_shows_medians_and_spread() -> None:
    runs = [
        Measurement("m\x1b/透明", run, is_streamed, ttft, 2.0, 100, is_estimated=False)
        for run, ttft in enumerate((0.1, 0.4, 0.2), 1)
        for is_streamed in (True, False)
    ]
    header, streamed, whole, conclusion = latency_table(runs)
    assert "200 ms (100 ms to 400 ms)" in streamed
    assert streamed.split()[-1] == "50.0"
    assert header.index("way") == streamed.index("streaming") + len("透明")
    assert "\x1b" not in conclusion + whole
