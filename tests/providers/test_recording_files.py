"""Files that are no recordings, or broken ones, are explained; any body can be read."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.wire import (
    Closing,
    Exchange,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireRequest,
    WireResponse,
)
from chatapp.providers.recording import WireRecorder, parse_recording, read_recording
from chatapp.providers.recording_lines import (
    Origin,
    RecordingError,
    item_line,
    origin_line,
    parse_lines,
    request_line,
)
from chatapp.providers.wire_splitter import WireSplitter, wire_bytes

HEADER = origin_line(Origin("chatapp 0", "test", "http://host/v1"))
REQUEST = WireRequest("test", "POST", "http://host/v1", (("a", "b"),), '{"model": "m"}', 1.0, 1e9)
OPENING = HEADER + request_line(1, REQUEST, 0.0)


def broken(*lines: str) -> str:
    with pytest.raises(RecordingError) as raised:
        parse_recording("".join(lines).encode())
    return str(raised.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"type": "event"', "line 3 is not JSON"),
        ("[1]", "line 3 is no JSON object"),
        ('{"type": "event", "exchange": 7, "at": 1}', "request is missing"),
        ('{"type": "event", "exchange": "x"}', "no whole number as `exchange`"),
        ('{"type": "event", "exchange": 1, "at": "soon"}', "no number as `at`"),
        ('{"type": "event", "exchange": 1, "at": NaN, "data": ""}', "no number of seconds"),
        ('{"type": "event", "exchange": 1, "at": 1e300, "data": ""}', "no number of seconds"),
        ('{"type": "event", "exchange": 1, "at": 1}', "no text as `data`"),
        ('{"type": "comment", "exchange": 1, "at": 1, "text": 5}', "no text as `text`"),
        ('{"type": "end", "exchange": 1, "at": 1, "closing": "?"}', "clean, cut, given_up"),
        ('{"type": "response", "exchange": 1, "at": 1, "status": 200, "headers": [1]}', "headers"),
        ('{"type": "dance", "exchange": 1, "at": 1}', "unknown type: 'dance'"),
        ('{"type": "recording", "version": 99}', "version 99"),
        ("[" * 100_000, "line 3"),
    ],
)
def test_a_broken_line_is_named(line: str, said: str) -> None:
    words = broken(OPENING, line + "\n", item_line(1, WireEvent(1.0, "x"), 0.0))
    assert "line 3" in words
    assert said in words


def test_files_that_are_no_recordings(tmp_path: Path) -> None:
    assert "no request" in broken(HEADER)
    assert "empty" in broken("")
    assert "line 1" in broken("Dear diary,\n")
    with pytest.raises(RecordingError, match=r"gone\.jsonl"):
        read_recording(tmp_path / "gone.jsonl")
    with pytest.raises(RecordingError, match="line 2 is not UTF-8"):
        parse_recording(HEADER.encode() + b"\xff\n")


def test_the_first_line_must_be_the_header() -> None:
    with pytest.raises(RecordingError, match="line 1 is no header"):
        parse_lines(request_line(1, REQUEST, 0.0))


def test_a_recording_cut_anywhere_is_read_as_far_as_it_goes() -> None:
    lines = [item_line(1, WireEvent(1.0 + n, f"é{n}"), 0.0) for n in range(3)]
    whole = (OPENING + "".join(lines)).encode()
    begun = len(OPENING.encode())
    for end in range(begun, len(whole)):
        recording = parse_recording(whole[:end])
        told = [item.data for item in recording.exchanges[0].incoming if hasattr(item, "data")]
        assert told == [f"é{n}" for n in range(len(told))]
        assert len(told) >= whole[:end].count(b"\n") - 2


class TestWhereToWrite:
    def test_another_file_is_left_alone(self, tmp_path: Path) -> None:
        diary = tmp_path / "diary.txt"
        diary.write_text("Dear diary,\n")
        with pytest.raises(RecordingError, match="nothing is added"):
            WireRecorder(diary, "test", "http://host/v1")
        assert diary.read_text() == "Dear diary,\n"

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        for place in (tmp_path, tmp_path / "no" / "folder.jsonl", Path("/dev/null")):
            with pytest.raises(RecordingError):
                WireRecorder(place, "test", "http://host/v1")

    def test_a_disk_that_fails_ends_the_recording_alone(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        recorder = WireRecorder(tmp_path / "recording.jsonl", "test", "http://host/v1")
        exchange = recorder.open(REQUEST)
        assert recorder._file is not None
        recorder._file.close()
        recorder._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115, PTH123 - closed by the recorder
        exchange.take([WireEvent(1.0, "x")])
        exchange.take([WireEvent(1.0, "x")])
        recorder.close()
        assert "the recording" in caplog.text
        assert len(caplog.records) == 1


texts = st.text(max_size=20) | st.sampled_from(["\udcff", "a\udc80b", "\x1b[2J", "data: x"])
times = st.floats(0, 1e9)
sizes = st.integers(0, 10**9)
items: st.SearchStrategy[WireItem] = st.one_of(
    st.builds(WireEvent, times, texts, texts, st.none() | texts, sizes, st.booleans()),
    st.builds(WireComment, times, texts, sizes),
    st.builds(WireBody, times, texts, sizes),
    st.builds(WireResponse, times, st.integers(100, 599), st.just((("x", "y"),))),
    st.builds(WireEnd, times, st.sampled_from(Closing), texts),
)


@given(st.lists(items, max_size=6))
def test_every_item_comes_back_as_it_was(came: list[WireItem]) -> None:
    text = OPENING + "".join(item_line(1, item, 0.0) for item in came)
    text.encode()
    _, [exchange] = parse_lines(text)
    incoming = [e for e in came if isinstance(e, WireEvent | WireComment | WireBody)]
    assert [type(item) for item in exchange.incoming] == [type(item) for item in incoming]
    for read, item in zip(exchange.incoming, incoming, strict=True):
        assert read == type(item)(
            **{name: getattr(item, name) for name in item.__slots__ if name != "at"}
            | {"at": round(item.at, 6)}
        )
    assert exchange.request is not None
    assert json.loads(exchange.request.body) == {"model": "m"}


def lines_only(text: str) -> bool:
    return not set(text) & set("\r\n\0")


words = texts.filter(lines_only)
names = st.from_regex("[a-z]{0,9}", fullmatch=True)
events = st.builds(WireEvent, st.just(0.0), words, names, st.none())


@given(st.lists(events, max_size=5), st.booleans(), st.lists(st.integers(1, 40), max_size=20))
def test_events_survive_the_wire_cut_anywhere(
    sent: list[WireEvent], is_cut: bool, cuts: list[int]
) -> None:
    sent[-1:] = [replace(last, is_cut=is_cut) for last in sent[-1:]]
    body = b": hi\n\n" + b"".join(map(wire_bytes, sent))
    splitter, got, place = WireSplitter(), [], 0
    for size in [*cuts, len(body)]:
        got += splitter.feed(body[place : place + size], 0.0)
        place += size
    got += splitter.finish(0.0)
    first, *rest = got
    assert isinstance(first, WireComment)
    told = [(e.data, e.name, e.is_cut) for e in rest if isinstance(e, WireEvent)]
    assert told == [(e.data, e.name, e.is_cut) for e in sent]
    assert sum(item.size for item in got) <= len(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_body_or_explained(data: bytes) -> None:
    with contextlib.suppress(RecordingError):
        recording = parse_recording(data)
        assert recording.models
        assert isinstance(recording.exchanges[0], Exchange)


def test_the_models_of_a_recording() -> None:
    body = b'data: {"model": "said", "choices": []}\n\n'
    assert parse_recording(body).models == ("said",)
    assert parse_recording(OPENING.encode()).models == ("m",)
    assert parse_recording(b"data: hi\n\n").models == ("recorded",)
