"""What goes over the wire in one exchange, as values, and who may watch it.

An exchange is one request and what came back. All times called `at` are seconds of one
clock, `perf_counter` in a live one, the same for all items of an exchange. Text is as it came:
hostile, to be shown through `safe_text`, with bytes that are no UTF-8 kept as lone surrogates
(`surrogateescape`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

MASK = "***"
"""What stands where a secret stood."""

_PUBLIC_HEADERS = frozenset(
    ("accept", "accept-encoding", "connection", "content-length", "content-type", "host",
     "openai-organization", "openai-project", "user-agent")
)  # fmt: skip
_PUBLIC_PREFIX = "x-stainless-"

_NOTED_HEADERS = frozenset(
    ("content-type", "content-encoding", "transfer-encoding", "date", "server", "via",
     "retry-after", "retry-after-ms", "location", "www-authenticate", "cf-ray")
)  # fmt: skip
_NOTED_PARTS = (
    "request-id",
    "requestid",
    "correlation-id",
    "trace-id",
    "ratelimit",
    "processing-ms",
)

_SHORTEST_SECRET = 8
"""A shorter key (`none`, `ollama`) guards nothing, and would be found inside other words."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """What was sent, without secrets; `body` is its JSON text.

    `started_at` is when, in seconds since the epoch; `at` the same on the clock of all items.
    `is_whole` says whether all will be told that came back, be it before somebody watched.
    """

    endpoint: str
    method: str
    url: str
    headers: Headers
    body: str
    at: float
    started_at: float
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class WireResponse:
    """The head of the response; only headers that tell something, names in lower case."""

    at: float
    status: int
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One server-sent event; `size` is in bytes on the wire, its blank line included.

    `is_cut` says that the body ended before the event did.
    """

    at: float
    data: str
    name: str = ""
    event_id: str | None = None
    size: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class WireComment:
    """A line that is no event's: a comment, with which servers keep a connection alive."""

    at: float
    text: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class WireBody:
    """A piece of a body that is no event stream: a whole reply, an error, a web page."""

    at: float
    text: str
    size: int = 0


class Closing(StrEnum):
    """How an exchange ended."""

    DONE = "done"  # with [DONE]
    CLEAN = "clean"  # in order, without
    CUT = "cut"
    GIVEN_UP = "given_up"  # by us, for a limit of ours
    STOPPED = "stopped"  # by the person

    @property
    def words(self) -> str:
        """How it ended, for a person to read."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class WireEnd:
    """The end of an exchange; `detail` says in a sentence what cut it off."""

    at: float
    closing: Closing
    detail: str = ""


Incoming = WireEvent | WireComment | WireBody
WireItem = WireResponse | Incoming | WireEnd


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back; what is None was not recorded."""

    request: WireRequest | None = None
    response: WireResponse | None = None
    incoming: tuple[Incoming, ...] = ()
    end: WireEnd | None = None

    @property
    def items(self) -> tuple[WireItem, ...]:
        """All that came back, in order."""
        head = () if self.response is None else (self.response,)
        return (*head, *self.incoming, *(() if self.end is None else (self.end,)))


class ExchangeTap(Protocol):
    """Watches one exchange."""

    def take(self, items: Sequence[WireItem]) -> None:
        """Take note of what came, some items at a time, in order; must not raise."""
        ...


class WireTap(Protocol):
    """Watches exchanges. It is called on the event loop, once for each read of the network."""

    def open(self, request: WireRequest) -> ExchangeTap:
        """A request leaves, or has left before this tap came; must not raise."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


class WirePast(Protocol):
    """The exchange that began last, as far as it is kept."""

    def tell(self, tap: WireTap) -> None:
        """Tell a tap that came just now what it missed."""
        ...


class WireTaps:
    """The taps that are open now; they may come and go in the middle of an exchange.

    `is_open` is an attribute rather than a property, to cost nothing where no tap is open.
    `openings` counts how often it has become true. `past` is for taps that come late.
    """

    __slots__ = ("_taps", "is_open", "openings", "past")

    def __init__(self, taps: Iterable[WireTap] = ()) -> None:
        self._taps = tuple(taps)
        self.is_open = bool(self._taps)
        self.openings = int(self.is_open)
        self.past: WirePast | None = None

    @property
    def all(self) -> tuple[WireTap, ...]:
        """The open taps, in the order in which they came."""
        return self._taps

    def add(self, tap: WireTap, *, with_past: bool = False) -> Callable[[], None]:
        """Let `tap` watch from now on, or from before; returns what ends that."""
        self._set((*self._taps, tap))
        if with_past and self.past is not None:
            self.past.tell(tap)
        return lambda: self._set(tuple(each for each in self._taps if each is not tap))

    def close(self) -> None:
        """Close every tap and forget it."""
        taps = self._taps
        self._set(())
        for tap in taps:
            tap.close()

    def _set(self, taps: tuple[WireTap, ...]) -> None:
        if taps and not self.is_open:
            self.openings += 1
        self._taps = taps
        self.is_open = bool(taps)


def masked_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """A request's headers, the values of all masked that are not known to be harmless."""

    def is_public(name: str) -> bool:
        return name in _PUBLIC_HEADERS or name.startswith(_PUBLIC_PREFIX)

    lowered = ((name.lower(), value) for name, value in headers)
    return tuple((name, value if is_public(name) else MASK) for name, value in lowered)


def noted_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """Those of a response's headers that say something about the exchange."""
    lowered = ((name.lower(), value) for name, value in headers)
    return tuple(
        (name, masked_url(value) if name == "location" else value)
        for name, value in lowered
        if name in _NOTED_HEADERS or any(part in name for part in _NOTED_PARTS)
    )


def masked_text(text: str, secret: str) -> str:
    """Text without the secret in it, should somebody have repeated it."""
    return text.replace(secret, MASK) if is_worth_masking(secret) else text


def is_worth_masking(secret: str) -> bool:
    """Whether a key guards something."""
    return len(secret) >= _SHORTEST_SECRET


def masked_url(url: str) -> str:
    """An address without a user name, and without the values of its query."""
    address, question, query = url.partition("?")
    scheme, separator, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    bare = f"{scheme}{separator}{place.rpartition('@')[2]}{slash}{path}"
    if not query:
        return bare
    return (
        bare + question + "&".join(f"{pair.partition('=')[0]}={MASK}" for pair in query.split("&"))
    )
