"""Requests are legal whatever state the conversation is in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.endpoints import Quirks
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.ports import ChatRequest, Sampling, ToolDeclaration
from chatapp.providers.request_body import SUMMARY_QUESTION, build_request_body
from tests.support.histories import assert_legal_history


def message(role: Role, *parts: Part, **fields: Any) -> ChatMessage:
    return ChatMessage("m", None, role, parts, 0.0, **fields)


def user(text: str) -> ChatMessage:
    return message(Role.USER, TextPart(text))


def reply(*parts: Part, **fields: Any) -> ChatMessage:
    return message(Role.ASSISTANT, *parts, **fields)


def history(*messages: ChatMessage, quirks: Quirks | None = None, **fields: Any) -> list[Any]:
    request = ChatRequest("m", messages, **fields)
    wire = build_request_body(request, quirks or Quirks())["messages"]
    assert isinstance(wire, list)
    assert_legal_history(wire)
    return wire


def test_the_system_prompt_comes_first() -> None:
    assert history(user("Hi"), system="Be brief")[0] == {"role": "system", "content": "Be brief"}
    assert history(user("Hi"), system=" ") == [{"role": "user", "content": "Hi"}]


def test_reasoning_is_never_sent_and_refusals_are_text() -> None:
    wire = history(user("Hi"), reply(ReasoningPart("Hm"), RefusalPart("No"), TextPart(".")))
    assert wire[1] == {"role": "assistant", "content": "No."}


@pytest.mark.parametrize("parts", [(), (ReasoningPart("Hm"),), (TextPart(" \n"),)])
def test_replies_without_words_are_left_out(parts: tuple[Part, ...]) -> None:
    wire = history(user("a"), reply(*parts, ending=Ending.FAILED), user("b"))
    assert [entry["content"] for entry in wire] == ["a", "b"]


def test_a_stopped_reply_is_sent_as_far_as_it_came() -> None:
    wire = history(user("a"), reply(TextPart("Hel"), ending=Ending.STOPPED), user("b"))
    assert wire[1] == {"role": "assistant", "content": "Hel"}


def test_an_unanswered_call_is_answered_as_cancelled() -> None:
    wire = history(user("a"), reply(ToolCallPart("x", "f", '{"a": 1}')), user("b"))
    assert wire[1]["content"] is None
    assert wire[1]["tool_calls"] == [
        {"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    ]
    assert wire[2] == {"role": "tool", "tool_call_id": "x", "content": "cancelled"}


@pytest.mark.parametrize("status", [ToolStatus.RUNNING, ToolStatus.AWAITING_APPROVAL])
def test_a_tool_that_never_ended_has_not_answered(status: ToolStatus) -> None:
    running = reply(ToolCallPart("x", "f", "{}"), ToolResultPart("x", "line 1 of 9", status))
    assert history(user("a"), running)[2]["content"] == "cancelled"


def test_answers_stand_behind_their_calls_in_one_message_or_in_several() -> None:
    call, result = ToolCallPart("x", "f", "{}"), ToolResultPart("x", "42")
    inside = history(user("a"), reply(TextPart("Let me see"), call, result, TextPart("It is 42")))
    apart = history(
        user("a"),
        reply(TextPart("Let me see"), call),
        message(Role.TOOL, result),
        reply(TextPart("It is 42")),
    )
    assert inside == apart
    assert [entry["role"] for entry in inside] == ["user", "assistant", "tool", "assistant"]
    assert inside[2]["content"] == "42"


def test_answers_nobody_asked_for_are_dropped() -> None:
    orphan = ToolResultPart("y", "7")
    wire = history(message(Role.TOOL, orphan), user("a"), reply(orphan, TextPart("b")), user("c"))
    assert [entry["role"] for entry in wire] == ["user", "assistant", "user"]


@pytest.mark.parametrize("arguments", ['{"a":', "[1]", "NaN", '{"a": NaN}', "x", "[" * 100_000])
def test_arguments_that_are_no_object_become_one_and_the_model_is_told(arguments: str) -> None:
    wire = history(user("a"), reply(ToolCallPart("x", "f", arguments)))
    assert wire[1]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert wire[2]["content"] == f"error: the arguments are not a JSON object: {arguments}"
    told = reply(ToolCallPart("x", "f", arguments), ToolResultPart("x", "bad", ToolStatus.FAILED))
    assert history(user("a"), told)[2]["content"] == "bad"


def test_ids_used_twice_are_told_apart() -> None:
    twice = reply(
        ToolCallPart("x", "f", "{}"),
        ToolCallPart("x", "g", "{}"),
        ToolResultPart("x", "1"),
        ToolResultPart("x", "2"),
    )
    wire = history(user("a"), twice, user("b"), reply(ToolCallPart("", "no name!", "")))
    assert [call["id"] for call in wire[1]["tool_calls"]] == ["x", "x_2"]
    assert [entry["content"] for entry in wire[2:4]] == ["1", "2"]
    assert wire[5]["tool_calls"][0]["function"] == {"name": "no_name_", "arguments": "{}"}


def test_halves_of_surrogate_pairs_cannot_break_a_request() -> None:
    wire = history(user("a\ud83db\ude00"), system="\ud800")
    assert wire[1]["content"] == "a\ufffdb\ufffd"


def test_a_continuation_ends_with_the_reply_to_continue() -> None:
    asked = (user("a"), reply(TextPart("Hel"), ending=Ending.CUT))
    plain = history(*asked, continues_last=True)
    assert plain[-1] == {"role": "assistant", "content": "Hel"}
    flagged = history(*asked, continues_last=True, quirks=Quirks(continue_field="prefix"))
    assert flagged[-1] == {"role": "assistant", "content": "Hel", "prefix": True}


def test_there_is_nothing_to_continue_in_an_empty_reply() -> None:
    quirks = Quirks(continue_field="prefix")
    wire = history(user("a"), reply(ReasoningPart("Hm")), continues_last=True, quirks=quirks)
    assert wire == [{"role": "user", "content": "a"}]


def summary(text: str, **fields: Any) -> ChatMessage:
    return reply(TextPart(text), is_summary=True, **fields)


def test_a_summary_stands_for_all_before_it_as_the_models_own_words() -> None:
    before = (user("a"), reply(ToolCallPart("x", "f", "{}"), ToolResultPart("x", "1")))
    wire = history(*before, summary("We spoke of a."), user("b"), reply(TextPart("B")), user("c"))
    assert wire == [
        {"role": "user", "content": SUMMARY_QUESTION},
        {"role": "assistant", "content": "We spoke of a."},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "B"},
        {"role": "user", "content": "c"},
    ]


def test_the_last_summary_counts_and_the_system_prompt_stays() -> None:
    path = (user("a"), summary("one"), user("b"), summary("two"), user("c"))
    wire = history(*path, system="Be brief")
    assert [entry["content"] for entry in wire] == ["Be brief", SUMMARY_QUESTION, "two", "c"]


@pytest.mark.parametrize(
    "unfinished",
    [
        summary("We sp", ending=Ending.STOPPED),
        summary("We sp", ending=Ending.FAILED),
        summary("We sp", ending=Ending.INTERRUPTED),
        summary("We sp", finish_reason="length"),
        summary(" "),
    ],
)
def test_a_summary_that_is_not_whole_is_not_sent(unfinished: ChatMessage) -> None:
    wire = history(user("a"), reply(TextPart("A")), unfinished, user("b"))
    assert [entry["content"] for entry in wire] == ["a", "A", "b"]
    quirks = Quirks(continue_field="prefix")
    wire = history(user("a"), reply(TextPart("A")), unfinished, continues_last=True, quirks=quirks)
    assert wire[-1] == {"role": "assistant", "content": "A"}


def test_what_goes_beside_the_messages() -> None:
    tool = ToolDeclaration("f", "does f", {"type": "object"})
    request = ChatRequest(
        "m", (user("a"),), sampling=Sampling(temperature=0.0, max_tokens=5), tools=(tool,)
    )
    body = build_request_body(request, Quirks())
    del body["messages"]
    assert body == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.0,
        "max_tokens": 5,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "f",
                    "description": "does f",
                    "parameters": {"type": "object"},
                },
            }
        ],
        "tool_choice": "auto",
    }


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("required", "required"),
        ("f", {"type": "function", "function": {"name": "f"}}),
        ("g", "auto"),
    ],
)
def test_a_tool_that_is_not_offered_is_not_forced(choice: str, sent: Any) -> None:
    tool = ToolDeclaration("f", "does f", {"type": "object"})
    request = ChatRequest("m", [], tools=[tool], tool_choice=choice)
    assert build_request_body(request, Quirks())["tool_choice"] == sent


TEXTS = st.sampled_from(["", " ", "a", "你好", "\ud83d"])
IDS = st.sampled_from(["", "x", "y", "call_1", "x_2"])
PARTS = st.one_of(
    st.builds(TextPart, TEXTS),
    st.builds(ReasoningPart, TEXTS),
    st.builds(RefusalPart, TEXTS),
    st.builds(ToolCallPart, IDS, TEXTS, st.sampled_from(["", "{}", '{"a":', "[]", "null"])),
    st.builds(ToolResultPart, IDS, TEXTS, st.sampled_from(ToolStatus)),
)
ROLES = st.sampled_from([Role.USER, Role.ASSISTANT, Role.TOOL])


SUMMARIES = st.builds(
    summary,
    st.sampled_from(["", " ", "a", "你好"]),
    ending=st.sampled_from(Ending),
    finish_reason=st.sampled_from(["stop", "length"]),
)


@given(
    st.lists(
        st.builds(message, ROLES, PARTS, PARTS, PARTS) | st.builds(message, ROLES) | SUMMARIES,
        max_size=6,
    ),
    TEXTS,
    st.booleans(),
    st.sampled_from([None, "prefix"]),
)
def test_any_path_in_any_state_makes_a_legal_history(
    messages: list[ChatMessage], system: str, continues_last: bool, field: str | None
) -> None:
    wire = history(
        *messages,
        system=system,
        continues_last=continues_last,
        quirks=Quirks(continue_field=field),
    )
    whole = [message for message in messages if message.replaces_history]
    questions = [entry for entry in wire if entry["content"] == SUMMARY_QUESTION]
    assert len(questions) == min(1, len(whole))
    if whole:
        spoken = [entry for entry in wire if entry["role"] != "system"]
        assert spoken[0] == questions[0]
        assert spoken[1] == {"role": "assistant", "content": whole[-1].text} | {
            name: spoken[1][name] for name in ("prefix",) if name in spoken[1]
        }
