"""A response's body, whatever it is, cut anywhere."""

import json

import pytest

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.stream_events import ProviderEvent, ResponseFinished, ResponseInterrupted
from chatapp.core.usage import Usage
from chatapp.providers.response_decoder import ResponseDecoder, parse_json
from tests.support.chat_server import Send, reply
from tests.support.grammar import as_message, assert_legal

WHOLE = {
    "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
}


def decode(body: bytes, size: int = 0) -> list[ProviderEvent]:
    decoder = ResponseDecoder("http://127.0.0.1:8080", "req-1")
    events: list[ProviderEvent] = []
    for start in range(0, len(body), size or len(body) or 1):
        events += decoder.feed(body[start : start + (size or len(body))])
    events += decoder.finish()
    assert_legal(events)
    return events


def failure_of(body: bytes) -> Failure:
    last = decode(body)[-1]
    assert isinstance(last, ResponseInterrupted)
    assert isinstance(last.cause, Failure)
    assert decode(body, 1) == decode(body)
    return last.cause


def stream(*data: str) -> bytes:
    return "".join(f"data: {line}\n\n" for line in data).encode()


def content(text: str) -> str:
    return json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [0, 1])
def test_a_whole_completion(indent: int | None, size: int) -> None:
    message = as_message(decode(json.dumps(WHOLE, indent=indent).encode(), size))
    assert message.text == "Hi"
    assert message.usage == Usage(5, 3, 8)


def test_json_lines() -> None:
    lines = "\n".join([content("H"), content("i"), json.dumps(WHOLE)])
    assert as_message(decode(lines.encode())).text == "Hi"


def test_a_byte_order_mark_and_blank_lines_before_the_stream() -> None:
    body = b"\xef\xbb\xbf\r\n\n" + stream(content("Hi"), "[DONE]")
    for size in (0, 1):
        assert as_message(decode(body, size)).text == "Hi"


def test_done_with_white_space_ends_the_reply() -> None:
    events = decode(stream(content("Hi"), " [DONE] ", content("late")))
    assert as_message(events).text == "Hi"
    assert events[-1] == ResponseFinished(None)


def test_a_last_event_without_its_blank_line_counts_when_it_is_whole() -> None:
    body = stream(content("H")) + f"data: {content('i')}".encode()
    assert as_message(decode(body)).text == "Hi"
    assert as_message(decode(body[:-1])).text == "H"
    assert decode(stream(content("H")) + b"data: [DONE]")[-1] == ResponseFinished(None)


def test_garbage_between_chunks_is_passed_over() -> None:
    body = stream(content("H"), "{broken", "ping", "", content("i"), "[DONE]")
    assert as_message(decode(body)).text == "Hi"


@pytest.mark.parametrize(
    ("data", "words"),
    [('{"error":{"message":"Boom"}}', "Boom"), ('{"message":"Boom"}', "Boom"), ("Boom", "Boom")],
)
def test_an_event_named_error_is_one(data: str, words: str) -> None:
    failure = failure_of(stream(content("H")) + f"event: error\ndata: {data}\n\n".encode())
    assert failure.kind is FailureKind.STREAM_ERROR
    assert failure.server_words == words
    assert failure.request_id == "req-1"


def test_an_error_document() -> None:
    failure = failure_of(b'{"error": "Boom"}')
    assert (failure.kind, failure.server_words) == (FailureKind.STREAM_ERROR, "Boom")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><title>Hi</title><body><h1>There</h1>", "Hi: There"),
        (b'{"status": "ok"}', '{"status": "ok"}'),
        (b"Hello, I am a web server", "Hello, I am a web server"),
        (b"[]", "[]"),
    ],
)
def test_what_is_no_completion_at_all(body: bytes, words: str) -> None:
    failure = failure_of(body)
    assert failure.kind is FailureKind.NOT_AN_API
    assert failure.server_words == words
    assert "http://127.0.0.1:8080/v1" in failure.next_step


@pytest.mark.parametrize("body", [b"", b": ping\n\n", stream(content("H")), b'{"choices": [{"me'])
def test_what_ends_too_early(body: bytes) -> None:
    assert failure_of(body).kind is FailureKind.CUT


def test_every_prefix_of_a_reply_is_legal() -> None:
    sends = [step for step in reply("Hi", "你") if isinstance(step, Send)]
    body = b"".join(send.data for send in sends)
    for end in range(len(body) + 1):
        assert "Hi你".startswith(as_message(decode(body[:end])).text)


@pytest.mark.parametrize(
    ("data", "parsed"),
    [
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\\ud83d\ud83d\ude00\ud83d"', "\\ud83d\U0001f600\ufffd"),
        (b'"a\tb"', "a\tb"),
        ("\ufeff{}".encode(), {}),
        ('"\u2028"'.encode(), "\u2028"),
    ],
)
def test_json_as_servers_write_it(data: bytes, parsed: object) -> None:
    assert parse_json(data) == parsed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"{} x",
        b"[1,]",
        b'{"a" 1}',
        b"[1 2]",
        b"{a: 1}",
        b"<a>",
        b"[" * 300,
    ],
)
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting|nested|EOF|trailing|expected `|key must be"):
        parse_json(data)
