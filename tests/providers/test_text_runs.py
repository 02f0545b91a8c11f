"""Joining deltas changes neither text nor order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.stream_events import (
    ProviderEvent,
    ReasoningDelta,
    ResponseFinished,
    TextDelta,
    ToolCallDelta,
)
from chatapp.providers.text_runs import join_text

TEXTS = st.text(min_size=1, max_size=3)
EVENTS = st.lists(
    st.one_of(
        st.builds(TextDelta, TEXTS),
        st.builds(ReasoningDelta, TEXTS),
        st.builds(ToolCallDelta, st.integers(0, 1), TEXTS),
        st.just(ResponseFinished("stop")),
    )
)


def letters(events: list[ProviderEvent]) -> list[object]:
    """Every letter with the kind of its event, and the other events as they are."""
    told: list[object] = []
    for event in events:
        match event:
            case TextDelta(text) | ReasoningDelta(text):
                told += [(type(event), letter) for letter in text]
            case _:
                told.append(event)
    return told


@given(EVENTS)
def test_every_letter_keeps_its_place(events: list[ProviderEvent]) -> None:
    joined = join_text(events)
    assert letters(joined) == letters(events)
    assert not any(
        type(one) is type(next_one) and isinstance(one, TextDelta | ReasoningDelta)
        for one, next_one in pairwise(joined)
    )
