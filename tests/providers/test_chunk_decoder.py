"""Every known departure from the OpenAI API, with a stream written by hand."""

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ChatMessage, ReasoningPart, RefusalPart, ToolCallPart
from chatapp.core.stream_events import (
    PromptProgressed,
    ProviderEvent,
    ReasoningDelta,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from chatapp.core.usage import Usage
from chatapp.providers.chunk_decoder import ChunkDecoder
from tests.support.grammar import as_message, assert_legal


def delta(finish_reason: str | None = None, **fields: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def call(
    index: int | None = None,
    tool_call_id: str | None = None,
    name: str | None = None,
    arguments: object = None,
) -> dict[str, Any]:
    entry: dict[str, Any] = {"function": {"name": name, "arguments": arguments}}
    if index is not None:
        entry["index"] = index
    if tool_call_id is not None:
        entry["id"] = tool_call_id
    return entry


def calls(*entries: dict[str, Any]) -> dict[str, Any]:
    return delta(tool_calls=list(entries))


def decode(*chunks: object, is_done: bool = True) -> list[ProviderEvent]:
    decoder = ChunkDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    events += decoder.finish(is_done=is_done)
    assert decoder.is_over
    assert_legal(events)
    return events


def message(*chunks: object) -> ChatMessage:
    return as_message(decode(*chunks))


def calls_of(*chunks: object) -> list[tuple[str, str, str]]:
    parts = message(*chunks).tool_calls
    return [(part.tool_call_id, part.name, part.arguments) for part in parts]


# Beginnings, ends and emptiness


@pytest.mark.parametrize(
    "empty",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {}}]},
        delta(content=None),
        delta(content=""),
        delta(content=[]),
        delta(role="assistant"),
        delta(role="assistant", content=None, tool_calls=None, reasoning=None, refusal=None),
        delta(tool_calls=[]),
        delta(tool_calls=[{}, None]),
        {"choices": {"delta": {}}},
        {"error": None},
        [],
        None,
        "ping",
        7,
    ],
)
def test_chunks_that_say_nothing(empty: object) -> None:
    events = decode(empty, delta(content="Hi"), empty, delta("stop"), empty)
    assert events == [ResponseStarted(), TextDelta("Hi"), ResponseFinished("stop")]


def test_the_served_model_is_waited_for() -> None:
    events = decode({"model": "", "choices": []}, {"model": "m-1"} | delta(content="Hi"))
    assert events[0] == ResponseStarted("m-1")


def test_no_finish_reason_but_done() -> None:
    assert decode(delta(content="Hi"))[-1] == ResponseFinished(None)


def test_a_finish_reason_but_no_done() -> None:
    assert decode(delta(content="Hi"), delta("stop"), is_done=False)[-1] == ResponseFinished("stop")


def test_neither_is_a_cut() -> None:
    last = decode(delta(content="Hi"), is_done=False)[-1]
    assert isinstance(last, ResponseInterrupted)
    assert isinstance(last.cause, Failure)
    assert last.cause.kind is FailureKind.CUT
    assert last.cause.actions == ("continue", "retry")


def test_nothing_at_all_is_a_cut() -> None:
    events = decode(is_done=False)
    assert [type(event) for event in events] == [ResponseInterrupted]


def test_what_broke_the_connection_is_told_unless_the_reply_was_complete() -> None:
    failure = Failure(FailureKind.CONNECTION_LOST, "Lost.")
    decoder = ChunkDecoder()
    decoder.feed(delta(content="Hi"))
    assert decoder.finish(failure) == [ResponseInterrupted(failure)]
    decoder = ChunkDecoder()
    decoder.feed(delta("stop", content="Hi"))
    assert decoder.finish(failure) == [ResponseFinished("stop")]


def test_text_after_the_finish_reason_is_kept_and_the_last_reason_counts() -> None:
    events = decode(delta(content="a"), delta("tool_calls"), delta(content="b"), delta("stop"))
    assert as_message(events).text == "ab"
    assert events[-1] == ResponseFinished("stop")


# Text


def test_text_as_a_list_of_parts() -> None:
    parts = ["a", {"type": "text", "text": "b"}, {"text": {"value": "c"}}, {"type": "image_url"}]
    assert message(delta(content=parts), delta(content={"text": "d"})).text == "abcd"


def test_only_the_first_choice_counts() -> None:
    second = {"index": 1, "delta": {"content": "x"}, "finish_reason": "length"}
    events = decode(
        {"choices": [second, delta(content="a")["choices"][0]]},
        {"choices": [second]},
        delta("stop", content="b"),
        {"choices": [second]},
    )
    assert as_message(events).text == "ab"
    assert events[-1] == ResponseFinished("stop")


def test_choices_without_an_index() -> None:
    one, two = {"delta": {"content": "a"}}, {"delta": {"content": "b"}}
    assert message({"choices": [one, two]}).text == "a"


def test_a_message_instead_of_a_delta() -> None:
    whole = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
    assert message(whole).text == "Hi"
    word = {"choices": [{"message": {"content": "ha"}}]}
    assert message(word, word).text == "haha"


def test_a_message_that_sums_up_the_deltas_is_not_shown_again() -> None:
    summary = {"choices": [{"delta": {}, "message": {"content": "ab"}, "finish_reason": "stop"}]}
    assert message(delta(content="a"), delta(content="b"), summary).text == "ab"


def test_the_text_field_of_old_completions() -> None:
    assert message({"choices": [{"text": "a"}]}, {"choices": [{"text": "b"}]}).text == "ab"


def test_a_refusal_is_told_apart() -> None:
    reply = message(delta(refusal="I "), delta(refusal="won't"))
    assert reply.parts == (RefusalPart("I won't"),)
    parts = [{"type": "refusal", "refusal": "No"}]
    assert message(delta(content=parts)).parts == (RefusalPart("No"),)


SENTENCE = "The quick brown fox jumps over the lazy dog."


def test_cumulative_deltas_become_increments() -> None:
    whole = [SENTENCE[:end] for end in range(3, len(SENTENCE) + 1, 5)]
    events = decode(*(delta(content=text) for text in [*whole, SENTENCE, SENTENCE]))
    assert as_message(events).text == SENTENCE
    assert sum(isinstance(event, TextDelta) for event in events) > 3


def test_cumulative_reasoning_becomes_increments() -> None:
    whole = [SENTENCE[:end] for end in range(3, len(SENTENCE) + 1, 5)]
    reply = message(*(delta(reasoning=text) for text in [*whole, SENTENCE]), delta(content="Yes"))
    assert (reply.reasoning, reply.text) == (SENTENCE, "Yes")


@pytest.mark.parametrize(
    "pieces",
    [
        ["ha", "haha"],
        ["ha", "haha", "hahaha", "hahahaha", "hahahahahahahahahahahahahahaha", "!"],
        ["-", "--", "----", "--------", "-" * 16, "-" * 32, "-" * 64, "\n"],
        ["I", "I think", " so"],
        ["The", "There", "Therefore", "x"],
        ["1", "12", "123", "1234"],
        ["a", "a", "a"],
        ["no ", "no no ", "no no no no no no no no no no "],
        [SENTENCE, SENTENCE, SENTENCE],
        ["We will rock you\n" * count for count in (1, 2, 3, 4, 8)],
        [" no", " no way", " no way no how"],
    ],
)
def test_incremental_deltas_that_look_cumulative_stay_whole(pieces: list[str]) -> None:
    assert message(*(delta(content=piece) for piece in pieces)).text == "".join(pieces)


# Reasoning


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_under_any_name(field: str) -> None:
    reply = message(delta(**{field: "Hm"}), delta(**{field: "."}), delta(content="Yes"))
    assert (reply.reasoning, reply.text) == ("Hm.", "Yes")


def test_reasoning_details() -> None:
    first = [{"type": "reasoning.text", "text": "H"}, {"type": "reasoning.encrypted", "data": "x"}]
    second = [{"type": "reasoning.summary", "summary": "m"}]
    assert (
        message(delta(reasoning_details=first), delta(reasoning_details=second)).reasoning == "Hm"
    )


def test_reasoning_as_parts_of_the_content() -> None:
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "H"}]}]
    both = [{"type": "thinking", "thinking": "m", "closed": True}, {"type": "text", "text": "Yes"}]
    reply = message(delta(content=thinking), delta(content=both), delta(content="."))
    assert (reply.reasoning, reply.text) == ("Hm", "Yes.")


def test_reasoning_told_twice_is_shown_once() -> None:
    twice = delta(
        reasoning="Hm", reasoning_content="Hm", reasoning_details=[{"text": "Hm", "index": 0}]
    )
    assert message(twice, twice).reasoning == "HmHm"
    again = message(
        delta(reasoning_content="H"), delta(reasoning_content="m"), delta(reasoning="Hm")
    )
    assert again.reasoning == "Hm"
    tagged = message(
        delta(reasoning="Hm"), delta(content="<think>Hm</think>"), delta(content="Yes")
    )
    assert tagged.parts == (ReasoningPart("Hm"), *message(delta(content="Yes")).parts)


def test_different_reasoning_under_two_names_is_shown() -> None:
    assert message(delta(reasoning="a"), delta(reasoning_content="b")).reasoning == "ab"
    tagged = message(delta(reasoning="a"), delta(content="<think>b</think>c"))
    assert (tagged.reasoning, tagged.text) == ("ab", "c")


def test_think_tags_split_over_chunks() -> None:
    reply = message(*(delta(content=letter) for letter in "<think>\nHm.\n</think>\n\nYes."))
    assert (reply.reasoning, reply.text) == ("Hm.", "Yes.")


def test_a_reply_cut_inside_a_tag_loses_nothing() -> None:
    assert message(delta(content="<thi")).text == "<thi"
    assert message(delta(content="<think>Hm</thi")).reasoning == "Hm</thi"


# Usage and progress

COUNTS = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [], "usage": COUNTS},
        {"usage": COUNTS},
        delta("stop", content="i") | {"usage": COUNTS},
        {"choices": [], "x_groq": {"id": "x", "usage": COUNTS}},
        {"choices": [{"delta": {}, "usage": COUNTS}]},
        {"choices": [], "usage": {"input_tokens": 5, "output_tokens": 3}},
        {"choices": [], "usage": {"prompt_tokens": 5.0, "completion_tokens": 3, "total_tokens": 0}},
    ],
)
def test_usage_wherever_it_is(last: dict[str, Any]) -> None:
    assert message(delta(content="H"), last).usage == Usage(5, 3, 8)


def test_usage_in_every_chunk_the_last_counts() -> None:
    events = decode(
        delta(content="a") | {"usage": COUNTS | {"completion_tokens": 1, "total_tokens": 6}},
        delta(content="b") | {"usage": COUNTS},
        delta(content="c") | {"usage": COUNTS},
        delta("stop") | {"usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}},
    )
    assert as_message(events).usage == Usage(5, 3, 8)
    assert sum(isinstance(event, UsageReported) for event in events) == 2


@pytest.mark.parametrize("usage", [None, {}, [], "5", {"prompt_tokens": "5"}, {"total_tokens": 8}])
def test_usage_that_says_nothing(usage: object) -> None:
    assert message(delta(content="a") | {"usage": usage}).usage is None


@pytest.mark.parametrize(
    "details",
    [
        {
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
        {"prompt_cache_hit_tokens": 4, "reasoning_tokens": 2, "prompt_tokens_details": None},
        {"cached_tokens": 4, "reasoning_tokens": 2},
    ],
)
def test_cached_and_reasoning_tokens(details: dict[str, Any]) -> None:
    assert message({"usage": COUNTS | details}).usage == Usage(5, 3, 8, 4, 2)


def test_llamacpp_counts_without_being_asked() -> None:
    timings = {"prompt_n": 3, "cache_n": 2, "predicted_n": 3}
    assert message(delta("stop", content="a") | {"timings": timings}).usage == Usage(5, 3, 8, 2)
    both = message(delta(content="a") | {"timings": timings}, {"usage": COUNTS})
    assert both.usage == Usage(5, 3, 8)


def test_llamacpp_tells_how_far_it_has_read() -> None:
    progress = {"total": 100, "cache": 0, "processed": 40, "time_ms": 7}
    events = decode(delta(role="assistant", content=None) | {"prompt_progress": progress})
    assert events[:2] == [ResponseStarted(), PromptProgressed(40, 100)]


# Errors inside a stream


@pytest.mark.parametrize(
    ("chunk", "words", "status"),
    [
        ({"error": {"message": "Boom", "code": 502}}, "Boom", 502),
        ({"error": "Boom"}, "Boom", None),
        (
            {"error": {"message": "Boom", "code": "tool_use_failed", "status_code": 400}},
            "Boom",
            400,
        ),
        ({"object": "error", "message": "Boom", "code": 400}, "Boom", 400),
        ({"type": "error", "error": {"type": "overloaded", "message": "Boom"}}, "Boom", None),
        ({"code": "InvalidParameter", "message": "Boom", "request_id": "r"}, "Boom", None),
        ({"detail": "Boom"}, "Boom", None),
        ({"x_groq": {"error": "Boom"}, "choices": []}, "Boom", None),
        ({"choices": [{"delta": {}, "error": {"message": "Boom"}}]}, "Boom", None),
        ([{"error": {"message": "Boom", "code": 429}}], "Boom", 429),
        (
            {"error": {"message": "Provider error", "metadata": {"raw": '{"error":"Boom"}'}}},
            "Provider error; Boom",
            None,
        ),
    ],
)
def test_an_error_ends_the_reply(chunk: object, words: str, status: int | None) -> None:
    events = decode(delta(content="Hi"), chunk, delta(content="late"))
    assert as_message(events).text == "Hi"
    last = events[-1]
    assert isinstance(last, ResponseInterrupted)
    assert isinstance(last.cause, Failure)
    assert last.cause.kind is FailureKind.STREAM_ERROR
    assert last.cause.server_words == words
    assert last.cause.status == status


def test_usage_beside_an_error_is_kept() -> None:
    assert message(delta(content="Hi"), {"error": "Boom", "usage": COUNTS}).usage == Usage(5, 3, 8)


def test_an_error_gives_out_what_was_held_back() -> None:
    assert message(delta(content="<thi"), {"error": "Boom"}).text == "<thi"


# Tool calls

PARIS, ROME = '{"city":"Paris"}', '{"city":"Rome"}'


def test_calls_as_openai_sends_them() -> None:
    assert calls_of(
        calls(call(0, "a", "weather", "")),
        calls(call(0, arguments='{"city":')),
        calls(call(0, arguments='"Paris"}')),
        calls(call(1, "b", "time", "")),
        calls(call(1, arguments="{}")),
    ) == [("a", "weather", PARIS), ("b", "time", "{}")]


def test_fragments_of_two_calls_mixed() -> None:
    assert calls_of(
        calls(call(0, "a", "weather", '{"city":'), call(1, "b", "weather", '{"city":')),
        calls(call(1, arguments='"Rome"}'), call(0, arguments='"Paris"}')),
    ) == [("a", "weather", PARIS), ("b", "weather", ROME)]


def test_indexes_of_the_server_that_are_not_dense() -> None:
    assert calls_of(calls(call(3, "a", "f", "{}")), calls(call(7, "b", "g", "{}"))) == [
        ("a", "f", "{}"),
        ("b", "g", "{}"),
    ]


def test_calls_without_an_index() -> None:
    assert calls_of(
        calls(call(None, "a", "weather", PARIS), call(None, "b", "weather", ROME)),
    ) == [("a", "weather", PARIS), ("b", "weather", ROME)]
    assert calls_of(
        calls(call(None, "a", "weather", '{"city":')),
        calls(call(arguments='"Paris"}')),
        calls(call(None, "b", "time", "{}")),
    ) == [("a", "weather", PARIS), ("b", "time", "{}")]


def test_calls_without_an_id_get_one() -> None:
    assert calls_of(calls(call(0, None, "f", "{}")), calls(call(1, "", "g", "{}"))) == [
        ("call_1", "f", "{}"),
        ("call_2", "g", "{}"),
    ]


def test_calls_with_neither_index_nor_id() -> None:
    assert calls_of(
        calls(call(None, None, "weather", PARIS)),
        calls(call(None, None, "weather", ROME)),
        calls(call(None, None, "time", "{}")),
    ) == [("call_1", "weather", PARIS), ("call_2", "weather", ROME), ("call_3", "time", "{}")]


def test_calls_with_neither_in_fragments() -> None:
    assert calls_of(
        calls(call(None, None, "weather", "")),
        calls(call(arguments='{"city":')),
        calls(call(arguments='"Paris"}')),
        calls(call(None, None, "weather", "")),
        calls(call(arguments=ROME)),
    ) == [("call_1", "weather", PARIS), ("call_2", "weather", ROME)]


def test_an_id_and_a_name_that_come_late() -> None:
    assert calls_of(
        calls(call(0, arguments='{"city":')),
        calls(call(0, "a", "weather", '"Paris"}')),
    ) == [("a", "weather", PARIS)]


@pytest.mark.parametrize("name", ["weather", None])
def test_an_id_on_every_fragment(name: str | None) -> None:
    assert calls_of(
        calls(call(0, "a", "weather", "")),
        calls(call(0, "a", name, '{"city":')),
        calls(call(0, "a", name, '"Paris"}')),
        calls(call(0, "a", name, "")),
    ) == [("a", "weather", PARIS)]


@pytest.mark.parametrize("name", ["weather", None])
def test_another_id_on_every_fragment(name: str | None) -> None:
    assert calls_of(
        calls(call(0, "a", "weather", "")),
        calls(call(0, "b", name, '{"city":')),
        calls(call(0, "c", name, '"Paris"}')),
    ) == [("a", "weather", PARIS)]


def test_an_index_that_counts_fragments() -> None:
    assert calls_of(
        calls(call(0, "a", "weather", '{"city":')),
        calls(call(1, "a", "weather", '"Paris"}')),
    ) == [("a", "weather", PARIS)]


@pytest.mark.parametrize("second", ["weather", "time"])
def test_an_index_used_for_a_second_call(second: str) -> None:
    assert calls_of(calls(call(0, "a", "weather", PARIS)), calls(call(0, "b", second, ROME))) == [
        ("a", "weather", PARIS),
        ("b", second, ROME),
    ]


def test_one_id_for_two_calls_becomes_two() -> None:
    assert calls_of(calls(call(0, "x", "f", "{}")), calls(call(1, "x", "g", "{}"))) == [
        ("x", "f", "{}"),
        ("call_2", "g", "{}"),
    ]


def test_a_call_sent_whole_once_more_is_one_call() -> None:
    assert calls_of(
        calls(call(0, "a", "weather", '{"city":')),
        calls(call(0, None, None, '"Paris"}')),
        calls(call(0, "a", "weather", PARIS)),
    ) == [("a", "weather", PARIS)]


def test_a_name_in_pieces() -> None:
    assert calls_of(
        calls(call(0, "a", "get_")),
        calls(call(0, None, "weather")),
        calls(call(0, None, None, "{}")),
    ) == [("a", "get_weather", "{}")]


def test_arguments_that_are_an_object_or_nothing() -> None:
    assert calls_of(calls(call(0, "a", "f", {"城市": "北京", "n": [1, None]}))) == [
        ("a", "f", '{"城市": "北京", "n": [1, null]}')
    ]
    assert calls_of(calls(call(0, "a", "f", None))) == [("a", "f", "")]


def test_arguments_that_are_no_json_are_kept_as_they_are() -> None:
    assert calls_of(calls(call(0, "a", "f", "{city: Paris")))[0][2] == "{city: Paris"


def test_braces_and_quotes_inside_arguments_do_not_end_a_call() -> None:
    tricky = r'{"a":"}{\"","b":["\\"]}'
    fragments = (calls(call(0, None if place else "a", "f", c)) for place, c in enumerate(tricky))
    assert calls_of(*fragments) == [("a", "f", tricky)]


def test_the_function_call_of_old() -> None:
    assert calls_of(
        delta(function_call={"name": "f", "arguments": ""}),
        delta(function_call={"arguments": '{"a":'}),
        delta(function_call={"arguments": "1}"}),
    ) == [("call_1", "f", '{"a":1}')]


def test_a_call_without_a_function_object() -> None:
    flat = {"index": 0, "id": "a", "name": "f", "arguments": "{}"}
    custom = {"index": 1, "id": "b", "type": "custom", "custom": {"name": "g", "input": "x"}}
    assert calls_of(delta(tool_calls=flat), calls(custom)) == [("a", "f", "{}"), ("b", "g", "x")]


def test_text_and_calls_keep_their_order() -> None:
    reply = message(delta(content="Look: "), calls(call(0, "a", "f", "{}")), delta(content="done"))
    assert [type(part).__name__ for part in reply.parts] == ["TextPart", "ToolCallPart", "TextPart"]
    assert isinstance(reply.parts[1], ToolCallPart)


# Whatever comes

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "delta", "message", "content", "text", "index", "id", "name", "type",
             "function", "arguments", "tool_calls", "function_call", "reasoning", "thinking",
             "reasoning_details", "finish_reason", "usage", "prompt_tokens", "model", "error",
             "code", "x_groq", "timings", "prompt_progress", "processed", "total", "refusal"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip

TEXTS = st.sampled_from(["", "a", "ha", "haha", "<think>", "</think>", "<", "\n", "{", "}", '"'])
CALLS = st.lists(
    st.builds(
        call,
        st.sampled_from([None, 0, 1]),
        st.sampled_from([None, "", "a", "b"]),
        st.sampled_from([None, "", "f", "g"]),
        st.sampled_from([None, "", "{", "}", "{}", '{"a":1}', {"a": 1}]),
    ),
    max_size=2,
)
PLAUSIBLE = st.builds(
    delta,
    st.sampled_from([None, None, None, "stop", "length", ""]),
    content=TEXTS | ANYTHING,
    reasoning=TEXTS,
    reasoning_content=TEXTS,
    tool_calls=CALLS | ANYTHING,
)


@settings(max_examples=300)
@given(chunks=st.lists(ANYTHING | PLAUSIBLE, max_size=8), is_done=st.booleans())
def test_whatever_comes_is_survived_and_what_goes_out_is_legal(
    chunks: list[object], *, is_done: bool
) -> None:
    as_message(decode(*chunks, is_done=is_done))


@given(st.lists(st.text(min_size=1, max_size=4), max_size=20))
def test_no_text_is_lost_or_doubled(pieces: list[str]) -> None:
    pieces = ["x", *pieces]  # so that the text does not begin with a tag
    suspicious = all(after.startswith(before) for before, after in pairwise(pieces))
    if not suspicious:
        assert message(*(delta(content=piece) for piece in pieces)).text == "".join(pieces)


def test_a_plain_chunk_is_decoded_the_same_fast_or_slow() -> None:
    extra = {
        "id": "c",
        "object": "o",
        "created": 1,
        "model": "m",
        "usage": None,
        "obfuscation": "x",
    }
    fast = [delta(content=letter) | extra for letter in "some plain text"]
    assert message(*fast).text == "some plain text"
    assert [e for e in decode(*fast) if isinstance(e, ReasoningDelta)] == []
    mixed = message(*fast, delta(content="!") | {"usage": COUNTS}, *fast)
    assert mixed.text == "some plain text!some plain text"
    assert mixed.usage == Usage(5, 3, 8)


# Too much of a thing


def test_ids_and_names_as_long_as_a_book_are_none() -> None:
    book = "x" * 1_000_000
    long_id = "call__thought__" + "y" * 4000  # gateways put what a model thought into it
    made = calls_of(calls(call(0, book, "clock", "{}")), calls(call(1, long_id, "clock", "{}")))
    assert made == [("call_1", "clock", "{}"), (long_id, "clock", "{}")]
    started, *_, ended = decode({"model": book} | delta(content="Hi"), delta(book))
    assert started == ResponseStarted()
    assert isinstance(ended, ResponseFinished)
    assert len(ended.finish_reason or "") < 1000


def test_reasoning_by_two_names_costs_no_more_the_longer_it_is() -> None:
    decoder = ChunkDecoder()
    for _ in range(60_000):
        decoder.feed(delta(reasoning_content="some thoughts"))
    began = time.process_time()
    for _ in range(3_000):
        assert decoder.feed(delta(reasoning="x")) == [ReasoningDelta("x")]
    assert time.process_time() - began < 0.4
