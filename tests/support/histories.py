"""What makes the messages of a request legal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_KEYS = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "prefix", "partial"},
    "tool": {"role", "content", "tool_call_id"},
}


def assert_legal_history(messages: Sequence[Mapping[str, Any]]) -> None:
    """Assert what servers demand of a history: nothing empty, every call answered exactly once."""
    json.dumps(messages, ensure_ascii=False).encode()
    open_calls: list[str] = []
    all_ids: set[str] = set()
    for place, message in enumerate(messages):
        role = message["role"]
        assert set(message) <= _KEYS[role]
        assert role != "system" or place == 0
        if role == "tool":
            assert isinstance(message["content"], str)
            assert message["tool_call_id"] in open_calls, "an answer nobody asked for"
            open_calls.remove(message["tool_call_id"])
            continue
        assert not open_calls, f"calls without an answer: {open_calls}"
        calls = message.get("tool_calls")
        if role != "assistant" or not calls:
            assert isinstance(message["content"], str)
        if role == "assistant":
            assert calls or message["content"].strip(), "an empty reply"
            open_calls = [_legal_call(call) for call in calls or ()]
            assert all_ids.isdisjoint(open_calls)
            assert len(set(open_calls)) == len(open_calls)
            all_ids.update(open_calls)
    assert not open_calls, f"calls without an answer: {open_calls}"


def _legal_call(call: Mapping[str, Any]) -> str:
    assert call["type"] == "function"
    assert isinstance(json.loads(call["function"]["arguments"]), dict)
    assert call["function"]["name"].replace("-", "_").isidentifier() or call["function"]["name"]
    tool_call_id = call["id"]
    assert isinstance(tool_call_id, str)
    assert tool_call_id
    return tool_call_id
