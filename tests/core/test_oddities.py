"""What is odd about a stream is said, and nothing that a server sends is too odd to be read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.exchange_reader import ExchangeReader, Reading
from chatapp.core.oddities import OddityKind
from chatapp.core.wire import (
    Closing,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireResponse,
)
from chatapp.core.wire_chunks import PREVIEW_LENGTH, EventKind

HEAD = WireResponse(0.0, 200, (("content-type", "text/event-stream"),))
DONE = WireEvent(0.0, "[DONE]")
END = WireEnd(0.0, Closing.DONE)


def event(chunk: object, at: float = 0.0, **fields: Any) -> WireEvent:
    data = chunk if isinstance(chunk, str) else json.dumps(chunk, ensure_ascii=False)
    return WireEvent(at, data, size=len(data), **fields)


def delta(finish_reason: str | None = None, at: float = 0.0, **fields: object) -> WireEvent:
    choice = {"index": 0, "delta": fields, "finish_reason": finish_reason}
    return event({"model": "m", "choices": [choice], "usage": None}, at)


def call(**fields: object) -> WireEvent:
    return delta(tool_calls=[fields])


def usage(completion: int = 3, choices: object = ()) -> WireEvent:
    counts = {"prompt_tokens": 7, "completion_tokens": completion}
    return event({"model": "m", "choices": list(choices), "usage": counts})  # type: ignore[call-overload]  # what a server sends


def found(*items: WireItem, is_streamed: bool = True) -> set[OddityKind]:
    reader = ExchangeReader(is_streamed=is_streamed)
    for item in items:
        reader.read(item)
    return {finding.oddity.kind for finding in reader.findings}


def whole(*items: WireItem) -> set[OddityKind]:
    """What is odd about the items in an otherwise regular stream."""
    return found(HEAD, *items, delta("stop"), usage(), DONE, END)


def read(item: WireItem) -> Reading:
    return ExchangeReader().read(item)


def test_a_regular_stream_has_nothing_odd() -> None:
    first = delta(role="assistant", content="")
    assert whole(first, delta(content="空"), delta(content="调")) == set()


def test_a_regular_tool_call_has_nothing_odd() -> None:
    opening = call(index=0, id="c1", type="function", function={"name": "f", "arguments": ""})
    more = [call(index=0, function={"arguments": text}) for text in ('{"city":', '"北京"}')]
    assert found(HEAD, opening, *more, delta("tool_calls"), usage(), DONE, END) == set()


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([event({"id": "1"})], OddityKind.NO_CHOICES),
        ([event({"choices": None})], OddityKind.CHOICES_NULL),
        ([event({"choices": []})], OddityKind.CHOICES_EMPTY),
        ([event({"choices": [{"index": 1, "delta": {}}]})], OddityKind.SEVERAL_CHOICES),
        ([event({"choices": [{"delta": {}}]})], OddityKind.CHOICE_INDEX_MISSING),
        ([event({"choices": [{"index": 0, "message": {}}]})], OddityKind.NO_DELTA),
        ([event("[1, 2]")], OddityKind.NOT_AN_OBJECT),
        ([event('{"choices": [')], OddityKind.NOT_JSON),
        ([event('{"choices": [', is_cut=True)], OddityKind.EVENT_CUT),
        ([event([{"choices": []}, {"choices": []}])], OddityKind.SEVERAL_CHUNKS),
        ([delta(content=[{"type": "text", "text": "a"}])], OddityKind.CONTENT_LIST),
        ([delta(content=None)], OddityKind.CONTENT_NULL),
        ([delta(role="bot", content="a")], OddityKind.ROLE),
        ([delta(role="assistant", content="a")] * 3, OddityKind.ROLE_REPEATED),
        ([delta(reasoning="hm")], OddityKind.REASONING_FIELD),
        ([delta(content="ab" * n) for n in range(1, 6)], OddityKind.CUMULATIVE),
        ([event({"model": "other", "choices": []})], OddityKind.MODEL_CHANGED),
        ([delta(function_call={"name": "f"})], OddityKind.LEGACY_CALL),
        ([call(id="c", function={"name": "f", "arguments": "{}"})], OddityKind.CALL_INDEX_MISSING),
        (
            [call(index=0, function={"name": "f", "arguments": ""})],
            OddityKind.CALL_ID_MISSING,
        ),
        (
            [call(index=0, id="c", function={"name": "f", "arguments": "{"})] * 2,
            OddityKind.CALL_ID_REPEATED,
        ),
        (
            [call(index=0, id="c", function={"name": "f", "arguments": "{"})] * 2,
            OddityKind.CALL_NAME_REPEATED,
        ),
        (
            [call(index=0, id=i, function={"name": "f", "arguments": "{}"}) for i in "ab"],
            OddityKind.CALL_INDEX_REUSED,
        ),
        (
            [call(index=0, id="c", function={"name": "f", "arguments": {"a": 1}})],
            OddityKind.CALL_ARGUMENTS_OBJECT,
        ),
        (
            [call(index=0, id="c", function={"name": "f", "arguments": None})],
            OddityKind.CALL_ARGUMENTS_NULL,
        ),
        ([delta("eos", content="a")], OddityKind.FINISH_UNKNOWN),
        ([delta("", content="a")], OddityKind.FINISH_EMPTY),
        ([delta("stop")], OddityKind.FINISH_REPEATED),
        ([delta(content="a", at=0.0), delta("stop", at=2.5)], OddityKind.FINISH_LATE),
        ([delta("tool_calls")], OddityKind.FINISH_MISMATCH),
        ([delta("stop"), delta(content="more")], OddityKind.TEXT_AFTER_FINISH),
        ([usage(choices=[{"index": 0, "delta": {}}])], OddityKind.USAGE_BESIDE_CHOICES),
        ([usage(3)], OddityKind.USAGE_REPEATED),
        ([usage(1), usage(2)], OddityKind.USAGE_CUMULATIVE),
        (
            [event({"choices": [], "x_groq": {"usage": {"completion_tokens": 1}}})],
            OddityKind.USAGE_ELSEWHERE,
        ),
        ([event({"error": {"message": "overloaded"}})], OddityKind.ERROR_IN_STREAM),
        ([WireComment(0.0, "keep-alive")], OddityKind.KEEP_ALIVE),
        ([event({"choices": []}, name="chunk")], OddityKind.EVENT_NAME),
        ([event({"choices": []}, event_id="1")], OddityKind.EVENT_ID),
        ([delta(content="a", at=0.0), delta(content="b", at=20.0)], OddityKind.SILENCE),
        ([DONE, delta(content="a")], OddityKind.AFTER_DONE),
    ],
)
def test_what_is_odd_in_the_middle(items: list[WireItem], kind: OddityKind) -> None:
    assert kind in whole(delta(content="x"), *items)


def test_think_tags_count_at_the_start_alone() -> None:
    assert whole(delta(content="\n<think>"), delta(content="hm")) == {OddityKind.THINK_TAG}
    pieces = [delta(content=piece) for piece in ("\n", "<thi", "nking", ">hm")]
    assert whole(*pieces) == {OddityKind.THINK_TAG}
    assert whole(delta(content="<thi"), delta(content="s"), delta(content="<think>")) == set()
    assert whole(delta(content="say "), delta(content="<think>")) == set()


def test_what_is_missing_at_the_end() -> None:
    text = delta(content="a")
    clean = WireEnd(0.0, Closing.CLEAN)
    assert found(HEAD, text, clean) == {
        OddityKind.FINISH_MISSING,
        OddityKind.USAGE_ABSENT,
        OddityKind.NO_DONE,
    }
    assert found(HEAD, text, WireEnd(0.0, Closing.STOPPED)) == set()
    assert found(HEAD, text, WireEnd(0.0, Closing.CUT, "reset")) == {OddityKind.CUT}
    assert found(HEAD, text, WireEnd(0.0, Closing.GIVEN_UP, "long")) == {OddityKind.GIVEN_UP}


def test_the_counts_of_timings_are_usage_in_another_place() -> None:
    counts = {"prompt_n": 7, "cache_n": 0, "predicted_n": 4}
    timed = event({"choices": [], "timings": counts})
    clean = WireEnd(0.0, Closing.CLEAN)
    reader = ExchangeReader()
    readings = [reader.read(item) for item in (HEAD, delta(content="a"), timed, DONE, clean)]
    messages = [finding.oddity.message for finding in reader.findings]
    assert "usage stands not in the chunk itself but in `timings`" in messages
    assert "no usage came" not in messages
    assert readings[2].completion_tokens == 4
    body = {"choices": [{"message": {"content": "a"}}], "timings": counts}
    assert read(WireBody(0.0, json.dumps(body))).completion_tokens == 4
    assert read(WireBody(0.0, json.dumps({"choices": [], "timings": {}}))).completion_tokens is None


def test_usage_goes_before_timings() -> None:
    counts = {"prompt_n": 7, "predicted_n": 4}
    choice = {"index": 0, "delta": {}, "finish_reason": "stop"}
    last = event({"model": "m", "choices": [choice], "timings": counts})
    for items in ([last, usage(3)], [usage(3), last]):
        reader = ExchangeReader()
        readings = [reader.read(item) for item in (HEAD, delta(content="a"), *items, DONE, END)]
        assert reader.findings == ()
        told = [reading.completion_tokens for reading in readings]
        assert [tokens for tokens in told if tokens is not None][-1] == 3


def test_responses_that_are_no_stream() -> None:
    head = WireResponse(0.0, 200, (("content-type", "application/json"),))
    body, clean = WireBody(0.0, '{"choices": []}'), WireEnd(0.0, Closing.CLEAN)
    assert found(head, body, clean) == {OddityKind.CONTENT_TYPE, OddityKind.NOT_A_STREAM}
    assert found(head, body, clean, is_streamed=False) == set()
    assert found(WireResponse(0.0, 429), body, clean) == {OddityKind.STATUS}


def test_an_oddity_is_told_once_with_its_count() -> None:
    reader = ExchangeReader()
    readings = [reader.read(item) for item in [HEAD, *[delta(reasoning="a")] * 2, END]]
    (finding,) = [f for f in reader.findings if f.oddity.kind is OddityKind.REASONING_FIELD]
    assert (finding.first_item, finding.count) == (2, 1)
    assert finding.oddity.message == "reasoning comes as `reasoning`"
    assert [len(reading.oddities) > 0 for reading in readings[:3]] == [False, True, False]
    comments = ExchangeReader()
    for _ in range(5):
        comments.read(WireComment(0.0, "ping"))
    assert comments.findings[0].count == 5


@pytest.mark.parametrize(
    ("item", "kind", "preview"),
    [
        (HEAD, EventKind.HEAD, "200 text/event-stream"),
        (delta(content="空\n调"), EventKind.TEXT, '"空\\n调"'),
        (delta("length", content="x"), EventKind.TEXT, '"x" · finish_reason length'),
        (delta(reasoning_content="hm"), EventKind.REASONING, '"hm"'),
        (delta("stop"), EventKind.FINISH, "finish_reason stop"),
        (delta(role="assistant", content=""), EventKind.EMPTY, "role assistant"),
        (usage(10), EventKind.USAGE, "7 prompt + 10 completion tokens"),
        (DONE, EventKind.DONE, "[DONE]"),
        (WireComment(0.0, "ping"), EventKind.COMMENT, '"ping"'),
        (event({"error": {"message": "no"}}), EventKind.ERROR, "no"),
        (event("plain words", name="error"), EventKind.ERROR, '"plain words"'),
        (event("plain words"), EventKind.ODD, '"plain words"'),
        (
            call(index=1, id="c", function={"name": "get_weather", "arguments": '{"'}),
            EventKind.TOOL_CALL,
            '#1 get_weather {"',
        ),
        (WireEnd(0.0, Closing.CUT, "reset"), EventKind.END, "cut: reset"),
        (WireEnd(0.0, Closing.GIVEN_UP, "long"), EventKind.END, "given up: long"),
    ],
)
def test_kinds_and_previews(item: WireItem, kind: EventKind, preview: str) -> None:
    reading = read(item)
    assert (reading.kind, reading.preview) == (kind, preview)


def test_a_long_text_is_cut_in_the_preview_alone() -> None:
    reading = read(delta(content="字" * 10_000))
    assert len(reading.preview) <= PREVIEW_LENGTH + 2
    assert len(reading.text) == 10_000


names = st.sampled_from(
    ("choices", "delta", "message", "content", "tool_calls", "function", "arguments", "name",
     "id", "index", "usage", "error", "text", "finish_reason", "role", "model", "x_groq",
     "reasoning", "thinking", "completion_tokens", "prompt_progress", "function_call")
)  # fmt: skip
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
chunks = st.fixed_dictionaries(
    {}, optional={"choices": st.lists(json_values, max_size=2) | json_values, "usage": json_values}
)
times = st.floats(0, 1e6)
items: st.SearchStrategy[WireItem] = st.one_of(
    st.builds(WireEvent, times, st.text() | (json_values | chunks).map(json.dumps), st.text()),
    st.builds(WireComment, times, st.text()),
    st.builds(WireBody, times, st.text() | json_values.map(json.dumps)),
    st.builds(WireEnd, times, st.sampled_from(Closing), st.text()),
    st.builds(WireResponse, times, st.integers(), st.just((("content-type", "\x1b"),))),
)


@given(st.lists(items, max_size=8), st.booleans())
def test_nothing_that_arrives_raises(arrived: list[WireItem], is_streamed: bool) -> None:
    reader = ExchangeReader(is_streamed=is_streamed)
    for item in arrived:
        reading = reader.read(item)
        assert isinstance(reading.preview, str)
        assert all(oddity.message for oddity in reading.oddities)
    assert len({f.oddity.kind for f in reader.findings}) == len(reader.findings)


@pytest.mark.parametrize("nested", ["[" * 100_000, '{"choices":' * 50_000, '{"error":' * 900])
def test_depth_is_no_trouble(nested: str) -> None:
    closed = (
        nested
        + "1"
        + nested.replace("[", "]").replace('{"choices":', "}").replace('{"error":', "}")
    )
    for data in (nested, closed):
        assert read(WireEvent(0.0, data)).kind in (EventKind.ODD, EventKind.EMPTY, EventKind.ERROR)


def test_a_refusal_is_shown_by_its_message() -> None:
    reader = ExchangeReader()
    reader.read(WireResponse(0.0, 401, (("content-type", "application/json"),)))
    body = '{"error": {"message": "\\u5bc6\\u94a5\\u65e0\\u6548"}}'
    assert reader.read(WireBody(0.1, body, len(body))).preview == "密钥无效"
    assert reader.read(WireBody(0.2, "Bad Gateway", 11)).preview == '"Bad Gateway"'
