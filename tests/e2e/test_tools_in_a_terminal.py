"""The tutorial's tool call on a real terminal: watched, approved by a key, run, answered."""

import json
import threading
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Wait, ending, reply, tool_call_chunks
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "weather.py"
F7 = "\x1b[18~"
PATIENCE_S = 20.0


def test_arguments_are_watched_and_the_call_is_approved(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    tools = tmp_path / "config" / "tools"
    tools.mkdir(parents=True)
    (tools / "weather.py").write_bytes(EXAMPLE.read_bytes())
    gates = [threading.Event(), threading.Event()]
    opening, *fragments = tool_call_chunks(
        0, "call_1", "get_weather", '{"', "city", '":"', "北京", '"}'
    )
    chat_server.enqueue(
        opening,
        Wait(gates[0]),
        *fragments[:4],
        Wait(gates[1]),
        fragments[4],
        *ending("tool_calls"),
    )
    chat_server.enqueue(*reply("明天小雨，", "请带伞。"))
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        terminal.wait_until("Message", PATIENCE_S)
        terminal.type("北京今天天气如何？\r")
        terminal.wait_until("get_weather", PATIENCE_S)
        gates[0].set()
        terminal.wait_until(r"city\s+北\s?京", PATIENCE_S)
        assert "F7" not in terminal.text
        gates[1].set()
        terminal.wait_until("F7.*allow once", PATIENCE_S)
        terminal.read_for(0.5)  # the moment in which a key is not yet an answer
        terminal.type(F7)
        terminal.wait_until("✓ get_weather", PATIENCE_S)
        terminal.wait_until(r"请\s?带\s?伞", PATIENCE_S)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    call, answer = chat_server.chats[1].body["messages"][-2:]
    assert call["tool_calls"][0]["function"]["arguments"] == '{"city":"北京"}'
    assert json.loads(answer["content"])["weather"] == "小雨"
    offered = [tool["function"]["name"] for tool in chat_server.chats[0].body["tools"]]
    assert "get_weather" in offered
