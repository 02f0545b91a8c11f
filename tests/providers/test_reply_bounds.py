"""What a response may hold: cut to the character, and never silently."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.errors import Failure
from chatapp.core.stream_events import (
    ProviderEvent,
    ReasoningDelta,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from chatapp.providers.reply_bounds import MAX_CALLS, ReplyBounds
from tests.support.grammar import as_message, assert_legal


def bounds_of(characters: int, wordless_s: float = 10.0) -> ReplyBounds:
    return ReplyBounds(characters, wordless_s, now=0.0)


@given(st.lists(st.text(min_size=1, max_size=5), max_size=8), st.integers(1, 20))
def test_a_reply_is_cut_to_the_character_however_it_came(pieces: list[str], limit: int) -> None:
    bounds = bounds_of(limit)
    whole = "".join(pieces)
    events: list[ProviderEvent] = [ResponseStarted("m", "")]
    for piece in pieces:
        events += bounds.hear(1, [TextDelta(piece)], 0.0)
    events += bounds.cut([ResponseFinished("stop")])
    assert_legal(events)
    assert as_message(events).text == whole[:limit]
    assert isinstance(events[-1], ResponseInterrupted) is (len(whole) > limit)


def test_reasoning_and_arguments_count_too() -> None:
    bounds = bounds_of(10)
    events = bounds.hear(1, [ReasoningDelta("1234"), ToolCallStarted(0, "id", "ab")], 0.0)
    events += bounds.hear(1, [ToolCallDelta(0, "5678xyz"), TextDelta("more")], 0.0)
    assert events[2:] == [ToolCallDelta(0, "5678")]
    assert bounds.failure is not None
    assert "10 characters" in bounds.failure.summary


def test_calls_without_end_are_too_many() -> None:
    bounds = bounds_of(10**9)
    calls: list[ProviderEvent] = [
        ToolCallStarted(index, f"id-{index}", "clock") for index in range(MAX_CALLS + 5)
    ]
    assert len(bounds.hear(1, calls, 0.0)) == MAX_CALLS
    last = bounds.cut([ResponseFinished("tool_calls")])[-1]
    assert isinstance(last, ResponseInterrupted)
    assert isinstance(last.cause, Failure)
    assert f"{MAX_CALLS} tools" in last.cause.summary


def test_a_word_gives_the_server_its_time_again() -> None:
    bounds = bounds_of(100, wordless_s=10.0)
    for now in (9.0, 18.0):
        assert bounds.hear(5, [], now) == []
        assert bounds.failure is None
        bounds.hear(5, [TextDelta("x")], now)
    bounds.hear(5, [], 28.5)
    assert bounds.failure is not None
    assert "no word" in bounds.failure.summary
