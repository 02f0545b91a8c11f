"""A recording played back: everything but the network is as it was.

The requests go through the same client and the replies through the same decoder as live ones,
so that retries, errors and cut connections are those of the recording too.
"""

import asyncio
import json
import math
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import httpx2

from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import FailureKind
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import Interruption, ProviderEvent, ResponseInterrupted
from chatapp.core.wire import Closing, Exchange, WireTaps
from chatapp.providers.openai_chat import OpenAIChat, Patience
from chatapp.providers.playback import Playback
from chatapp.providers.wire_splitter import wire_bytes

_CUT = "the recording ends here"
_WAITS = ("retry-after", "retry-after-ms")
_FRAMING = ("transfer-encoding", "content-encoding")
"""Headers that speak of bytes on the wire, of which the recorded text knows nothing."""


class Replay:
    """Provider that answers with the exchanges of a playback.

    Times are divided by `speed`; 0 and infinity play as fast as possible.
    """

    def __init__(
        self,
        playback: Playback,
        endpoint: Endpoint,
        speed: float = 1.0,
        taps: WireTaps | None = None,
    ) -> None:
        has_pace = speed > 0 and not math.isinf(speed) and playback.recording.has_times
        pace = 1 / speed if has_pace else 0.0
        self._chat = OpenAIChat(
            endpoint,
            Patience(backoff_s=Patience().backoff_s * pace),
            taps=taps,
            transport=_Player(playback, pace),
        )

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Yield the events of the next exchange, or of several where the first was tried again."""
        try:
            async with aclosing(self._chat.stream(request)) as batches:
                async for batch in batches:
                    yield batch
        except _PlayedStop:
            yield (ResponseInterrupted(Interruption.STOPPED),)

    async def list_models(self) -> tuple[str, ...]:
        """The recorded models."""
        return await self._chat.list_models()

    async def close(self) -> None:
        """Let go of the client."""
        await self._chat.close()


class _PlayedStop(asyncio.CancelledError):
    """The person stopped the reply here when it was recorded.

    It is to whoever reads the reply what a stop is in a live chat: a cancellation, which no
    client takes for a broken connection and tries again.
    """


class _Player(httpx2.AsyncBaseTransport):
    """Answers each request with the next exchange; `pace` is played over recorded seconds."""

    def __init__(self, playback: Playback, pace: float) -> None:
        self._playback = playback
        self._listing = {"data": [{"id": model} for model in playback.recording.models]}
        self._pace = pace

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The head of the answer; its body follows as it is read.

        Raises httpx2.ConnectError where there was none, and _PlayedStop where it was not awaited.
        """
        if request.method == "GET":
            return httpx2.Response(200, json=self._listing)
        exchange = self._playback.take()
        clock = _Clock(_sent_at(exchange), self._pace)
        if exchange.response is None:
            await clock.wait_for(exchange.end.at if exchange.end else 0.0)
            if exchange.end is not None and exchange.end.closing is Closing.STOPPED:
                raise _PlayedStop
            raise _no_answer(exchange.end.detail if exchange.end else "")
        is_whole = not _is_streamed(request) and exchange.response.status == 200
        if is_whole and exchange.incoming:
            # whoever does not stream hears nothing before everything is there
            await clock.wait_for(exchange.incoming[-1].at)
        await clock.wait_for(exchange.response.at)
        headers = [
            (name, self._scaled(value) if name in _WAITS else value)
            for name, value in exchange.response.headers
            if name not in _FRAMING and (name + value).isascii() and (name + value).isprintable()
        ]
        return httpx2.Response(
            exchange.response.status, headers=headers, stream=_Body(exchange, clock)
        )

    def _scaled(self, wait: str) -> str:
        """A wait that the server asked for, in the time of the replay; a date is now."""
        try:
            return f"{float(wait) * self._pace:.6f}"
        except ValueError:
            return "0"


class _Clock:
    """Tells the time of a recording."""

    def __init__(self, recorded_zero: float, pace: float) -> None:
        self._recorded_zero = recorded_zero
        self._pace = pace
        self._zero = asyncio.get_running_loop().time()

    async def wait_for(self, recorded_at: float) -> None:
        """Return when this moment of the recording has come."""
        due = self._zero + (recorded_at - self._recorded_zero) * self._pace
        rest = due - asyncio.get_running_loop().time()
        if self._pace and rest > 0:
            await asyncio.sleep(rest)


class _Body(httpx2.AsyncByteStream):
    """The body of one answer, as it came."""

    def __init__(self, exchange: Exchange, clock: _Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what came, when it came.

        Raises httpx2.RemoteProtocolError where it was cut, and _PlayedStop where it was stopped.
        """
        for item in self._exchange.incoming:
            await self._clock.wait_for(item.at)
            yield wire_bytes(item)
        end = self._exchange.end
        if end is not None:
            await self._clock.wait_for(end.at)
        if end is not None and end.closing is Closing.STOPPED:
            raise _PlayedStop
        if end is None or end.closing in (Closing.CUT, Closing.GIVEN_UP):
            # which has no words of a server's in it, as the decoder sees it
            raise httpx2.RemoteProtocolError((end.detail if end else "") or _CUT)


def _no_answer(detail: str) -> httpx2.TransportError:
    """What the network raised when there was no answer, by the kind that `detail` begins with."""
    kind, _, words = detail.partition(": ")
    if kind == FailureKind.TIMED_OUT:
        return httpx2.ConnectTimeout(words)
    error = httpx2.ConnectError(words or _CUT)
    causes = {
        FailureKind.CONNECTION_REFUSED: ConnectionRefusedError,
        FailureKind.NAME_NOT_FOUND: socket.gaierror,
        FailureKind.TLS: ssl.SSLError,
    }
    if kind in causes:
        error.__cause__ = causes[FailureKind(kind)]()
    return error


def _sent_at(exchange: Exchange) -> float:
    if exchange.request is not None:
        return exchange.request.at
    return exchange.response.at if exchange.response else 0.0


def _is_streamed(request: httpx2.Request) -> bool:
    try:
        body: object = json.loads(request.content)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("stream") is True
