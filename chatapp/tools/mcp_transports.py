"""How an MCP server is reached: the SDK's transports, with their ends and their words noticed."""

import logging
import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from threading import Thread
from types import TracebackType
from typing import Self, TextIO

import anyio
import httpx2
from anyio.abc import AnyByteReceiveStream
from anyio.streams.text import TextReceiveStream
from mcp import StdioServerParameters
from mcp.client import stdio
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._stream_protocols import ReadStream, WriteStream  # public under no other name
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest

from chatapp.core.json_strings import PairMender
from chatapp.core.mcp_servers import McpServer
from chatapp.core.safe_text import safe_line

logger = logging.getLogger(__name__)

# How long a process may take to end when its input closes, then when it is asked to. The SDK
# gives it two seconds each; the person who leaves waits for both, and has no parameter for it.
stdio.PROCESS_TERMINATION_TIMEOUT = 0.8
stdio.FORCE_KILL_TIMEOUT = 0.5

# The SDK logs what it does not understand with a traceback each time: a server that says nothing
# else would fill the disk. What becomes of it is told in words of ours.
logging.getLogger("mcp").setLevel(logging.CRITICAL)

MOST_BYTES = 8 * 1024 * 1024
"""Of one message: many times what the model is told of a result. It is read at one go."""

_ASKING_S = 10.0
_MOST_ASKED = 200
"""What a server may ask us in _ASKING_S: the SDK keeps all answers until they are read."""

_CONNECT_S = 30.0
_SILENCE_S = 300.0
"""How long an open stream may be silent; servers send a sign of life more often."""

_LONGEST_LINE = 2_000
_LONGEST_LOG = 1_000_000
"""In characters a start: a server that complains without end must not fill the disk."""
_LOG_LINE = 100
"""What a line in the log costs besides the words."""

_LAST_WORDS_S = 0.3

_Incoming = SessionMessage | Exception
_Reads = ReadStream[_Incoming]
_Streams = tuple[_Reads, WriteStream[SessionMessage]]


class Clues:
    """What is known of a connection besides its messages."""

    def __init__(self) -> None:
        self.words = ""
        """The last line on a process's standard error, or a server's last HTTP error."""
        self.ended = anyio.Event()
        """Set when nothing more can come from the server."""


@asynccontextmanager
async def reach(server: McpServer, clues: Clues) -> AsyncGenerator[_Streams, None]:
    """Start the server's process, or make a client for its address, until the block is left.

    Raises OSError and ValueError where a process cannot be started.
    """
    async with AsyncExitStack() as stack:
        if server.url:
            client = await stack.enter_async_context(_http_client(server, clues))
            transport = streamable_http_client(server.url, http_client=client)
            yield await stack.enter_async_context(transport)
            return
        parameters = StdioServerParameters(
            command=server.command,
            args=list(server.args),
            env={name: secret.reveal() for name, secret in server.env.items()},
            encoding_error_handler="replace",
        )
        errors = await stack.enter_async_context(_logged_errors(server.name, clues))
        process = stdio.stdio_client(parameters, errlog=errors)
        reads, writes = await stack.enter_async_context(process)
        yield _WatchedReads(reads, clues.ended.set), writes


class _WholeLines(TextReceiveStream):
    """What a process prints, in whole lines, those left out that are longer than any message.

    The SDK copies the begin of an unfinished line again for every piece of it, without an end. And
    a server that cuts text within an emoji sends half of it, at which the SDK's parser gives up.
    """

    def __init__(
        self,
        transport_stream: AnyByteReceiveStream,
        encoding: str = "utf-8",
        errors: str = "strict",
    ) -> None:
        super().__init__(transport_stream, encoding, errors)
        self._mender = PairMender()
        self._begin: list[str] = []
        self._size = 0

    async def receive(self) -> str:
        """The next lines. Raises anyio.EndOfStream."""
        while True:
            text = self._mender.feed(await super().receive())
            begun, newline, rest = text.rpartition("\n")
            if not newline:
                self._keep(rest)
                continue
            line, _, _ = begun.partition("\n")
            self._keep(line)
            whole = "".join(self._begin)
            self._begin, self._size = [], 0
            self._keep(rest)
            return f"{whole}{begun[len(line) :]}\n"

    def _keep(self, text: str) -> None:
        self._size += len(text)
        self._begin.append(text)
        if self._size > MOST_BYTES:
            self._begin.clear()


stdio.TextReceiveStream = _WholeLines  # type: ignore[attr-defined]  # no parameter for it either


def _http_client(server: McpServer, clues: Clues) -> httpx2.AsyncClient:
    async def note_status(response: httpx2.Response) -> None:
        reason = safe_line(response.reason_phrase)
        clues.words = f"HTTP {response.status_code} {reason}" if response.is_error else ""
        _mend_body(response, clues)

    return httpx2.AsyncClient(
        headers={
            "Accept-Encoding": "identity",
            **{name: secret.reveal() for name, secret in server.headers.items()},
        },
        timeout=httpx2.Timeout(_CONNECT_S, read=_SILENCE_S),
        event_hooks={"response": [note_status]},
    )


def _mend_body(response: httpx2.Response, clues: Clues) -> None:
    """Make the body one that can be read, with an end unless the SDK bounds each of its events.

    It is taken as it comes: we have asked for nothing packed, which could hold any amount.
    """
    response.headers.pop("content-encoding", None)
    is_events = response.headers.get("content-type", "").startswith("text/event-stream")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _MendedBody(response.stream, math.inf if is_events else MOST_BYTES, clues)


class _MendedBody(httpx2.AsyncByteStream):
    """A body without halves of emoji, which breaks off where it is longer than any message."""

    def __init__(self, body: httpx2.AsyncByteStream, most: float, clues: Clues) -> None:
        self._body = body
        self._most = most
        self._clues = clues

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        mender = PairMender()  # escapes are ASCII: it may take bytes for characters
        async for piece in self._body:
            size += len(piece)
            if size > self._most:
                self._clues.words = f"it sent a message of more than {self._most:,} bytes"
                raise httpx2.RemoteProtocolError(self._clues.words)
            yield mender.feed(piece.decode("latin-1")).encode("latin-1")
        yield mender.finish().encode("latin-1")

    async def aclose(self) -> None:
        await self._body.aclose()


@asynccontextmanager
async def _logged_errors(name: str, clues: Clues) -> AsyncIterator[TextIO]:
    """A file for a process's standard error, of which every line goes to the log.

    A thread reads it: pipes of our own making are nothing that every event loop can wait for.
    """
    reading, writing = os.pipe()
    reader = Thread(target=_log_lines, args=(reading, name, clues), daemon=True)
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        reader.start()
        yield file
    await anyio.to_thread.run_sync(reader.join, _LAST_WORDS_S)


def _log_lines(descriptor: int, name: str, clues: Clues) -> None:
    room = _LONGEST_LOG
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as lines:
        while line := lines.readline(_LONGEST_LINE):
            words = safe_line(line)
            if words and room > 0:
                logger.warning("MCP server %s: %s", name, words)
                room -= len(words) + _LOG_LINE
            clues.words = words or clues.words


class _WatchedReads:
    """The stream of what a process sends; it tells when it has ended, as the SDK does not."""

    def __init__(self, reads: _Reads, tell_end: Callable[[], None]) -> None:
        self._reads = reads
        self._tell_end = tell_end
        self._asked = 0
        self._asked_since = 0.0

    async def receive(self) -> _Incoming:
        """The next message. Raises anyio.EndOfStream."""
        try:
            message = await self._reads.receive()
            if isinstance(message, SessionMessage) and isinstance(message.message, JSONRPCRequest):
                self._count_question()
            return message
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            self._tell_end()
            raise

    def _count_question(self) -> None:
        """Note that the server wants to know something. Raises EndOfStream if it always does."""
        now = anyio.current_time()
        if now - self._asked_since > _ASKING_S:
            self._asked, self._asked_since = 0, now
        self._asked += 1
        if self._asked > _MOST_ASKED:
            raise anyio.EndOfStream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _Incoming:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Close the stream."""
        await self._reads.aclose()

    async def __aenter__(self) -> Self:
        await self._reads.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._reads.__aexit__(kind, error, trace)
