"""Every tool call in the recorded replies of real providers, as the transcript shows it."""

import json

import pytest
from rich.style import Style

from chatapp.core.conversation import Conversation
from chatapp.core.safe_text import safe_text
from chatapp.core.stream_events import ReplyClosed, RequestSent, StreamEvent, UserSpoke
from chatapp.core.usage import Timing
from chatapp.providers.response_decoder import ResponseDecoder
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.timeline import Timeline
from tests.support.recordings import Recording, needs_recordings, recordings
from tests.ui.transcript.view.transcript_bench import AT, MODEL

pytestmark = needs_recordings

WITH_CALLS = [recording for recording in recordings() if recording.expected.get("tool_calls")]
PALETTE = Palette.from_theme({}, is_dark=True)


def timeline(conversation: Conversation) -> Timeline:
    shown = Timeline(lambda name: name)
    shown.lay_out(100, PALETTE, Style())
    shown.show(conversation.path, conversation.draft, MODEL)
    return shown


def screen(shown: Timeline) -> list[str]:
    return [
        strip.text.rstrip()
        for index in range(len(shown))
        for strip in shown.entry(index).paint(0, shown.measure(index), is_focused=False)
    ]


@pytest.mark.parametrize("recording", WITH_CALLS, ids=[r.name for r in WITH_CALLS])
def test_it_is_shown_as_it_comes(recording: Recording) -> None:
    conversation = Conversation(MODEL)
    grown = timeline(conversation)

    def play(*events: StreamEvent) -> None:
        for event in events:
            for change in conversation.apply(event):
                grown.apply(change)

    play(UserSpoke("u", "hi", MODEL, AT), RequestSent("r", "u", MODEL, AT))
    decoder = ResponseDecoder()
    for line in recording.body.splitlines(keepends=True):
        play(*decoder.feed(line))
        screen(grown)
    play(*decoder.finish())
    assert screen(grown) == screen(timeline(conversation))
    play(ReplyClosed(Timing(None, 0, 0)))
    assert screen(grown) == screen(timeline(conversation))
    grown.fold_all(is_unfolded=True)
    rows = screen(grown)
    for call in recording.expected["tool_calls"]:
        assert any(call["name"] in row for row in rows)
        assert_arguments_shown(call["arguments"], rows)


def assert_arguments_shown(text: str, rows: list[str]) -> None:
    try:
        arguments = json.loads(text) if text else {}
    except ValueError:
        assert any("not JSON" in row or "text ends" in row for row in rows)
        return
    if arguments == {}:
        assert any("no arguments" in row for row in rows)
    for key, value in arguments.items() if isinstance(arguments, dict) else ():
        assert any(row.strip().startswith(f"│ {safe_text(key)}") for row in rows)
        if isinstance(value, str) and value.strip() and len(value) < 40 and "\n" not in value:
            assert any(safe_text(value) in row for row in rows)
