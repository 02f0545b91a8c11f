"""The benchmark's own pieces: what is compared must be the same in every run."""

import json

import pytest

from benchmarks import soak
from benchmarks.figures import Figure, render_table
from benchmarks.flood_server import end_marker, question, reply_chunks
from benchmarks.reply_text import REPLY_KINDS, ReplyKind, reply_tokens, split_tokens


@pytest.mark.parametrize("kind", REPLY_KINDS)
def test_a_reply_has_so_many_tokens_and_is_the_same_every_time(kind: ReplyKind) -> None:
    tokens = reply_tokens(kind, 500)
    assert len(tokens) == 500
    assert all(tokens)
    assert tokens == reply_tokens(kind, 500)


def test_cutting_into_tokens_loses_nothing() -> None:
    text = "- **Wörter**, `code()`:\n\n  1. mehr…\n"
    assert "".join(split_tokens(text)) == text


def test_the_server_sends_one_event_a_chunk_and_the_marker_last() -> None:
    chunks = reply_chunks(question("mixed", 100, 0, "q1"))
    events = [chunk.split(b"data: ", 1)[1].strip() for chunk in chunks]
    deltas = [
        choice["delta"].get("content", "")
        for event in events[:-1]
        for choice in json.loads(event)["choices"]
    ]
    assert "".join(deltas) == "".join(reply_tokens("mixed", 100)) + "\n\n" + end_marker("q1")
    assert events[-1] == b"[DONE]"


def test_the_table_marks_what_is_not_as_it_must_be() -> None:
    table = render_table([Figure("a", 0.5, 0.6), Figure("b", 30, 25, "ms", "3 keys")])
    assert table.splitlines()[2:] == [
        "| a | 0.5 | ≤ 0.6 |  |",
        "| b | **30 ms** | ≤ 25 ms | 3 keys |",
    ]


def test_a_day_of_use_is_flat_or_it_is_not() -> None:
    warming_up = [50.0, *([100.0] * 99)]
    assert soak.growth("memory", warming_up, "MiB").is_met
    assert not soak.growth("memory", [float(value) for value in range(100)], "MiB").is_met
    assert soak.curve("memory", [1.0] * 41).count("1") <= soak.SAMPLES
