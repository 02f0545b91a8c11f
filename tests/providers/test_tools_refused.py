"""Servers that take no tools: asked again without, once, remembered, and told."""

import pytest

from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest, ToolDeclaration
from chatapp.core.stream_events import ProviderEvent, TextDelta, ToolsRefused
from chatapp.providers.openai_chat import OpenAIChat
from tests.support.chat_server import ChatServer, Respond
from tests.support.grammar import assert_legal

TOOL = ToolDeclaration(
    "get_weather", "获取指定城市的天气信息", {"type": "object", "properties": {}}
)
QUESTION = ChatMessage("u", None, Role.USER, (TextPart("北京今天天气如何？"),), 0.0)


async def ask(provider: OpenAIChat, **extra: object) -> list[ProviderEvent]:
    request = ChatRequest("m", (QUESTION,), tools=(TOOL,), **extra)  # type: ignore[arg-type] - test
    return [event async for batch in provider.stream(request) for event in batch]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "registry.ollama.ai/library/gemma3:1b does not support tools"),
        (500, "tools param requires --jinja flag"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser'),
        (404, "No endpoints found that support tool use."),
        (400, "Function calling is not enabled; this model does not support function calling"),
        (422, "Unsupported parameter: tools"),
    ],
)
async def test_the_request_goes_again_without_tools(
    chat_server: ChatServer, status: int, words: str
) -> None:
    chat_server.enqueue(Respond(status, {"error": {"message": words}}))
    provider = OpenAIChat(Endpoint("lab", chat_server.base_url))
    first, second = await ask(provider), await ask(provider)
    await provider.close()
    assert_legal(first)
    assert ToolsRefused() in first
    assert "".join(e.text for e in first if isinstance(e, TextDelta)) == "Hello, world!"
    assert ToolsRefused() not in second
    assert ["tools" in chat.body for chat in chat_server.chats] == [True, False, False]
    assert "tool_choice" not in chat_server.chats[1].body


async def test_another_refusal_is_not_mistaken_for_it(chat_server: ChatServer) -> None:
    chat_server.enqueue(Respond(400, {"error": {"message": "Tool call validation failed"}}))
    provider = OpenAIChat(Endpoint("lab", chat_server.base_url))
    events = await ask(provider)
    await provider.close()
    assert ToolsRefused() not in events
    assert len(chat_server.chats) == 1


async def test_choice_and_parallel_calls_are_sent_as_set(chat_server: ChatServer) -> None:
    provider = OpenAIChat(Endpoint("lab", chat_server.base_url))
    await ask(provider, tool_choice="get_weather", has_parallel_tool_calls=False)
    await ask(provider, tool_choice="required")
    await provider.close()
    named, required = (chat.body for chat in chat_server.chats)
    assert named["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
    assert named["parallel_tool_calls"] is False
    assert required["tool_choice"] == "required"
    assert "parallel_tool_calls" not in required
    assert "获取指定城市的天气信息" in chat_server.chats[0].raw_body.decode()
