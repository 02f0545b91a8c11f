"""A response's body as the items that a person looks at: events, comments, pieces of a body."""

import codecs
from typing import assert_never

from chatapp.core.wire import Incoming, WireBody, WireComment, WireEvent
from chatapp.providers.response_decoder import begins_document
from chatapp.providers.sse_decoder import EventTooLarge, ServerSentEvent, SseDecoder

_LOSSLESS = "surrogateescape"


class WireSplitter:
    """Splits the bytes of one body, cut anywhere, by the rules that its decoder goes by.

    It goes line by line, so that what is between the events keeps its place and every item
    knows its size. `is_whole` False says that the begin was missed: then it is an event stream.
    """

    def __init__(self, *, is_whole: bool = True) -> None:
        self._decoder = SseDecoder(on_aside=self._take_aside)
        self._is_whole = is_whole
        self._text = codecs.getincrementaldecoder("utf-8")(_LOSSLESS)
        self._is_document: bool | None = None if is_whole else False
        self._head = b""
        self._items: list[Incoming] = []
        self._event_id: str | None = None
        self._size = 0
        self._at = 0.0

    def feed(self, data: bytes, at: float) -> list[Incoming]:
        """Take in more bytes, which arrived at `at`; return the items they complete."""
        self._at = at
        if self._is_document is None:
            self._head += data
            self._is_document = begins_document(self._head)
            data = b"" if self._is_document is None else self._head
        if self._is_document:
            return self._body(self._text.decode(data), len(data))
        try:
            for line in data.splitlines(keepends=True):
                self._size += len(line)
                self._take_events(self._decoder.feed(line))
        except EventTooLarge as error:
            # the reply ends here too; what was kept of the event is let go
            self._decoder = SseDecoder(on_aside=self._take_aside)
            self._items.append(WireComment(at, str(error), self._size))
        return self._taken()

    def finish(self, at: float) -> list[Incoming]:
        """Return the item that the end of the body cut off, if one was begun."""
        self._at = at
        if self._is_document:
            return self._body(self._text.decode(b"", final=True), 0)
        self._take_events(self._decoder.finish(), are_cut=True)
        return self._taken()

    def _body(self, text: str, size: int) -> list[Incoming]:
        return [WireBody(self._at, text, size)] if text else []

    def _take_events(self, events: list[ServerSentEvent], *, are_cut: bool = False) -> None:
        for data, name in events:
            text = data.decode("utf-8", _LOSSLESS)
            event = WireEvent(self._at, text, name, self._event_id, self._size, are_cut)
            self._items.append(event)
            self._event_id, self._size = None, 0

    def _take_aside(self, field: bytes, value: bytes) -> None:
        text = value.removeprefix(b" ").decode("utf-8", _LOSSLESS)
        if not field:
            self._items.append(WireComment(self._at, text, self._size))
            self._size = 0
        elif field == b"id":
            self._event_id = text
        elif field != b"retry" and self._is_whole:  # else it may be the rest of a missed begin
            line = field + (b":" + value if value else b"") + b"\n"
            self._items.append(WireBody(self._at, line.decode("utf-8", _LOSSLESS), self._size))
            self._size = 0

    def _taken(self) -> list[Incoming]:
        items, self._items = self._items, []
        return items


def wire_bytes(item: Incoming) -> bytes:
    """An item as it stood on the wire, but for what makes no difference."""
    match item:
        case WireEvent(data=data, name=name, event_id=event_id, is_cut=is_cut):
            fields = [] if event_id is None else [f"id: {event_id}"]
            fields += [f"event: {name}"] if name else []
            text = "\n".join((*fields, *(f"data: {line}" for line in data.split("\n"))))
            text += "" if is_cut else "\n\n"
        case WireComment(text=comment):
            text = f": {comment}\n\n"
        case WireBody(text=text):
            pass
        case _:
            assert_never(item)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # never on a wire: somebody wrote it into the file
        return text.encode("utf-8", "replace")
