"""Server-sent events from bytes, by the WHATWG rules, without input or output of its own.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from collections.abc import Callable
from typing import NamedTuple

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""Where a server's event stops being an event and begins to be an attack on memory."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One whole event: its data lines joined by newlines, and its name, mostly empty.

    The bytes are as they came: whoever decodes them replaces what is not UTF-8.
    """

    data: bytes
    name: str


class EventTooLarge(ValueError):
    """One event grew beyond `MAX_EVENT_BYTES`."""


class SseDecoder:
    """Turns bytes, cut anywhere, into whole events.

    The cost is linear in the bytes: an unfinished line is kept as pieces and joined once.
    Lines end by LF, CR or CRLF and by nothing else, so that U+2028 inside JSON stays whole.
    `on_aside` is told the field and the value of every line that is no part of an event; a
    comment's field is empty.
    """

    def __init__(
        self,
        max_event_bytes: int = MAX_EVENT_BYTES,
        on_aside: Callable[[bytes, bytes], None] | None = None,
    ) -> None:
        self._max_event_bytes = max_event_bytes
        self._on_aside = on_aside
        self._line_pieces: list[bytes] = []
        self._line_size = 0
        self._data_lines: list[bytes] = []
        self._data_size = 0
        self._name = ""
        self._is_first_line = True
        self._skips_newline = False

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Take in more bytes and return the events they complete.

        Raises EventTooLarge; nothing fed afterwards means anything.
        """
        if self._skips_newline and data:
            self._skips_newline = False
            data = data.removeprefix(b"\n")
        if b"\n" not in data and b"\r" not in data:
            self._keep(data)
            return []
        self._skips_newline = data.endswith(b"\r")
        self._line_pieces.append(data)
        lines = b"".join(self._line_pieces).splitlines()
        self._line_pieces, self._line_size = [], 0
        if not data.endswith((b"\n", b"\r")):
            self._keep(lines.pop())
        if self._is_first_line:
            self._is_first_line = False
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        return self._read(lines)

    def finish(self) -> list[ServerSentEvent]:
        """Return the event that the end of the stream cut off, if one was begun.

        The rules say to discard it. Servers that forget the last blank line exist, so the caller
        gets it, and keeps it only when it makes sense.
        """
        last_line = b"".join(self._line_pieces)
        if self._is_first_line:
            last_line = last_line.removeprefix(_BYTE_ORDER_MARK)
        self._line_pieces = []
        return self._read([last_line, b""] if last_line else [b""])

    def _keep(self, piece: bytes) -> None:
        self._line_pieces.append(piece)
        self._line_size += len(piece)
        self._check_size()

    def _check_size(self) -> None:
        if self._line_size + self._data_size > self._max_event_bytes:
            raise EventTooLarge(f"one event of more than {self._max_event_bytes:,} bytes")

    def _read(self, lines: list[bytes]) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        data_lines = self._data_lines
        for line in lines:
            if line.startswith(b"data:"):
                value = line[6:] if line.startswith(b" ", 5) else line[5:]
                data_lines.append(value)
                self._data_size += len(value)
                self._check_size()
            elif not line:
                if data_lines:
                    data = data_lines[0] if len(data_lines) == 1 else b"\n".join(data_lines)
                    events.append(ServerSentEvent(data, self._name))
                    data_lines.clear()
                self._data_size, self._name = 0, ""
            else:
                self._read_rare_field(line)
        return events

    def _read_rare_field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif field == b"data":
            self._data_lines.append(b"")
        elif field == b"error":
            # no field of the rules, but how older llama.cpp servers report errors
            self._name = "error"
            self._data_lines.append(value.removeprefix(b" "))
        elif self._on_aside is not None:
            # ids and retry times are for reconnecting, which a reply cannot; the rest are comments
            self._on_aside(field, value)
