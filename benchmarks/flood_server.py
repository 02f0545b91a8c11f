"""An OpenAI-compatible server that floods: one event per HTTP chunk, at a rate or flat out.

A process of its own, started by `FloodServer`. A question is "KIND COUNT RATE TAG"; the reply is
`reply_tokens(KIND, COUNT)` and, in a paragraph of its own, `end_marker(TAG)`. RATE is tokens a
second, 0 as fast as the socket takes them. On standard output it prints its port, and then
"TAG SECONDS" when the last chunk of a reply was given to the socket, by the monotonic clock.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Self

from benchmarks.reply_text import REPLY_KINDS, reply_tokens

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_WRITES_PER_DRAIN = 32
_MOST_TOKENS = 1_000_000


def question(kind: str, count: int, rate: float, tag: str) -> str:
    """What to ask for a reply."""
    return f"{kind} {count} {rate:g} {tag}"


def end_marker(tag: str) -> str:
    """The last word of a reply, which stands nowhere else."""
    return f"ZZ{tag}END"


def reply_chunks(text: str) -> list[bytes]:
    """The HTTP chunks that answer a question; raises ValueError for what is no question."""
    kind, count, _rate, tag = text.split()
    known = next((name for name in REPLY_KINDS if name == kind), None)
    if known is None or not 0 < int(count) <= _MOST_TOKENS:
        raise ValueError(f"no question: {text!r}")
    tokens = [*reply_tokens(known, int(count)), "\n\n", end_marker(tag)]
    usage = {"prompt_tokens": 5, "completion_tokens": len(tokens), "total_tokens": len(tokens) + 5}
    events = [
        _event({"role": "assistant", "content": ""}),
        *(_event({"content": token}) for token in tokens),
        _event({}, finish_reason="stop"),
        json.dumps({"id": "bench", "object": "chat.completion.chunk", "created": 0,
                    "model": "bench", "choices": [], "usage": usage}),
        "[DONE]",
    ]  # fmt: skip
    return [_http_chunk(f"data: {event}\n\n".encode()) for event in events]


def _event(delta: dict[str, str], finish_reason: str | None = None) -> str:
    return json.dumps({
        "id": "bench", "object": "chat.completion.chunk", "created": 0, "model": "bench",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    })  # fmt: skip


def _http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line.split(":")[1]) for line in head.lower().split("\r\n")
                 if line.startswith("content-length:")), 0,
            )  # fmt: skip
            body = await reader.readexactly(length)
            if head.startswith("POST"):
                await _answer(body, writer)
            else:
                await _list_models(writer)
    writer.close()


async def _list_models(writer: asyncio.StreamWriter) -> None:
    body = b'{"object":"list","data":[{"id":"bench","object":"model"}]}'
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    await writer.drain()


async def _answer(body: bytes, writer: asyncio.StreamWriter) -> None:
    text = json.loads(body)["messages"][-1]["content"]
    _kind, _count, rate, tag = text.split()
    chunks = reply_chunks(text)
    writer.write(_HEAD)
    started_at = time.monotonic()
    for number, chunk in enumerate(chunks):
        writer.write(chunk)
        if float(rate):
            await writer.drain()
            pause = started_at + (number + 1) / float(rate) - time.monotonic()
            await asyncio.sleep(max(0.0, pause))
        elif number % _WRITES_PER_DRAIN == 0:
            await writer.drain()
    await writer.drain()
    print(tag, time.monotonic(), flush=True)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class FloodServer:
    """The server's process, to be used with `with`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.flood_server"], stdout=subprocess.PIPE, text=True
        )
        self._lines = self._read_lines()
        self.base_url = f"http://127.0.0.1:{next(self._lines).strip()}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def last_sent_at(self, tag: str) -> float:
        """When the last chunk of the reply with `tag` was sent; waits for it."""
        for line in self._lines:
            name, at = line.split()
            if name == tag:
                return float(at)
        raise RuntimeError("the flood server has ended")

    def _read_lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        yield from self._process.stdout


if __name__ == "__main__":
    asyncio.run(_main())
