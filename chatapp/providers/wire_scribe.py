"""Tells whoever watches the wire what goes over it in one exchange, without secrets."""

import time
from asyncio import CancelledError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from types import TracebackType
from typing import Self, assert_never

import httpx2

from chatapp.core.wire import (
    Closing,
    ExchangeTap,
    Incoming,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireRequest,
    WireResponse,
    WireTap,
    WireTaps,
    is_worth_masking,
    masked_headers,
    masked_text,
    masked_url,
    noted_headers,
)
from chatapp.core.wire_chunks import DONE
from chatapp.providers.wire_splitter import WireSplitter


class WireScribe:
    """One exchange as its taps see it; a context manager that says how it ended.

    A tap that opens in the middle hears of the request and of the head first.
    """

    def __init__(self, taps: WireTaps, endpoint: str) -> None:
        self._taps = taps
        self._endpoint = endpoint
        self._watching: dict[WireTap, ExchangeTap] = {}
        self._sent: httpx2.Request | None = None
        self._at = self._started_at = self._heard_at = 0.0
        self._secret = ""
        self._head: WireResponse | None = None
        self._splitter: WireSplitter | None = None
        self._opening = 0
        self._held_back = ""
        self._is_done = self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._end(Closing.CLEAN)
        elif issubclass(kind, GeneratorExit | CancelledError):
            self._end(Closing.STOPPED)
        else:
            self._end(Closing.CUT, type(error).__name__)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Be told of the request that is sent inside, by `note_request`."""
        token = _sending.set(self)
        try:
            yield
        finally:
            _sending.reset(token)

    def sent(self, request: httpx2.Request) -> None:
        """The request leaves."""
        self._sent, self._at, self._started_at = request, time.monotonic(), time.time()
        self._secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        self._tell(())

    def answered(self, response: httpx2.Response) -> None:
        """The head of the response is here."""
        # without the shield of `is_open`: whoever comes later hears of it too
        headers = tuple(
            (name, masked_text(value, self._secret))
            for name, value in noted_headers(response.headers.items())
        )
        self._head = WireResponse(time.monotonic(), response.status_code, headers)
        if self._taps.is_open:
            self._splitter, self._opening = WireSplitter(), self._taps.openings
            self._tell((self._head,))

    def received(self, data: bytes) -> None:
        """More of the body is here; to be called while a tap is open."""
        self._heard_at = time.monotonic()
        if self._splitter is None or self._opening != self._taps.openings:
            # nobody watched for a while, so what is missing is unknown
            self._splitter, self._opening = WireSplitter(is_whole=False), self._taps.openings
        self._tell(self._clean(self._splitter.feed(data, self._heard_at)))

    def refused(self, response: httpx2.Response) -> None:
        """The response is an error, read to its end."""
        self.answered(response)
        text = response.content.decode("utf-8", "surrogateescape")
        self._tell(self._clean([WireBody(time.monotonic(), text, len(response.content))]))
        self._end(Closing.CLEAN)

    def cut(self, detail: str) -> None:
        """The connection broke, could not be made, or was given up."""
        self._end(Closing.CUT, detail)

    def _end(self, closing: Closing, detail: str = "") -> None:
        if self._is_over or self._sent is None:
            return
        self._is_over = True
        now = time.monotonic()
        rest = self._clean(self._splitter.finish(now)) if self._splitter else []
        if self._held_back:
            rest.append(WireBody(now, masked_text(self._held_back, self._secret)))
        if closing is Closing.CLEAN and self._is_done:
            # what is left is the formal end of the body, for which nobody waits
            now, closing = self._heard_at, Closing.DONE
        self._tell((*rest, WireEnd(now, closing, masked_text(detail, self._secret))))

    def _tell(self, items: Sequence[WireItem]) -> None:
        for tap in self._taps.all:
            if tap in self._watching:
                self._watching[tap].take(items)
            elif self._sent is not None:
                self._watching[tap] = watching = tap.open(self._request(self._sent))
                head = () if self._head is None or self._head in items else (self._head,)
                watching.take((*head, *items))

    def _request(self, request: httpx2.Request) -> WireRequest:
        return WireRequest(
            endpoint=self._endpoint,
            method=request.method,
            url=masked_text(masked_url(str(request.url)), self._secret),
            headers=masked_headers(request.headers.items()),
            body=masked_text(request.content.decode("utf-8", "replace"), self._secret),
            at=self._at,
            started_at=self._started_at,
        )

    def _clean(self, items: list[Incoming]) -> list[Incoming]:
        """The items without the key, should the server have repeated it."""
        cleaned: list[Incoming] = []
        for item in items:
            match item:
                case WireEvent(data=data):
                    self._is_done = self._is_done or data.strip() == DONE
                    cleaned.append(replace(item, data=masked_text(data, self._secret)))
                case WireComment(text=text):
                    cleaned.append(replace(item, text=masked_text(text, self._secret)))
                case WireBody(text=text):
                    cleaned.append(replace(item, text=self._clean_piece(text)))
                case _:
                    assert_never(item)
        return cleaned

    def _clean_piece(self, text: str) -> str:
        """A piece of a body without the key, be it that the next piece has the rest of that."""
        if not is_worth_masking(self._secret):
            return text
        text = masked_text(self._held_back + text, self._secret)
        lengths = range(len(self._secret) - 1, -1, -1)
        size = next(size for size in lengths if text.endswith(self._secret[:size]))
        self._held_back = text[len(text) - size :]
        return text[: len(text) - size]


_sending: ContextVar[WireScribe | None] = ContextVar("sending", default=None)


async def note_request(request: httpx2.Request) -> None:
    """The HTTP client's hook: tell the scribe whose exchange this is."""
    scribe = _sending.get()
    if scribe is not None:
        scribe.sent(request)
