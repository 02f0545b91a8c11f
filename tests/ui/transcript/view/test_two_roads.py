"""Two roads, one screen: changes applied one by one show what the final conversation shows."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from chatapp.core.changes import Change, merge_changes
from chatapp.core.conversation import Conversation
from chatapp.core.stream_events import StreamEvent
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.timeline import Timeline
from tests.support.conversations import MODELS, histories

PALETTE = Palette.from_theme({}, is_dark=True)


def timeline(conversation: Conversation, width: int = 40) -> Timeline:
    shown = Timeline(lambda name: f"<{name}>")
    shown.lay_out(width, PALETTE, Style())
    shown.show(conversation.path, conversation.draft, conversation.model, conversation.places())
    return shown


def screen(shown: Timeline) -> list[object]:
    return [
        list(strip)
        for index in range(len(shown))
        for strip in shown.entry(index).paint(0, shown.measure(index), is_focused=False)
    ]


def frames(
    events: Sequence[StreamEvent], conversation: Conversation, sizes: Sequence[int]
) -> Iterator[list[Change]]:
    """Play the events and yield the changes as frames of different lengths."""
    waiting: list[Change] = []
    for number, event in enumerate(events):
        waiting += conversation.apply(event)
        if number % sizes[number % len(sizes)] == 0:
            yield merge_changes(waiting)
            waiting = []
    yield merge_changes(waiting)


@given(histories(), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.booleans())
def test_changes_show_what_the_conversation_shows(
    events: list[StreamEvent], sizes: list[int], is_unfolded: bool
) -> None:
    conversation = Conversation(MODELS[0])
    grown = timeline(conversation)
    grown.fold_all(is_unfolded)
    for frame in frames(events, conversation, sizes):
        for change in frame:
            grown.apply(change)
        screen(grown)
    rebuilt = timeline(conversation)
    rebuilt.fold_all(is_unfolded)
    assert screen(grown) == screen(rebuilt)


@given(histories(), st.integers(20, 90))
def test_a_width_shows_the_same_whenever_it_is_taken_on(
    events: list[StreamEvent], width: int
) -> None:
    conversation = Conversation(MODELS[0])
    grown = timeline(conversation)
    for event in events:
        for change in conversation.apply(event):
            grown.apply(change)
    screen(grown)
    grown.lay_out(width, PALETTE, Style())
    assert screen(grown) == screen(timeline(conversation, width))
    assert grown.height == sum(grown.measure(index) for index in range(len(grown)))
