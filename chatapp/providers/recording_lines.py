"""The format of a recording: one JSON object a line, a header, then exchange after exchange.

::

    {"type": "recording", "version": 1, "program": "chatapp 0.1.0", "endpoint": ...,
     "base_url": ...}
    {"type": "request", "exchange": 1, "at": 0.0, "started_at": ..., "endpoint": ..., "method": ...,
     "url": ..., "headers": {...}, "body": {...}}
    {"type": "response", "exchange": 1, "at": 0.31, "status": 200, "headers": {...}}
    {"type": "event", "exchange": 1, "at": 0.32, "size": 61, "data": "...", "name": ..., "id": ...}
    {"type": "event", "exchange": 1, "at": 0.35, "size": 20, "data": "...", "cut": true}
    {"type": "comment", "exchange": 1, "at": 0.4, "size": 14, "text": "keep-alive"}
    {"type": "body", "exchange": 1, "at": 0.4, "size": 512, "text": "..."}
    {"type": "end", "exchange": 1, "at": 2.5, "closing": "done", "detail": ""}

`cut` is there where the body ended before the event did; such an event is the last.
Times are seconds since the header was written. Lines of exchanges that ran side by side may be
mixed, and another header may follow where a later run of the program went on with the file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from chatapp.core.errors import ChatappError
from chatapp.core.wire import (
    Closing,
    Exchange,
    Headers,
    Incoming,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireRequest,
    WireResponse,
)

VERSION = 1

_END_OF_TIME = 1e11
"""Some thousand years in seconds, beyond which no calendar goes."""

_Line = Mapping[str, Any]


class RecordingError(ChatappError):
    """A file is no recording, or a line of it is broken; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The header: which program recorded, and the endpoint it was set to."""

    program: str
    endpoint: str
    base_url: str


def origin_line(origin: Origin) -> str:
    """The header's line."""
    return _line(
        type="recording",
        version=VERSION,
        program=origin.program,
        endpoint=origin.endpoint,
        base_url=origin.base_url,
    )


def request_line(number: int, request: WireRequest, zero: float) -> str:
    """The line of a request; `zero` is when the times of the file begin."""
    return _line(
        type="request",
        exchange=number,
        at=_rounded(request.at - zero),
        started_at=round(request.started_at, 3),
        endpoint=request.endpoint,
        method=request.method,
        url=request.url,
        headers=dict(request.headers),
        body=_parsed(request.body),
    )


def item_line(number: int, item: WireItem, zero: float) -> str:
    """The line of something that came back."""
    at = _rounded(item.at - zero)
    match item:
        case WireResponse(status=status, headers=headers):
            return _line(
                type="response", exchange=number, at=at, status=status, headers=dict(headers)
            )
        case WireEvent(data=data, name=name, event_id=event_id, size=size, is_cut=is_cut):
            fields: dict[str, object] = {"name": name} if name else {}
            fields |= {} if event_id is None else {"id": event_id}
            fields |= {"cut": True} if is_cut else {}
            return _line(type="event", exchange=number, at=at, size=size, data=data, **fields)
        case WireComment(text=text, size=size):
            return _line(type="comment", exchange=number, at=at, size=size, text=text)
        case WireBody(text=text, size=size):
            return _line(type="body", exchange=number, at=at, size=size, text=text)
        case WireEnd(closing=closing, detail=detail):
            return _line(type="end", exchange=number, at=at, closing=closing.value, detail=detail)
        case _:
            assert_never(item)


def is_header(line: bytes | str) -> bool:
    """Whether a file that begins with this line is a recording."""
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(parsed, dict) and parsed.get("type") == "recording"


def parse_lines(text: str) -> tuple[Origin | None, list[Exchange]]:
    """Read a recording: its first header and its exchanges, in the order of their requests.

    The last line of a run is left out when a crash has cut it off. Raises RecordingError.
    """
    reader = _Reader()
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    followers = [*(line for _number, line in lines[1:]), ""]
    for (number, line), follower in zip(lines, followers, strict=True):
        try:
            reader.read(line)
        except (ValueError, RecursionError) as error:
            is_cut_off = is_header(follower) if follower else not text.endswith("\n")
            if not (is_cut_off and reader.origin):
                raise RecordingError(f"line {number} {error}") from None
    return reader.origin, [exchange.build() for exchange in reader.exchanges]


@dataclass(slots=True)
class _Growing:
    """An exchange while its lines are read."""

    request: WireRequest
    response: WireResponse | None = None
    incoming: list[Incoming] = field(default_factory=list)
    end: WireEnd | None = None

    def build(self) -> Exchange:
        return Exchange(self.request, self.response, tuple(self.incoming), self.end)


class _Reader:
    """Reads line after line; raises ValueError with what is wrong, to be said after its number."""

    def __init__(self) -> None:
        self.origin: Origin | None = None
        self.exchanges: list[_Growing] = []
        self._open: dict[int, _Growing] = {}

    def read(self, line: str) -> None:
        """Take in one line that is not empty."""
        fields = _parse(line)
        kind = fields.get("type")
        if kind == "recording":
            self._read_header(fields)
        elif self.origin is None:
            raise ValueError("is no header: a recording begins with one")
        elif kind == "request":
            growing = self._open[_number(fields, "exchange")] = _Growing(_request(fields))
            self.exchanges.append(growing)
        else:
            self._read_item(kind, fields)

    def _read_header(self, fields: _Line) -> None:
        version = fields.get("version")
        if version != VERSION:
            raise ValueError(f"says version {version!r}; this program reads version {VERSION}")
        self._open.clear()
        names = ("program", "endpoint", "base_url")
        self.origin = self.origin or Origin(*(_text(fields, name) for name in names))

    def _read_item(self, kind: object, fields: _Line) -> None:
        exchange = self._open.get(_number(fields, "exchange"))
        if exchange is None:
            raise ValueError("belongs to an exchange whose request is missing")
        at = _time(fields, "at")
        match kind:
            case "response":
                status = _number(fields, "status")
                exchange.response = WireResponse(at, status, _headers(fields))
            case "event":
                data, name = _text(fields, "data"), _text(fields, "name", "")
                event_id = _text(fields, "id") if "id" in fields else None
                size, is_cut = _size(fields), fields.get("cut") is True
                exchange.incoming.append(WireEvent(at, data, name, event_id, size, is_cut))
            case "comment":
                exchange.incoming.append(WireComment(at, _text(fields, "text"), _size(fields)))
            case "body":
                exchange.incoming.append(WireBody(at, _text(fields, "text"), _size(fields)))
            case "end":
                exchange.end = WireEnd(at, _closing(fields), _text(fields, "detail", ""))
            case _:
                raise ValueError(f"has an unknown type: {str(kind)[:40]!r}")


def _parse(line: str) -> _Line:
    try:
        parsed = json.loads(line)
    except ValueError as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"is not JSON: {detail}") from None
    if not isinstance(parsed, dict):
        raise ValueError("is no JSON object")
    return parsed


def _request(fields: _Line) -> WireRequest:
    body = fields.get("body")
    return WireRequest(
        endpoint=_text(fields, "endpoint", ""),
        method=_text(fields, "method", "POST"),
        url=_text(fields, "url", ""),
        headers=_headers(fields),
        body=body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
        at=_time(fields, "at"),
        started_at=_time(fields, "started_at"),
    )


def _text(fields: _Line, name: str, missing: str | None = None) -> str:
    value = fields.get(name, missing)
    if not isinstance(value, str):
        raise ValueError(f"has no text as `{name}`")
    return value


def _number(fields: _Line, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"has no whole number as `{name}`")
    return value


def _size(fields: _Line) -> int:
    return _number(fields, "size") if "size" in fields else 0


def _time(fields: _Line, name: str) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"has no number as `{name}`")
    if not abs(value) < _END_OF_TIME:
        raise ValueError(f"has no number of seconds as `{name}`")
    return float(value)


def _headers(fields: _Line) -> Headers:
    headers = fields.get("headers", {})
    is_table = isinstance(headers, dict) and all(isinstance(v, str) for v in headers.values())
    if not is_table:
        raise ValueError("has `headers` that are no table of texts")
    return tuple(headers.items())


def _closing(fields: _Line) -> Closing:
    try:
        return Closing(_text(fields, "closing"))
    except ValueError:
        raise ValueError(f"has no `closing` of {', '.join(Closing)}") from None


def _line(**fields: object) -> str:
    text = json.dumps(fields, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that were no UTF-8 are lone surrogates here
        text = json.dumps(fields)
    return text + "\n"


def _parsed(body: str) -> object:
    """The body as an object, for whoever reads the file; as it is where it is none."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return parsed if isinstance(parsed, dict) else body


def _rounded(seconds: float) -> float:
    return round(seconds, 6)
