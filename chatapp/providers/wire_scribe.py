"""Tells whoever watches the wire what goes over it in one exchange, without secrets."""

import time
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
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

KEPT_BYTES = 1024 * 1024
"""What is kept of an exchange, to be read in a fifth of a second by a tap that comes late."""

_STEP_BYTES = 256
"""What keeping costs besides the bytes, however few came at once."""


class WireScribe:
    """One exchange as its taps see it; a context manager that says how it ended.

    A tap that opens in the middle hears of the request and of the head first. What comes is
    kept as it is, which costs next to nothing, until it is more than KEPT_BYTES: so a tap can
    be told of the last exchange from its begin (`WirePast`).
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
        self._steps: list[Callable[[WireScribe], None]] | None = []
        self._kept_size = 0

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
            self._end(Closing.STOPPED, keeps_rest=False)
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
        self._taps.past = self
        self._do(
            partial(WireScribe._send, request=request, at=time.perf_counter(), now=time.time())
        )

    def answered(self, response: httpx2.Response) -> None:
        """The head of the response is here."""
        headers = tuple(
            (name, masked_text(value, self._secret))
            for name, value in noted_headers(response.headers.items())
        )
        head = WireResponse(time.perf_counter(), response.status_code, headers)
        self._do(partial(WireScribe._begin, head=head))

    def received(self, data: bytes) -> None:
        """More of the body is here."""
        step = partial(WireScribe._hear, data=data, at=time.perf_counter())
        self._keep(step, len(data))
        if self._taps.is_open:
            step(self)

    def refused(self, response: httpx2.Response) -> None:
        """The response is an error, read to its end."""
        self.answered(response)
        text = response.content.decode("utf-8", "surrogateescape")
        body = WireBody(time.perf_counter(), text, len(response.content))
        self._do(partial(WireScribe._take_body, body=body), body.size)
        self._end(Closing.CLEAN)

    def cut(self, detail: str) -> None:
        """The connection broke, or could not be made."""
        self._end(Closing.CUT, detail)

    def gave_up(self, detail: str, *, in_silence: bool = False) -> None:
        """The reply went beyond a limit of ours, which `in_silence` says was one of patience."""
        self._end(Closing.GIVEN_UP, detail, keeps_rest=in_silence)

    def tell(self, tap: WireTap) -> None:
        """Tell a tap that came just now what it missed, where all of that is kept."""
        if self._steps is None or tap in self._watching:
            return
        teller = WireScribe(WireTaps([tap]), self._endpoint)
        for step in self._steps:
            step(teller)
        if not self._is_over and tap in teller._watching:
            self._watching[tap] = teller._watching[tap]
            if self._opening != self._taps.openings:
                self._splitter, self._opening = teller._splitter, self._taps.openings
                self._held_back, self._is_done = teller._held_back, teller._is_done

    def _do(self, step: Callable[["WireScribe"], None], size: int = 0) -> None:
        self._keep(step, size)
        step(self)

    def _keep(self, step: Callable[["WireScribe"], None], size: int) -> None:
        self._kept_size += size + _STEP_BYTES
        if self._kept_size > KEPT_BYTES:
            self._steps = None
        if self._steps is not None:
            self._steps.append(step)

    def _send(self, request: httpx2.Request, at: float, now: float) -> None:
        self._sent, self._at, self._started_at = request, at, now
        self._secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        self._tell(())

    def _begin(self, head: WireResponse) -> None:
        # without the shield of `is_open`: whoever comes later hears of it too
        self._head, self._heard_at = head, head.at
        if self._taps.is_open:
            self._splitter, self._opening = WireSplitter(), self._taps.openings
            self._tell((head,))

    def _take_body(self, body: WireBody) -> None:
        self._tell(self._clean([body]))

    def _hear(self, data: bytes, at: float) -> None:
        self._heard_at = at
        if self._splitter is None or self._opening != self._taps.openings:
            # nobody watched for a while, so what is missing is unknown
            self._splitter, self._opening = WireSplitter(is_whole=False), self._taps.openings
        self._tell(self._clean(self._splitter.feed(data, at)))

    def _end(self, closing: Closing, detail: str = "", *, keeps_rest: bool = True) -> None:
        """The exchange is over; `keeps_rest` says whether the server left its last event so."""
        if not self._is_over and self._sent is not None:
            now = time.perf_counter()
            step = partial(
                WireScribe._finish, closing=closing, detail=detail, now=now, keeps_rest=keeps_rest
            )
            self._do(step)

    def _finish(self, closing: Closing, detail: str, now: float, *, keeps_rest: bool) -> None:
        self._is_over = True
        rest = self._clean(self._splitter.finish(now)) if self._splitter and keeps_rest else []
        if self._held_back:
            rest.append(WireBody(now, masked_text(self._held_back, self._secret)))
        if closing is Closing.CLEAN and self._is_done:
            # what is left is the formal end of the body, for which nobody waits
            now, closing = self._heard_at, Closing.DONE
        self._tell((*rest, WireEnd(now, closing, masked_text(detail, self._secret))))
        self._watching.clear()

    def _tell(self, items: Sequence[WireItem]) -> None:
        for tap in self._taps.all:
            if tap in self._watching:
                self._watching[tap].take(items)
            elif self._sent is not None:
                is_whole = self._head is None or self._head in items
                request = self._request(self._sent, is_whole=is_whole)
                self._watching[tap] = watching = tap.open(request)
                if self._head is not None and not is_whole:
                    # its time tells when watching began
                    watching.take((replace(self._head, at=self._heard_at),))
                watching.take(items)

    def _request(self, request: httpx2.Request, *, is_whole: bool) -> WireRequest:
        return WireRequest(
            endpoint=self._endpoint,
            method=request.method,
            url=masked_text(masked_url(str(request.url)), self._secret),
            headers=masked_headers(request.headers.items()),
            body=masked_text(request.content.decode("utf-8", "replace"), self._secret),
            at=self._at,
            started_at=self._started_at,
            is_whole=is_whole,
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
