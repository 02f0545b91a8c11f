"""The request for a summary: legal, complete where there is room, and made to fit where not."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core.context import (
    CompactPolicy,
    ContextFill,
    ContextWindow,
    estimate_prompt_tokens,
)
from chatapp.core.endpoints import Quirks
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.ports import ChatRequest, Sampling, ToolDeclaration
from chatapp.core.usage import Usage
from chatapp.providers.request_body import build_request_body
from chatapp.session.compaction import INSTRUCTION, Advice, advise, summary_request
from tests.support.conversations import histories, played
from tests.support.histories import assert_legal_history

TOO_LONG = Failure(FailureKind.CONTEXT_OVERFLOW, "Too long.")


def user(text: str) -> ChatMessage:
    return ChatMessage("u", None, Role.USER, (TextPart(text),), 0.0)


def reply(*parts: Any, **fields: Any) -> ChatMessage:
    return ChatMessage("r", "u", Role.ASSISTANT, parts, 0.0, ModelRef("lab", "m"), **fields)


def wire_of(request: ChatRequest) -> list[Any]:
    wire = build_request_body(request, Quirks())["messages"]
    assert isinstance(wire, list)
    assert_legal_history(wire)
    return wire


def test_the_conversation_is_sent_as_it_was_with_the_instruction_behind() -> None:
    path = (user("a"), reply(TextPart("A")))
    request = ChatRequest(
        "m",
        path,
        system="Be brief",
        sampling=Sampling(temperature=0.5, max_tokens=50),
        tools=(ToolDeclaration("f", "", {}),),
        tool_choice="f",
        has_parallel_tool_calls=True,
    )
    asked = summary_request(request)
    assert wire_of(asked)[:-1] == wire_of(replace(request, tools=()))
    assert wire_of(asked)[-1] == {"role": "user", "content": INSTRUCTION}
    body = build_request_body(asked, Quirks())
    assert body["temperature"] == 0.5
    assert not {"tools", "tool_choice", "parallel_tool_calls", "max_tokens"} & body.keys()
    assert summary_request(request, window=100_000) == asked


def test_an_open_question_and_the_instruction_are_one_message() -> None:
    for end in ((), (reply(ending=Ending.FAILED),)):
        wire = wire_of(summary_request(ChatRequest("m", (user("Why?"), *end))))
        assert len(wire) == 1
        assert wire[0]["content"].startswith("Why?\n")
        assert wire[0]["content"].endswith(INSTRUCTION)


def test_tool_answers_are_shortened_first() -> None:
    tables = [
        message
        for number in range(4)
        for message in (
            user(f"question {number}: " + "q" * 300),
            reply(
                ToolCallPart("x", "look", "{}"),
                ToolResultPart("x", f"BEGIN {number} " + "row\n" * 3000 + "END"),
                TextPart(f"answer {number}"),
            ),
        )
    ]
    request = ChatRequest("m", tuple(tables))
    asked = summary_request(request, window=8192)
    assert estimate_prompt_tokens(asked) < 8192 * 0.75
    wire = wire_of(asked)
    text = json.dumps(wire)
    for number in range(4):
        assert "q" * 300 in text
        assert f"BEGIN {number}" in text
        assert f"answer {number}" in text
    assert "characters left out" in text
    assert len(wire) == 4 * 4 + 1


def test_the_oldest_messages_go_when_shortening_is_not_enough() -> None:
    path = tuple(
        message
        for number in range(200)
        for message in (user(f"question {number} " + "w" * 200), reply(TextPart(f"reply {number}")))
    )
    asked = summary_request(ChatRequest("m", path), window=4096)
    assert estimate_prompt_tokens(asked) < 4096 * 0.75
    wire = wire_of(asked)
    assert wire[0]["role"] == "user"
    assert "reply 199" in wire[-2]["content"]
    assert "the summary lacks" in wire[-1]["content"]
    assert len(wire) > 50, "no more is left out than need be"


def test_a_report_of_the_server_tightens_the_room() -> None:
    told = reply(TextPart("A"), usage=Usage(5000, 5, 5005))
    path = (user("w" * 8000), told, user("x" * 8000))
    loose = summary_request(ChatRequest("m", (path[0], replace(told, usage=None), path[2])), 8192)
    tight = summary_request(ChatRequest("m", path), 8192)
    assert estimate_prompt_tokens(tight) < estimate_prompt_tokens(loose)


def test_where_the_window_is_unknown_a_refusal_halves_what_is_asked_about() -> None:
    path = (user("w" * 40_000), reply(TextPart("A" * 40_000)), user("b"))
    refused = reply(ending=Ending.FAILED, failure=TOO_LONG)
    sizes = [
        estimate_prompt_tokens(summary_request(ChatRequest("m", (*path, *[refused] * times))))
        for times in range(3)
    ]
    assert sizes[0] > 20_000
    assert sizes[1] <= sizes[0] / 2
    assert sizes[2] <= sizes[0] / 4


def test_calls_with_huge_arguments_stay_legal() -> None:
    call = ToolCallPart("x", "write", json.dumps({"text": "w" * 90_000}))
    path = (user("a"), reply(call, ToolResultPart("x", "done")))
    asked = summary_request(ChatRequest("m", path), window=4096)
    assert estimate_prompt_tokens(asked) < 4096
    wire_of(asked)


@settings(max_examples=40)
@given(histories(max_turns=3), st.sampled_from([None, 1, 64, 600, 100_000]))
def test_any_conversation_can_be_asked_about(events: Any, window: int | None) -> None:
    path = played(events).path
    asked = summary_request(ChatRequest("m", path, system="Be brief"), window)
    wire = wire_of(asked)
    assert wire[-1]["role"] == "user"
    assert INSTRUCTION in wire[-1]["content"]
    once_more = ChatRequest("m", (*path, reply(TextPart("Sum."), is_summary=True), user("go on")))
    assert len(wire_of(once_more)) == 3


FULL = ContextFill(user=950)


@pytest.mark.parametrize(
    ("policy", "fill", "tokens", "expected"),
    [
        (CompactPolicy.ASK, FULL, 1000, Advice.TELL),
        (CompactPolicy.AUTO, FULL, 1000, Advice.COMPACT),
        (CompactPolicy.OFF, FULL, 1000, Advice.SEND),
        (CompactPolicy.AUTO, FULL, 100_000, Advice.SEND),
        (CompactPolicy.AUTO, FULL, None, Advice.SEND),
    ],
)
def test_what_to_do_is_the_persons_choice(
    policy: CompactPolicy, fill: ContextFill, tokens: int | None, expected: Advice
) -> None:
    window = None if tokens is None else ContextWindow(tokens, "the server")
    assert advise(policy, fill, window) is expected
