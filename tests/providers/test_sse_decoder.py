"""Bytes to server-sent events, by the rules of the WHATWG and at linear cost."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.providers.sse_decoder import EventTooLarge, ServerSentEvent, SseDecoder


def decode(*pieces: bytes) -> list[ServerSentEvent]:
    decoder = SseDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


def data_of(*pieces: bytes) -> list[bytes]:
    return [event.data for event in decode(*pieces)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\r\n\r\ndata: b\r\r", [b"a", b"b"]),
        (b"data: a\ndata: b\ndata:\n\n", [b"a\nb\n"]),
        (b"data\n\n", [b""]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"\xef\xbb\xbf\n\xef\xbb\xbfdata: a\n\n", []),
        (b": comment\n\ndata: a\n:\n\n", [b"a"]),
        (b"event: ping\n\ndata: a\n\n", [b"a"]),
        (b"id: 1\nretry: 5\nunknown: x\ndata: a\n\n", [b"a"]),
        (b"data: a", []),
        (b"data: a\n", []),
        ("data: a\u2028b\u0085c\x0bd\x0ce\n\n".encode(), ["a\u2028b\u0085c\x0bd\x0ce".encode()]),
        (b"data: \xff\n\n", [b"\xff"]),
        (b"dat: a\nDATA: b\n\n", []),
    ],
)
def test_the_rules(stream: bytes, expected: list[bytes]) -> None:
    assert data_of(stream) == expected


def test_an_event_keeps_its_name_and_the_next_has_none() -> None:
    assert decode(b"event: error\ndata: a\n\ndata: b\n\n") == [
        ServerSentEvent(b"a", "error"),
        ServerSentEvent(b"b", ""),
    ]


def test_a_field_named_error_is_an_error_event() -> None:
    assert decode(b'error: {"code":500}\n\n') == [ServerSentEvent(b'{"code":500}', "error")]


def test_the_end_gives_out_what_was_begun() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\ndata: b") == []
    assert decoder.finish() == [ServerSentEvent(b"a\nb", "")]
    assert decoder.finish() == []


LINES = st.sampled_from(
    [b"data: a", b"data:\xe2\x80\xa8", b"", b": c", b"event: e", b"data", b"\xef\xbb\xbf", b"x"]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.lists(st.tuples(LINES, ENDS)), st.data())
def test_where_the_stream_is_cut_does_not_matter(
    lines: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert decode(*pieces) == decode(stream)


def test_a_huge_event_in_small_pieces_costs_what_it_weighs() -> None:
    decoder = SseDecoder(max_event_bytes=64 * 1024 * 1024)
    piece = b"x" * 1000
    began = time.process_time()
    decoder.feed(b"data: ")
    for _ in range(50_000):
        decoder.feed(piece)
    events = decoder.feed(b"\n\n")
    assert time.process_time() - began < 2.0
    assert len(events[0].data) == 50_000_000


def test_many_tiny_events_cost_little_each() -> None:
    stream = b"data: x\n\n" * 250_000
    began = time.process_time()
    assert len(decode(stream)) == 250_000
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("separator", [b"", b"\ndata: "])
def test_an_endless_event_is_refused(separator: bytes) -> None:
    decoder = SseDecoder(max_event_bytes=1000)
    decoder.feed(b"data: ")
    for _ in range(18):
        assert decoder.feed(b"x" * 50 + separator) == []
    with pytest.raises(EventTooLarge, match="1,000 bytes"):
        decoder.feed(b"x" * 150 + separator)
