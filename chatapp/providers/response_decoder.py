"""A response's body, from bytes to stream events, without input or output of its own."""

import json

import jiter

from chatapp.core.errors import Failure
from chatapp.core.json_strings import whole_pairs
from chatapp.core.stream_events import ProviderEvent
from chatapp.providers.chunk_decoder import ChunkDecoder
from chatapp.providers.failures import cut_failure, no_api_failure, oversized_failure
from chatapp.providers.sse_decoder import (
    MAX_EVENT_BYTES,
    EventTooLarge,
    ServerSentEvent,
    SseDecoder,
)

_WHITE_SPACE = b"\xef\xbb\xbf \t\r\n"

_HOPELESS = ("EOF while parsing", "trailing ", "expected `", "key must be")
"""How jiter's words begin for what no other parser will understand, however long it takes."""

_HEAD_SIZE = 4096
_MOST_DIGITS = 300


class ResponseDecoder:
    """Decodes the body of a response with status 200, cut anywhere.

    What it is, its first character tells: servers that ignore `stream`, or give the wrong
    content type, are as welcome as the others. An event stream comes out as it goes; a
    single JSON document, or JSON lines, when it is whole.
    """

    def __init__(self, base_url: str = "", request_id: str = "") -> None:
        self._base_url = base_url
        self._request_id = request_id
        self._events = SseDecoder()
        self._chunks = ChunkDecoder(request_id)
        self._document: bytearray | None = None
        self._head = b""
        self._has_chunks = False

    @property
    def is_over(self) -> bool:
        """Whether the response has ended, so that the rest of the body does not matter."""
        return self._chunks.is_over

    @property
    def has_finish_reason(self) -> bool:
        """Whether only the formal end is missing."""
        return self._chunks.has_finish_reason

    def feed(self, data: bytes) -> list[ProviderEvent]:
        """Take in more of the body."""
        if self.is_over:
            return []
        if len(self._head) < _HEAD_SIZE:
            self._head += data[:_HEAD_SIZE]
            if self._document is None and begins_document(self._head):
                self._document = bytearray()
        if self._document is not None:
            return self._keep(self._document, data)
        try:
            events = self._events.feed(data)
        except EventTooLarge as error:
            return self._chunks.finish(oversized_failure(str(error)))
        return self._decode(events)

    def finish(self, failure: Failure | None = None) -> list[ProviderEvent]:
        """Take note that the body has ended; `failure` is what broke it off, if something did."""
        if self._document is not None:
            return self._read_document(bytes(self._document), failure)
        decoded = [*self._decode(self._events.finish())]
        if failure is None and not (self._has_chunks or self.is_over):
            failure = self._silence()
        return [*decoded, *self._chunks.finish(failure)]

    def _keep(self, document: bytearray, data: bytes) -> list[ProviderEvent]:
        document += data
        if len(document) > MAX_EVENT_BYTES:
            too_much = f"a document of more than {MAX_EVENT_BYTES:,} bytes"
            return self._chunks.finish(oversized_failure(too_much))
        return []

    def _decode(self, events: list[ServerSentEvent]) -> list[ProviderEvent]:
        decoded: list[ProviderEvent] = []
        for data, name in events:
            if data.strip() == b"[DONE]":
                decoded += self._chunks.finish(is_done=True)
                break
            try:
                chunk = parse_json(data)
            except ValueError:
                # plain text is only ever an error's; anything else broken says nothing
                if name == "error":
                    decoded += self._chunks.feed_error(data.decode("utf-8", "replace"))
                continue
            self._has_chunks = True
            decoded += (
                self._chunks.feed_error(chunk) if name == "error" else self._chunks.feed(chunk)
            )
        return decoded

    def _read_document(self, document: bytes, failure: Failure | None) -> list[ProviderEvent]:
        try:
            chunk = parse_json(document)
        except ValueError:
            return self._read_json_lines(document, failure)
        events = self._chunks.feed(chunk)
        if not (events or self.has_finish_reason):
            return self._chunks.finish(failure or no_api_failure(document, self._base_url))
        return [*events, *self._chunks.finish(is_done=True)]

    def _read_json_lines(self, document: bytes, failure: Failure | None) -> list[ProviderEvent]:
        events: list[ProviderEvent] = []
        for line in document.splitlines():
            try:
                events += self._chunks.feed(parse_json(line))
            except ValueError:
                continue
        if not events:
            is_json = document.lstrip(_WHITE_SPACE).startswith((b"{", b"["))
            silence = cut_failure(self._request_id) if is_json else None
            failure = failure or silence or no_api_failure(document, self._base_url)
        return [*events, *self._chunks.finish(failure)]

    def _silence(self) -> Failure:
        if self._head.strip(_WHITE_SPACE) and b"data:" not in self._head:
            if self._head.lstrip(_WHITE_SPACE).startswith((b":", b"event:", b"id:", b"retry:")):
                return cut_failure(self._request_id)
            return no_api_failure(self._head, self._base_url)
        return cut_failure(self._request_id)


def begins_document(head: bytes) -> bool | None:
    """Whether a body that begins so is one document instead of events; None: too early to say."""
    bare = head.lstrip(_WHITE_SPACE)
    return bare[:1] in (b"{", b"[", b"<") if bare else None


def parse_json(data: bytes) -> object:
    """Parse JSON as servers write it; raises ValueError only when nothing helps.

    Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, so that every
    string can be shown, stored and sent again; raw control characters are let through, and
    so are integers longer than Python cares to read.
    """
    try:
        return jiter.from_json(data, cache_mode="keys")
    except ValueError as error:
        if str(error).startswith(_HOPELESS):
            raise
        text = data.decode("utf-8", "replace")
        text = whole_pairs(text.removeprefix("\ufeff"))
        try:
            parsed: object = json.loads(text, strict=False, parse_int=_number)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error
        return parsed


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)
