"""What servers do wrong, as scripts: each is one response that no client should have to see."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chatapp.core.errors import FailureKind
from tests.support.chat_server import (
    DONE,
    Drop,
    Exchange,
    Head,
    Respond,
    Send,
    Sleep,
    Stall,
    Step,
    chunk,
    ending,
    reasoning_chunks,
    reply,
    sse,
    text_chunks,
    tool_call_chunks,
)

MANY = 1000
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong: what the server does, and what a person is told.

    `kind` None says that the reply is whole all the same. `text` is what must be kept. `script`
    makes the steps anew for each exchange; a fault that is tried again comes `attempts` times.
    """

    name: str
    script: Callable[[Exchange], Iterable[Step]]
    kind: FailureKind | None
    text: str = ""
    words: str = ""
    attempts: int = 1


def fault(
    name: str,
    *steps: Step,
    kind: FailureKind | None,
    text: str = "",
    words: str = "",
    attempts: int = 1,
) -> Fault:
    """A fault that is the same steps each time."""
    return Fault(name, lambda _exchange: steps, kind, text, words, attempts)


def forever(step: Step, *before: Step) -> Callable[[Exchange], Iterator[Step]]:
    """The script of a server that goes on until nobody listens any more."""

    def script(_exchange: Exchange) -> Iterator[Step]:
        yield from before
        while True:
            yield step

    return script


def _trickle(_exchange: Exchange) -> Iterator[Step]:
    """One byte at a time, with a pause that would be a second if tests had the time."""
    event = text_chunks("Hel")[0]
    assert isinstance(event, Send)
    yield event
    for byte in b": one byte and one more and so on, far longer than anybody waits for a word":
        yield Send(bytes([byte]))
        yield Sleep(0.02)


def _content(text: str, size: int) -> Send:
    return chunk({"content": text * size})


def _packed(body: bytes, encoding: str = "gzip") -> tuple[Step, ...]:
    head = Head(headers={"content-type": "text/event-stream", "content-encoding": encoding})
    return head, Send(body)


def _deep(levels: int) -> str:
    return '{"choices":' + "[" * levels + "]" * levels + "}"


_HELLO = "".join(step.data.decode() for step in reply("Hello") if isinstance(step, Send))
_HUGE = "9" * 5000
_BLANK_BOMB = gzip.compress(b"\n" * 200_000_000, 9)
"""Little that is 200 MB of empty lines."""

_SILENT_BOMB = gzip.compress(gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 40_000_000, 9)
"""Little that is 200 MB of packed nothing: unpacking it twice, no byte ever comes out."""

_ERROR_BOMB = gzip.compress(b'{"error": {"message": "' + b"no" * 50_000_000 + b'"}}', 9)
_LOOP = "/v1/chat/completions"

_CUT, _NO_API, _TIMED_OUT = FailureKind.CUT, FailureKind.NOT_AN_API, FailureKind.TIMED_OUT

FAULTS = (
    fault(
        "reset before the headers",
        Drop(is_reset=True),
        kind=FailureKind.CONNECTION_LOST,
        attempts=3,
    ),
    fault("closed before the headers", Drop(), kind=FailureKind.CONNECTION_LOST, attempts=3),
    fault("hangs before the headers", Stall(), kind=_TIMED_OUT),
    fault("hangs after the headers", Head(), Stall(), kind=_TIMED_OUT),
    fault("hangs after a word", *text_chunks("Hel"), Stall(), kind=_CUT, text="Hel"),
    fault("reset after a word", *text_chunks("Hel"), Sleep(0.2), Drop(True), kind=_CUT, text="Hel"),
    fault("closed after a word", *text_chunks("Hel"), Sleep(0.2), Drop(), kind=_CUT, text="Hel"),
    fault("ends without a word", Head(), kind=_CUT),
    Fault("trickles", _trickle, _CUT, "Hel", "no word"),
    Fault("endless comments", forever(Send(b": alive\n\n"), Head()), _CUT, "", "no word"),
    Fault("a flood of comments", forever(Send(b": alive\n\n" * 100_000), Head()), _CUT),
    Fault("endless empty chunks", forever(Send(chunk().data * MANY)), _CUT, "", "no word"),
    Fault(
        "endless tokens",
        forever(Send(chunk({"content": "word "}).data * MANY)),
        _CUT,
        "word " * 4000,
        "20,000 characters",
    ),
    Fault(
        "endless reasoning",
        forever(Send(chunk({"reasoning_content": "hmm "}).data * MANY)),
        _CUT,
        "",
        "20,000 characters",
    ),
    Fault(
        "endless tool calls",
        lambda _exchange: (
            step
            for index in range(100_000)
            for step in tool_call_chunks(index, f"call-{index}", "clock", "{}")
        ),
        _CUT,
        "",
        "more than 128 tools",
    ),
    Fault(
        "endless arguments",
        forever(
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": "[" * MANY}}]}),
            *tool_call_chunks(0, "call-1", "clock", "{"),
        ),
        _CUT,
        "",
        "20,000 characters",
    ),
    fault("one event of 50 MB", _content("word ", 10_000_000), kind=_CUT, words="16,777,216 bytes"),
    fault("one event of 10 MB", _content("word ", 2_000_000), kind=_CUT, text="word " * 4000),
    Fault(
        "an event never ended",
        forever(Send(b"x" * 65536), Send(b"data: ")),
        _CUT,
        "",
        "16,777,216 bytes",
    ),
    Fault(
        "a data line after the other",
        forever(Send(b"data: x\n" * 8192), Head()),
        _CUT,
    ),
    Fault(
        "a document never ended",
        forever(Send(b" " * 65536), Send(b'{"choices": [')),
        _CUT,
    ),
    fault(
        "invalid UTF-8",
        Send(b'data: {"choices":[{"delta":{"content":"a\xff\xfeb\xc3"}}]}\n\n'),
        *ending(),
        kind=None,
        text="a\ufffd\ufffdb\ufffd",
    ),
    fault(
        "NUL",
        Send(b'data: {"choices":[{"delta":{"content":"a\\u0000b\x00c"}}]}\n\n'),
        *ending(),
        kind=None,
        text="a\0b\0c",
    ),
    fault("NUL between the events", Send(b"\0\0\n\0\n"), *reply("Hello"), kind=None, text="Hello"),
    fault(
        "half of a surrogate pair",
        Send(b'data: {"choices":[{"delta":{"content":"a\\ud83db"}}]}\n\n'),
        *ending(),
        kind=None,
        text="a\ufffdb",
    ),
    fault("deep JSON", sse(_deep(100_000)), *reply("Hello"), kind=None, text="Hello"),
    fault("a deep document", Respond(200, _deep(100_000)), kind=_CUT),
    fault("a deep error", Respond(400, _deep(100_000)), kind=FailureKind.BAD_REQUEST),
    fault(
        "huge numbers",
        sse(
            f'{{"created": {_HUGE}, "usage": {{"prompt_tokens": {_HUGE}, "total_tokens": 1e999}},'
            f' "timings": {{"prompt_n": -{_HUGE}, "predicted_n": 1e308}},'
            f' "choices": [{{"index": 0, "delta": {{"content": "Hi"}}}}]}}'
        ),
        *ending(usage=None),
        kind=None,
        text="Hi",
    ),
    fault(
        "huge progress",
        sse(f'{{"prompt_progress": {{"processed": {_HUGE}, "total": -{_HUGE}}}}}'),
        sse('{"prompt_progress": {"processed": 5, "total": 0}}'),
        sse(f'{{"prompt_progress": {{"processed": 5, "total": {"9" * 400}}}}}'),
        *reply("Hello"),
        kind=None,
        text="Hello",
    ),
    fault(
        "a huge status in the stream",
        *text_chunks("Hel"),
        sse(f'{{"error": {{"code": {_HUGE}, "message": "no"}}}}'),
        kind=FailureKind.STREAM_ERROR,
        text="Hel",
    ),
    fault(
        "a Retry-After of years",
        Respond(429, {}, {"retry-after": "999999999"}),
        kind=FailureKind.RATE_LIMITED,
    ),
    fault(
        "a Retry-After that is none",
        Respond(503, {}, {"retry-after": "soon\x80"}),
        kind=FailureKind.OVERLOADED,
        attempts=3,
    ),
    fault(
        "events that claim to be a picture",
        Respond(200, _HELLO, {"content-type": "image/png; charset=klingon"}),
        kind=None,
        text="Hello",
    ),
    fault(
        "a page that claims to be events",
        Respond(200, "<html><title>Hi</title></html>", {"content-type": "text/event-stream"}),
        kind=_NO_API,
    ),
    fault("a bomb of gzip", *_packed(_BLANK_BOMB), kind=_CUT, words="no word"),
    fault(
        "a bomb of gzip in gzip of nothing",
        *_packed(_SILENT_BOMB, "gzip, gzip"),
        kind=_NO_API,
    ),
    fault("gzip that is none", *_packed(b"plain"), kind=_CUT),
    fault(
        "gzip in six layers",
        *_packed(b"plain", ", ".join(["gzip"] * 6)),
        kind=_NO_API,
    ),
    fault(
        "gzip without its end",
        *_packed(gzip.compress(_HELLO.encode())[:-12]),
        kind=None,
        text="Hello",
    ),
    fault(
        "an encoding nobody knows", *_packed(_HELLO.encode(), "klingon"), kind=None, text="Hello"
    ),
    fault(
        "an error that is a bomb",
        Respond(400, _ERROR_BOMB, {"content-encoding": "gzip"}),
        kind=FailureKind.BAD_REQUEST,
    ),
    Fault(
        "an error that never ends",
        forever(Send(b"no" * 32768), Head(500)),
        FailureKind.SERVER_ERROR,
        attempts=3,
    ),
    fault(
        "a redirect loop",
        Respond(307, b"", {"location": _LOOP}),
        kind=FailureKind.NOT_FOUND,
        words=_LOOP,
    ),
    fault(
        "an error that is nothing but markup",
        Respond(502, "<html>" + "<title>" * 9000, {"content-type": "text/html"}),
        kind=FailureKind.SERVER_ERROR,
        attempts=3,
    ),
    fault(
        "an id of a mile",
        Respond(403, "no", {"x-request-id": "y" * 30_000, "location": "z" * 30_000}),
        kind=FailureKind.FORBIDDEN,
    ),
    fault(
        "a redirect of a mile",
        Respond(307, b"", {"location": "z" * 30_000}),
        kind=FailureKind.NOT_FOUND,
    ),
    fault("a redirect to nowhere", Respond(302, b""), kind=FailureKind.NOT_FOUND),
    fault(
        "a redirect that is no address",
        Respond(307, b"", {"location": "http://[::bad:999999/\x01"}),
        kind=FailureKind.NOT_FOUND,
    ),
    fault(
        "an error page in a success",
        Respond(200, {"error": {"message": "Out of cheese"}}),
        kind=FailureKind.STREAM_ERROR,
    ),
    fault(
        "an error in the stream",
        *text_chunks("Hel"),
        sse({"error": {"message": "Out of cheese"}}),
        kind=FailureKind.STREAM_ERROR,
        text="Hel",
    ),
    fault(
        "names of a megabyte",
        sse({"model": "m" * MEGABYTE, "choices": [{"delta": {"content": "Hi"}}]}),
        chunk({}, "f" * MEGABYTE),
        kind=None,
        text="Hi",
    ),
    fault(
        "reasoning here and there",
        *reasoning_chunks("hmm " * 4000),
        Send(b"".join([chunk({"reasoning": "x"}).data] * 3000)),
        *reply("Hello"),
        kind=None,
        text="Hello",
    ),
    fault("nothing but the end", Head(), DONE, kind=None),
    fault("a status of its own", Respond(799, "what"), kind=FailureKind.SERVER_ERROR),
    fault("a success without content", Respond(204, b""), kind=_CUT),
    fault(
        "a flood of headers",
        Respond(200, "x", {f"x-{i}": "y" * 99 for i in range(9999)}),
        kind=FailureKind.CONNECTION_LOST,
        attempts=3,
    ),
    fault(
        "what is no HTTP",
        Respond(200, "x", {"": "\n\n: ?"}),
        kind=FailureKind.CONNECTION_LOST,
        attempts=3,
    ),
    fault(
        "events of odd JSON",
        *(sse(json.dumps(odd)) for odd in (None, 0, "", [], {}, [[]], {"choices": {}})),
        *reply("Hello"),
        kind=None,
        text="Hello",
    ),
)
