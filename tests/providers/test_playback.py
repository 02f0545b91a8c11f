"""What a recording tells of the questions in it."""

import json

import pytest

from chatapp.core.wire import Exchange, WireRequest
from chatapp.providers.playback import Playback, question_of
from chatapp.providers.recording import Recording


def exchange(body: object, started_at: float = 1.7e9) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    request = WireRequest("lab", "POST", "http://host/v1", (), text, 0.0, started_at)
    return Exchange(request, None, (), None)


def asking(*messages: object) -> Exchange:
    return exchange({"messages": messages})


@pytest.mark.parametrize(
    ("recorded", "question"),
    [
        (asking({"role": "system", "content": "s"}, {"role": "user", "content": "你好"}), "你好"),
        (
            asking({"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}, 3]}),
            "a\nb",
        ),
        (asking({"role": "user", "content": "q"}, {"role": "tool", "content": "42"}), ""),
        (asking({"role": "user", "content": None}), ""),
        (asking("user"), ""),
        (asking(), ""),
        (exchange("no JSON"), ""),
        (exchange([]), ""),
        (exchange("[" * 100_000), ""),
        (Exchange(None, None, (), None), ""),
    ],
)
def test_the_question_is_what_the_request_ends_with(recorded: Exchange, question: str) -> None:
    assert question_of(recorded) == question


def test_it_counts_and_begins_again() -> None:
    exchanges = tuple(asking({"role": "user", "content": text}) for text in "ab")
    playback = Playback(Recording(exchanges), "x.jsonl")
    assert (playback.next_question, playback.next_number, playback.is_over) == ("a", 1, False)
    assert [playback.take() for _ in range(2)] == [*exchanges]
    assert (playback.next_question, playback.played, playback.is_over) == ("a", 2, True)
    assert playback.take() is exchanges[0]
    assert (playback.next_question, playback.is_over) == ("b", False)


@pytest.mark.parametrize(("started_at", "is_known"), [(1.7e9, True), (9e20, False)])
def test_a_time_beyond_the_calendar_is_none(started_at: float, is_known: bool) -> None:
    playback = Playback(Recording((exchange({}, started_at),)))
    assert (playback.recorded_at is not None) is is_known
