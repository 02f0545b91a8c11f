"""An OpenAI-compatible server on loopback that misbehaves exactly as a test says.

It runs in threads of its own, so it serves a blocked event loop as well as a free one. Each
request to ``/chat/completions`` takes the next script from the queue; a script is a sequence of
steps::

    def test_cut(chat_server: ChatServer) -> None:
        chat_server.enqueue(*text_chunks("Hel", "lo"), Drop())
        ...  # talk to chat_server.base_url
        exchange = chat_server.exchanges[0]
        assert exchange.body["messages"][-1]["content"] == "Hi"
        assert exchange.disconnected.wait(1.0)

    gate = threading.Event()
    chat_server.enqueue(*text_chunks("Hel"), Wait(gate), *text_chunks("lo"), *ending())
    chat_server.enqueue(Respond(429, {"error": {"message": "Slow down"}}, {"retry-after": "1"}))
    chat_server.enqueue(lambda exchange: reply(exchange.body["messages"][-1]["content"]))

With an empty queue `chat_server.default` answers, at first a short greeting. ``GET /models`` lists
`chat_server.models`, or follows `chat_server.models_script` when that is set; other paths follow
`chat_server.scripts_by_path`. A script that begins
with neither `Head` nor `Respond` answers 200 with an event stream. Without a `Drop` at its end the
HTTP response ends in order, whether or not the stream in it did.
"""

import contextlib
import json
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, assert_never

POLL_S = 0.005
"""How often a waiting step looks whether the client is still there."""

TLS_HANDSHAKE = b"\x16\x03"
"""How a client begins that believes it talks to an https server."""


@dataclass(frozen=True, slots=True)
class Head:
    """Send the status line and headers of a response whose body the next steps send."""

    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"content-type": "text/event-stream; charset=utf-8"}
    )
    is_chunked: bool = True


@dataclass(frozen=True, slots=True)
class Respond:
    """Send a whole response; a `body` that is no bytes and no str is sent as JSON."""

    status: int
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes of the body, `cut_every` at a time with a flush between (0: at once)."""

    data: bytes
    cut_every: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing until the test sets `condition`."""

    condition: threading.Event


@dataclass(frozen=True, slots=True)
class Sleep:
    """Send nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing until the client gives up."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Break the connection: by a reset, or in order but too early."""

    is_reset: bool = False


Step = Head | Respond | Send | Wait | Sleep | Stall | Drop


class ClientLeft(Exception):
    """The client closed its connection before the script was over."""


class _ServerClosing(Exception):
    """The test is over."""


@dataclass(slots=True)
class Exchange:
    """One request and what became of it; the events are set by the server's threads."""

    method: str
    path: str
    headers: dict[str, str]
    raw_body: bytes
    received_at: float
    disconnected: threading.Event = field(default_factory=threading.Event)
    disconnected_at: float | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def body(self) -> Any:
        """The request's JSON."""
        return json.loads(self.raw_body)


Script = Sequence[Step] | Callable[[Exchange], Iterable[Step]]


def sse(payload: object, event: str = "") -> Send:
    """One event whose data is `payload`: a str as it is, anything else as JSON."""
    data = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    name = f"event: {event}\n" if event else ""
    return Send(f"{name}data: {data}\n\n".encode())


def chunk(delta: object = None, finish_reason: str | None = None, **extra: object) -> Send:
    """One chunk of a stream; `extra` goes beside its choices."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish_reason}
    return sse(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1700000000,
            "model": "test-model",
            "choices": [choice],
            **extra,
        }
    )


DONE = sse("[DONE]")
COMMENT = Send(b": keep-alive\n\n")


def text_chunks(*pieces: str) -> list[Step]:
    """One chunk of visible text a piece."""
    return [chunk({"content": piece}) for piece in pieces]


def reasoning_chunks(*pieces: str) -> list[Step]:
    """One chunk of reasoning a piece."""
    return [chunk({"reasoning_content": piece}) for piece in pieces]


def tool_call_chunks(index: int, tool_call_id: str, name: str, *arguments: str) -> list[Step]:
    """A tool call as OpenAI sends it: id and name first, then fragments of the arguments."""
    opening = {
        "index": index,
        "id": tool_call_id,
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    return [
        chunk({"tool_calls": [opening]}),
        *(
            chunk({"tool_calls": [{"index": index, "function": {"arguments": fragment}}]})
            for fragment in arguments
        ),
    ]


def usage_chunk(prompt_tokens: int, completion_tokens: int, **details: object) -> Step:
    """The last chunk of a stream asked for usage."""
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        **details,
    }
    return sse({"id": "chatcmpl-1", "model": "test-model", "choices": [], "usage": usage})


def ending(finish_reason: str = "stop", usage: tuple[int, int] | None = (7, 3)) -> list[Step]:
    """How an orderly stream ends."""
    counts = [usage_chunk(*usage)] if usage else []
    return [chunk({}, finish_reason), *counts, DONE]


def reply(*pieces: str) -> list[Step]:
    """A whole orderly reply, one chunk a piece."""
    return [chunk({"role": "assistant", "content": ""}), *text_chunks(*pieces), *ending()]


class ChatServer:
    """The server; a context manager. `exchanges` holds every request in order of arrival.

    It listens on a free port unless one is named.
    """

    def __init__(self, port: int = 0) -> None:
        self.exchanges: list[Exchange] = []
        self.models: list[str] = ["test-model", "other-model"]
        self.models_script: Script | None = None
        self.scripts_by_path: dict[str, Script] = {}
        self.default: Script = reply("Hello", ", ", "world", "!")
        self._scripts: deque[Script] = deque()
        self._lock = threading.Lock()
        self._is_closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def chats(self) -> list[Exchange]:
        """The requests for chat completions, in order of arrival."""
        return [exchange for exchange in self.exchanges if exchange.path.endswith("/completions")]

    @property
    def open_connections(self) -> int:
        """How many clients are connected now."""
        with self._lock:
            return len(self._connections)

    def enqueue(self, *script: Step | Callable[[Exchange], Iterable[Step]]) -> None:
        """Add the script of one more request: its steps, or one function that makes them."""
        if len(script) == 1 and callable(script[0]):
            self._scripts.append(script[0])
        else:
            self._scripts.append([step for step in script if not callable(step)])

    def close(self) -> None:
        """Break every connection and end every thread."""
        self._is_closing.set()
        # shutdown wakes the thread that blocks in accept, which close alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the client was first
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads = [running for running in self._threads if running.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        line = _Line(connection, self._is_closing)
        try:
            while line.is_usable and (exchange := line.read_request()) is not None:
                with self._lock:
                    self.exchanges.append(exchange)
                    script = self._script_for(exchange)
                try:
                    line.play(script(exchange) if callable(script) else script)
                except (ClientLeft, OSError):
                    exchange.disconnected_at = time.monotonic()
                    exchange.disconnected.set()
                    return
                finally:
                    exchange.finished.set()
        except (_ServerClosing, ClientLeft, OSError, ValueError):
            return  # also what is no HTTP, such as the start of TLS
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _script_for(self, exchange: Exchange) -> Script:
        if exchange.path in self.scripts_by_path:
            return self.scripts_by_path[exchange.path]
        if exchange.path.endswith("/models"):
            listing = {"object": "list", "data": [{"id": model} for model in self.models]}
            return self.models_script or [Respond(200, listing)]
        if not exchange.path.endswith("/chat/completions"):
            return [Respond(404, {"detail": "Not Found"})]
        return self._scripts.popleft() if self._scripts else self.default


class _Line:
    """One client's connection: reads requests, plays scripts."""

    def __init__(self, connection: socket.socket, is_closing: threading.Event) -> None:
        self._connection = connection
        self._is_closing = is_closing
        self._received = b""
        self._has_head = self._is_chunked = self._is_whole = False

    @property
    def is_usable(self) -> bool:
        """Whether another request can come: the last response said where it ended."""
        return self._is_chunked or self._is_whole or not self._has_head

    def read_request(self) -> Exchange | None:
        """The next request, or None when the client is done."""
        while b"\r\n\r\n" not in self._received:
            if not self._read_more():
                return None
            if self._received.startswith(TLS_HANDSHAKE):
                self._connection.sendall(_head_bytes(400, {"connection": "close"}))
                return None
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        received_at = time.monotonic()
        request_line, *header_lines = head.decode("latin-1").split("\r\n")
        method, path, _ = request_line.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in header_lines)
        }
        length = int(headers.get("content-length", "0"))
        while len(self._received) < length:
            if not self._read_more():
                return None
        body, self._received = self._received[:length], self._received[length:]
        return Exchange(method, path, headers, body, received_at)

    def play(self, script: Iterable[Step]) -> None:
        """Do the steps; raises ClientLeft when there is nobody left to do them for."""
        self._has_head = self._is_chunked = self._is_whole = False
        for step in script:
            self._do(step)
        if not self._has_head:
            self._send_head(Head())
        if self._is_chunked:
            self._connection.sendall(b"0\r\n\r\n")

    def _do(self, step: Step) -> None:
        match step:
            case Head():
                self._send_head(step)
            case Respond(status, body, headers):
                self._respond(status, body, headers)
            case Send(data, cut_every):
                self._send(data, cut_every or len(data))
            case Wait(condition):
                while not condition.is_set():
                    self._check(POLL_S)
            case Sleep(seconds):
                until = time.monotonic() + seconds
                while (rest := until - time.monotonic()) > 0:
                    self._check(min(rest, POLL_S))
            case Stall():
                while True:
                    self._check(POLL_S)
            case Drop(is_reset):
                self._drop(is_reset)
            case _:
                assert_never(step)

    def _send_head(self, head: Head) -> None:
        self._has_head, self._is_chunked = True, head.is_chunked
        framing = {"transfer-encoding": "chunked"} if head.is_chunked else {"connection": "close"}
        self._connection.sendall(_head_bytes(head.status, {**head.headers, **framing}))

    def _respond(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        self._has_head = self._is_whole = True
        kind = "text/plain; charset=utf-8"
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            kind, body = "application/json", json.dumps(body).encode()
        described = {"content-type": kind, **headers, "content-length": str(len(body))}
        self._connection.sendall(_head_bytes(status, described) + body)

    def _send(self, data: bytes, size: int) -> None:
        if not self._has_head:
            self._send_head(Head())
        for start in range(0, len(data), max(1, size)):
            self._check()
            piece = data[start : start + size]
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece
            self._connection.sendall(framed)

    def _drop(self, is_reset: bool) -> None:
        if is_reset:
            linger = struct.pack("ii", 1, 0)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            self._connection.shutdown(socket.SHUT_WR)
        self._connection.close()
        raise _ServerClosing

    def _check(self, seconds: float = 0.0) -> None:
        if self._is_closing.is_set():
            raise _ServerClosing
        readable, _, _ = select.select([self._connection], [], [], seconds)
        if readable and not self._connection.recv(1, socket.MSG_PEEK):
            raise ClientLeft

    def _read_more(self) -> bool:
        while not select.select([self._connection], [], [], 0.05)[0]:
            if self._is_closing.is_set():
                raise _ServerClosing
        data = self._connection.recv(65536)
        self._received += data
        return bool(data)


def _head_bytes(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
