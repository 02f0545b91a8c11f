"""Tools in the full screen over HTTP: watched, approved, run and answered."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from chatapp.commands.tools import GRACE_S
from chatapp.core.messages import Ending, ToolResultPart, ToolStatus
from chatapp.core.ports import JsonValue, Policy, ToolDeclaration
from chatapp.session.approval import PolicyBook
from chatapp.session.tool_kit import ToolKit
from chatapp.tools.policy_file import PolicyFile
from chatapp.ui.live_figures import live_figures
from tests.support.chat_server import (
    ChatServer,
    Respond,
    ending,
    reply,
    tool_call_chunks,
)
from tests.support.full_screen import Chat, chat_with

RESULT = {
    "city": "北京",
    "date": "明天",
    "temperature": 22,
    "weather": "小雨",
    "humidity": 85,
    "wind": "东北风3级",
}
FRAGMENTS = ('{"', "city", '":"', "北京", '"}')


class Weather:
    """The tutorial's tool."""

    origin = "built in"
    default_policy = Policy.ASK
    declaration = ToolDeclaration(
        "get_weather",
        "获取指定城市的天气信息",
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    )

    async def run(self, arguments: Mapping[str, JsonValue], report: Callable[[str], None]) -> str:
        return json.dumps({**RESULT, "city": arguments["city"]}, ensure_ascii=False)


class OneTool:
    """A supply of just the tutorial's tool."""

    tools = (Weather(),)
    notes: tuple[str, ...] = ()

    @staticmethod
    def on_change() -> None: ...

    async def open(self) -> None: ...

    async def ready(self) -> None: ...

    async def wait(self) -> None: ...

    async def close(self) -> None: ...


@pytest.fixture
def kit(tmp_path: Path) -> ToolKit:
    def no_problem(words: str) -> None:
        raise AssertionError(words)

    book = PolicyBook(PolicyFile(tmp_path / "approvals.json"), no_problem)
    return ToolKit(OneTool(), book, lambda call_id, text: "", None)


def results(chat: Chat) -> list[ToolResultPart]:
    return [part for part in chat.last.parts if isinstance(part, ToolResultPart)]


async def answer(chat: Chat, key: str) -> None:
    """Press a key of the panel once the question has stood there for a moment."""
    runner = chat.session.runner
    assert runner is not None
    await chat.until(lambda: runner.desk.waiting_s > GRACE_S, "the question")
    await chat.pilot.press(key)


def call_the_weather(chat_server: ChatServer) -> None:
    chat_server.enqueue(
        *tool_call_chunks(0, "call_1", "get_weather", *FRAGMENTS), *ending("tool_calls")
    )


async def test_the_tutorials_call_is_seen_approved_run_and_answered(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    call_the_weather(chat_server)
    chat_server.enqueue(*reply("明天小雨，", "出门请带伞。"))
    flags = {"system": "根据天气信息，请你根据现实准确专业的给出出行，穿衣，活动建议"}
    async with chat_with(chat_server.base_url, tmp_path, kit=kit, flags=flags) as chat:
        await chat.say("北京今天天气如何？")
        await chat.until_shown("get_weather", "city", "北京", "F7", "awaiting your approval")
        assert len(chat_server.chats) == 1
        await answer(chat, "f7")
        await chat.until_idle()
        await chat.until_shown("明天小雨，出门请带伞。", "✓ get_weather")
    first, second = (exchange.body for exchange in chat_server.chats)
    assert first["tools"][0]["function"]["description"] == "获取指定城市的天气信息"
    assert [message["role"] for message in second["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]
    assert second["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"city":"北京"}'
    assert json.loads(second["messages"][3]["content"]) == RESULT
    assert "小雨" in chat_server.chats[1].raw_body.decode()


async def test_fragments_that_end_in_invalid_json_are_shown_and_told(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    chat_server.enqueue(
        *tool_call_chunks(0, "call_1", "get_weather", '{"city":"北', "京"), *ending("tool_calls")
    )
    chat_server.enqueue(*reply("再试一次。"))
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        await chat.until_idle()
        await chat.until_shown("再试一次。", "✗ get_weather", "not valid JSON")
    told = chat_server.chats[1].body["messages"][-1]
    assert told["role"] == "tool"
    assert "not valid JSON" in told["content"]


async def test_a_declined_call_is_told_to_the_model(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    call_the_weather(chat_server)
    chat_server.enqueue(*reply("好的。"))
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        await chat.until_shown("F9")
        await answer(chat, "f9")
        await chat.until_idle()
        await chat.until_shown("好的。", "denied")
    assert "declined" in chat_server.chats[1].body["messages"][-1]["content"]


async def test_a_key_that_was_meant_for_something_else_does_not_answer(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    call_the_weather(chat_server)
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        runner = chat.session.runner
        assert runner is not None
        while runner.desk.waiting is None:
            await asyncio.sleep(0)
        chat.screen.run_by_name("allow")
        await chat.until_shown("only just come")
        assert runner.desk.waiting == "call_1"
        await answer(chat, "f7")
        await chat.until_idle()


async def test_always_allowed_is_remembered_and_taken_back_in_the_list(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    for _ in range(2):
        call_the_weather(chat_server)
        chat_server.enqueue(*reply("好的。"))
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("一？")
        await chat.until_shown("F7")
        chat.screen.composer.draft = "/allow-always"
        await answer(chat, "enter")
        await chat.until_idle()
        await chat.say("二？")
        await chat.until_idle()
        assert len(chat_server.chats) == 4
        assert PolicyFile(tmp_path / "approvals.json").load() == {"get_weather": Policy.ALWAYS}
        await chat.say("/tools")
        await chat.until_shown("always  get_weather")
        await chat.pilot.press("enter", "enter", "escape")
        assert PolicyFile(tmp_path / "approvals.json").load() == {"get_weather": Policy.ASK}


async def test_typing_never_answers_an_approval_and_escape_cancels_the_call(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    call_the_weather(chat_server)
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        await chat.until_shown("F7")
        await chat.type("yes, allow y Y a always 1 2 3")
        await chat.pilot.press("enter")
        assert chat.session.is_busy
        assert chat.screen.composer.draft == "yes, allow y Y a always 1 2 3"
        await chat.pilot.press("escape")
        await chat.until_idle()
        assert "allow here" not in chat.text
        assert chat.last.ending is Ending.STOPPED
        assert [result.status for result in results(chat)] == [ToolStatus.CANCELLED]
        chat.screen.composer.draft = ""
        await chat.say("weiter")
        await chat.until_idle()
    answers = [m for m in chat_server.chats[1].body["messages"] if m["role"] == "tool"]
    assert [answer["content"] for answer in answers] == ["cancelled"]


async def test_what_is_wrong_with_tools_is_told_when_it_is_known(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    supply = kit.supply
    assert isinstance(supply, OneTool)
    supply.notes = ("broken.py, line 3: a [bracket\x1b] is missing",)
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.until_shown("broken.py, line 3", "[bracket")
        supply.notes = (*supply.notes, "MCP server files: the process ended")
        supply.on_change()
        await chat.until_shown("the process ended")
        assert "\x1b" not in chat.text


async def test_a_server_without_tools_is_asked_without_and_the_person_told(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    chat_server.enqueue(Respond(400, {"error": {"message": "test-model does not support tools"}}))
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        await chat.until_shown("Hello, world!", "takes no tools")
    assert ["tools" in exchange.body for exchange in chat_server.chats] == [True, False]


async def test_tools_are_switched_off_and_forced(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        for line in ("/tools off", "one", "/tools on", "/tool-choice required", "two"):
            await chat.say(line)
            await chat.until_idle()
        await chat.say("/parallel-calls off")
        await chat.say("three")
        await chat.until_idle()
    one, two, three = (exchange.body for exchange in chat_server.chats)
    assert "tools" not in one
    assert two["tool_choice"] == "required"
    assert three["parallel_tool_calls"] is False


async def test_a_call_that_waits_in_another_conversation_is_answered_after_coming_back(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    call_the_weather(chat_server)
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        await chat.until_shown("allow here")
        await chat.pilot.press("ctrl+n")
        await chat.until(lambda: "allow here" not in chat.text, "the footer of the new one")
        await chat.pilot.press("f7")
        await chat.say("/previous")
        await chat.until_shown("get_weather", "allow here")
        assert chat.session.is_busy
        await answer(chat, "f7")
        await chat.until_idle()
        assert [result.status for result in results(chat)] == [ToolStatus.FINISHED]


async def test_a_server_that_waits_for_the_person_is_not_called_stalled(
    chat_server: ChatServer, tmp_path: Path, kit: ToolKit
) -> None:
    call_the_weather(chat_server)
    async with chat_with(chat_server.base_url, tmp_path, kit=kit) as chat:
        await chat.say("北京？")
        await chat.until_shown("allow here")
        assert live_figures(chat.session).silence_s == 0.0
        await chat.pilot.press("escape")


async def test_names_of_tools_that_there_are_not_are_warnings(
    chat_server: ChatServer, kit: ToolKit, tmp_path: Path
) -> None:
    flags = {"tools": "get_weather,nosuch", "tool_choice": "get_whether"}
    async with chat_with(chat_server.base_url, tmp_path, flags=flags, kit=kit) as chat:
        await chat.until_told("--tools: nosuch is no tool (allowed: all, none, get_weather)")
        await chat.until_told("--tool-choice: get_whether is no tool; did you mean get_weather?")
        await chat.say("hi")
        await chat.until_shown("Hello, world!")
        assert chat_server.chats[0].body["tool_choice"] == "auto"
