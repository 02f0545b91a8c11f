"""The request for a summary: legal, complete where there is room, and made to fit where not."""

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
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.ports import ChatRequest, Sampling, ToolDeclaration
from chatapp.core.usage import Usage
from chatapp.providers.request_body import build_request_body
from chatapp.session.compaction import (
    CONCLUSION,
    INSTRUCTION,
    Advice,
    advise,
    summary_failure,
    summary_request,
    why_unused,
)
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


def text_of(request: ChatRequest) -> str:
    """The one message that is sent."""
    wire = wire_of(request)
    assert [entry["role"] for entry in wire] == ["user"]
    text = wire[0]["content"]
    assert isinstance(text, str)
    assert text.startswith(INSTRUCTION)
    assert text.endswith(CONCLUSION)
    return text


def test_the_conversation_is_a_text_to_be_read() -> None:
    path = (
        user("a"),
        reply(ReasoningPart("hm"), ToolCallPart("x", "f", "{}"), ToolResultPart("x", "7")),
        reply(TextPart("It is 7.")),
        reply(ending=Ending.FAILED),
        user("Why?"),
    )
    request = ChatRequest(
        "m",
        path,
        system="Speak like a pirate",
        sampling=Sampling(temperature=0.5, max_tokens=50),
        tools=(ToolDeclaration("f", "", {}),),
        tool_choice="f",
        has_parallel_tool_calls=True,
        is_streamed=False,
    )
    asked = summary_request(request)
    assert text_of(asked).split("\n\n")[1:-1] == [
        "User: a",
        "Assistant calls: f({})",
        "Tool answers: 7",
        "Assistant: It is 7.",
        "User: Why?",
    ]
    body = build_request_body(asked, Quirks())
    assert body.keys() == {"model", "messages", "temperature"}
    assert summary_request(request, window=100_000) == asked


def test_an_earlier_summary_is_summed_up_with_what_came_after() -> None:
    path = (user("old"), reply(TextPart("It was so."), is_summary=True), user("new"))
    text = text_of(summary_request(ChatRequest("m", path)))
    assert "Summary of what was said before: It was so.\n\nUser: new" in text
    assert "old" not in text


def test_tool_answers_are_shortened_first() -> None:
    path = tuple(
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
    )
    asked = summary_request(ChatRequest("m", path), window=8192)
    assert estimate_prompt_tokens(asked) < 8192 * 0.75
    text = text_of(asked)
    for number in range(4):
        assert f"question {number}: " + "q" * 300 in text
        assert f"BEGIN {number}" in text
        assert f"answer {number}" in text
    assert "characters left out" in text


def test_the_oldest_messages_go_when_shortening_is_not_enough() -> None:
    path = tuple(
        message
        for number in range(200)
        for message in (
            user(f"question {number} " + "w" * 200),
            reply(TextPart(f"reply {number}.")),
        )
    )
    asked = summary_request(ChatRequest("m", path), window=4096)
    assert 1500 < estimate_prompt_tokens(asked) < 4096 * 0.75, "no more is left out than need be"
    text = text_of(asked)
    assert "reply 199." in text
    assert "reply 1." not in text
    assert "the summary lacks it" in text


def test_a_report_of_the_server_tightens_the_room() -> None:
    told = reply(TextPart("A"), usage=Usage(5000, 5, 5005))
    path = (user("w" * 8000), told, user("x" * 8000))
    loose = summary_request(ChatRequest("m", (path[0], replace(told, usage=None), path[2])), 8192)
    tight = summary_request(ChatRequest("m", path), 8192)
    assert estimate_prompt_tokens(tight) < estimate_prompt_tokens(loose)


@pytest.mark.parametrize("window", [None, 1_000_000])
def test_a_refusal_halves_what_is_asked_about(window: int | None) -> None:
    path = (user("w" * 40_000), reply(TextPart("A" * 40_000)), user("b"))
    refused = reply(ending=Ending.FAILED, failure=TOO_LONG)
    sizes = [
        estimate_prompt_tokens(
            summary_request(ChatRequest("m", (*path, *[refused] * times)), window)
        )
        for times in range(3)
    ]
    assert sizes[0] > 20_000
    assert sizes[1] <= sizes[0] / 2
    assert sizes[2] <= sizes[0] / 4
    again = summary_request(ChatRequest("m", path), window, refused=2)
    assert estimate_prompt_tokens(again) <= sizes[0] / 4
    other = replace(refused, model=ModelRef("lab", "small"))
    for times, refusals in enumerate(([other], [refused, other], [refused, other, refused])):
        asked = summary_request(ChatRequest("m", (*path, *refusals)), window)
        assert estimate_prompt_tokens(asked) == sizes[times], "what others cannot read is no sign"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, ""),
        ({"ending": Ending.STOPPED}, "It was stopped."),
        ({"ending": Ending.INTERRUPTED}, "It was cut off."),
        ({"finish_reason": "length"}, "It was cut at the token limit."),
        ({"finish_reason": "content_filter"}, "The server withheld it."),
        ({"ending": Ending.FAILED, "failure": TOO_LONG}, TOO_LONG.summary),
    ],
)
def test_a_summary_that_is_not_used_says_why(fields: dict[str, Any], why: str) -> None:
    summary = reply(TextPart("All"), is_summary=True, **fields)
    assert why_unused(summary) == why
    assert (why == "") == summary.replaces_history


def test_a_summary_without_words_is_not_used() -> None:
    assert why_unused(reply(ReasoningPart("hm"), is_summary=True)) == "The model wrote none."
    assert why_unused(reply(is_summary=True)) == "The model wrote none."


def test_a_summary_that_failed_is_never_continued() -> None:
    cut = Failure(FailureKind.CUT, "Cut.", "Continue.", ("continue", "retry"))
    for failure in (TOO_LONG, cut):
        told = summary_failure(failure)
        assert told.actions == ("retry", "model")
        assert "Make it anew" in told.next_step
    refused = Failure(FailureKind.KEY_REJECTED, "No.", "Set another.", ("model",))
    assert summary_failure(refused) is refused


@settings(max_examples=40)
@given(histories(max_turns=3), st.sampled_from([None, 1, 64, 600, 100_000]))
def test_any_conversation_can_be_asked_about(events: Any, window: int | None) -> None:
    path = played(events).path
    text_of(summary_request(ChatRequest("model-a", path, system="Be brief"), window))
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
