"""What fills the window: estimates that add up, and reported figures where there are some."""

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core import context
from chatapp.core.context import (
    REPLY_RESERVE,
    ContextFill,
    ContextMeter,
    ContextWindow,
    estimate_prompt_tokens,
    sent_messages,
)
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
from tests.support.conversations import histories, played

MODEL = ModelRef("lab", "m")
TOOL = ToolDeclaration("look", "Looks something up.", {"type": "object"})


def user(text: str, message_id: str = "u") -> ChatMessage:
    return ChatMessage(message_id, None, Role.USER, (TextPart(text),), 0.0)


def reply(*parts: Any, message_id: str = "r", **fields: Any) -> ChatMessage:
    return ChatMessage(message_id, "u", Role.ASSISTANT, parts, 0.0, **{"model": MODEL, **fields})


def fill(*messages: ChatMessage, **fields: Any) -> ContextFill:
    return ContextMeter().fill(ChatRequest("m", messages, **fields))


def test_every_part_has_its_own_figure() -> None:
    found = fill(
        user("a" * 400),
        reply(ToolCallPart("x", "look", "{}"), ToolResultPart("x", "b" * 800), TextPart("c" * 200)),
        system="d" * 100,
        tools=(TOOL,),
    )
    assert (found.system, found.user, found.replies, found.tool_results) == (29, 104, 56, 204)
    assert found.tools > 5
    assert found.messages == 104 + 56 + 204
    assert found.total == found.system + found.messages + found.tools
    assert found.is_estimated
    assert found.reply_reserve == REPLY_RESERVE
    assert fill(user("a"), sampling=Sampling(max_tokens=7)).reply_reserve == 7


def test_reasoning_is_not_sent_and_takes_no_room() -> None:
    assert fill(user("a"), reply(ReasoningPart("b" * 4000), TextPart("c"))).total < 20


def test_what_the_server_reported_is_plain() -> None:
    told = reply(TextPart("b" * 40), usage=Usage(130, 20, 150))
    found = fill(user("a" * 400), told)
    assert (found.total, found.is_estimated) == (150, False)
    thought = replace(told, parts=(ReasoningPart("hm"), *told.parts))
    assert fill(user("a" * 400), thought).is_estimated, "who knows how much of it was reasoning"
    known = replace(thought, usage=Usage(130, 20, 150, reasoning_tokens=8))
    assert (fill(user("a" * 400), known).total, fill(user("a" * 400), known).is_estimated) == (
        142,
        False,
    )


def test_what_came_after_the_report_is_an_estimate_on_top_of_it() -> None:
    told = reply(TextPart("b" * 40), usage=Usage(140, 30, 170))
    after = fill(user("a" * 400, "u1"), told, user("c" * 400, "u2"))
    assert after.is_estimated
    assert after.total == 170 + 104
    other = fill(user("a" * 400, "u1"), replace(told, model=ModelRef("lab", "n")))
    assert (other.total, other.is_estimated) == (118, True), "another model counts otherwise"


def test_a_sum_over_several_requests_is_not_taken_for_one() -> None:
    usage = Usage(110, 5, 115) + Usage(120, 5, 125)
    found = fill(user("a" * 400), reply(TextPart("b" * 40), usage=usage))
    assert found.is_estimated
    assert 110 < found.total < 140
    looked = reply(
        ToolCallPart("x", "look", "{}"),
        ToolResultPart("x", "b" * 400),
        TextPart("c" * 40),
        usage=Usage(104, 5, 109) + Usage(210, 10, 220),
    )
    found = fill(user("a" * 400), looked)
    assert found.is_estimated
    assert 215 <= found.total <= 235


def test_what_the_server_adds_is_nobodys_text() -> None:
    found = fill(user("Hello"), reply(TextPart("Hi"), usage=Usage(3000, 10, 3010)))
    assert (found.total, found.is_estimated) == (3010, False)
    assert found.messages < 20
    assert found.other > 2900


def test_a_summary_stands_for_all_before_it() -> None:
    long, summary = user("a" * 40_000, "u1"), reply(TextPart("short"), is_summary=True)
    cut = replace(summary, ending=Ending.CUT)
    assert fill(long, summary, user("b", "u2")).total < 50
    assert fill(long, cut, user("b", "u2")).total > 10_000
    counted = reply(TextPart("b"), usage=Usage(30_000, 5, 30_005))
    assert fill(long, counted, summary, user("b", "u2")).total < 50
    assert sent_messages([long, cut, summary, long]) == (summary, long)


@settings(max_examples=40)
@given(histories(max_turns=2))
def test_the_parts_add_up_whatever_was_said(events: Any) -> None:
    path = played(events).path
    request = ChatRequest("model-a", path, system="Be brief", tools=(TOOL,))
    found = ContextMeter().fill(request)
    parts = (found.system, found.messages, found.tools, found.other, found.user, found.replies)
    assert min(parts) >= 0
    assert found.total == sum(parts[:4])
    assert estimate_prompt_tokens(request) > 0
    if path and not path[-1].replaces_history:
        shorter = estimate_prompt_tokens(replace(request, messages=path[:-1]))
        assert shorter <= estimate_prompt_tokens(request)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(Ending), st.text(max_size=3)), max_size=8))
def test_what_is_sent_begins_with_the_last_whole_summary(
    drawn: list[tuple[bool, Ending, str]],
) -> None:
    path = [
        reply(TextPart(text), message_id=str(place), is_summary=is_summary, ending=ending)
        for place, (is_summary, ending, text) in enumerate(drawn)
    ]
    sent = sent_messages(path)
    whole = [message for message in path if message.replaces_history]
    assert [message for message in sent if message.is_summary] == whole[-1:]
    assert list(sent) == [m for m in path if m in sent], "in their order"
    rest = path[path.index(whole[-1]) + 1 :] if whole else path
    assert list(sent[len(whole[-1:]) :]) == [m for m in rest if not m.is_summary]


@pytest.mark.parametrize(
    ("total", "reserve", "fits"), [(500, 500, True), (501, 500, False), (500, 9999, True)]
)
def test_a_request_fits_with_room_for_the_reply(total: int, reserve: int, fits: bool) -> None:
    window = ContextWindow(1000, "the server")
    found = ContextFill(user=total, reply_reserve=reserve)
    assert found.fits(window) is fits
    assert found.share_of(window) == total / 1000


def test_a_reply_that_streams_adds_to_it_by_estimate() -> None:
    told = ContextFill(user=100, is_estimated=False)
    assert told.with_reply(0) is told
    assert (told.with_reply(9).total, told.with_reply(9).is_estimated) == (109, True)


def test_each_message_is_read_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(context, "estimate_tokens", lambda text: read.append(text) or 1.0)
    meter = ContextMeter()
    path = tuple(user(f"text {number}", str(number)) for number in range(50))
    meter.fill(ChatRequest("m", path, system="s", tools=(TOOL,)))
    first = len(read)
    meter.fill(ChatRequest("m", (*path, user("new", "new")), system="s", tools=(TOOL,)))
    assert len(read) == first + 1


def test_a_long_conversation_costs_little_once_it_was_read() -> None:
    meter = ContextMeter()
    path = tuple(user("word " * 50, str(number)) for number in range(10_000))
    meter.fill(ChatRequest("m", path))
    began = time.perf_counter()
    meter.fill(ChatRequest("m", path))
    assert time.perf_counter() - began < 0.1
