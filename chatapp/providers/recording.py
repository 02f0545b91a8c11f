"""Recordings as files: written while the wire is watched, read back whole."""

import codecs
import logging
import os
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chatapp import __version__
from chatapp.core.endpoints import Secret
from chatapp.core.wire import (
    MASK,
    Closing,
    Exchange,
    WireBody,
    WireEnd,
    WireEvent,
    WireItem,
    WireRequest,
    WireResponse,
    masked_url,
)
from chatapp.core.wire_chunks import DONE, parse_chunks
from chatapp.paths import PRIVATE_FILE
from chatapp.providers.recording_lines import (
    Origin,
    RecordingError,
    is_header,
    item_line,
    origin_line,
    parse_lines,
    request_line,
)
from chatapp.providers.wire_splitter import WireSplitter

logger = logging.getLogger(__name__)

_LONGEST_HEADER = 64 * 1024
_LARGEST_FILE = 512 * 1024 * 1024


class WireRecorder:
    """Writes every exchange to a file; implements `WireTap`.

    What came is in the file at once, so that a crash leaves all but the last line. A file
    that is a recording already goes on; any other that is not empty is left alone. A disk
    that fails ends the recording, not the chat; `failure` says why then, and is empty before.
    """

    def __init__(self, file: Path, endpoint: str, base_url: str) -> None:
        """Begin. Raises RecordingError where the file cannot be written, or is no recording."""
        self._path = file
        self._zero = time.perf_counter()
        self._exchanges = 0
        self.failure = ""
        self._file: BinaryIO | None = _open_to_append(file)
        self._write(origin_line(Origin(f"chatapp {__version__}", endpoint, masked_url(base_url))))

    def open(self, request: WireRequest) -> "_RecordedExchange":
        """Record one more exchange."""
        self._exchanges += 1
        self._write(request_line(self._exchanges, request, self._zero))
        return _RecordedExchange(self, self._exchanges)

    def write_items(self, number: int, items: Iterable[WireItem]) -> None:
        """Record what came back in an exchange."""
        self._write("".join(item_line(number, item, self._zero) for item in items))

    def close(self) -> None:
        """End the recording."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _write(self, lines: str) -> None:
        if self._file is None or not lines:
            return
        try:
            _write_whole(self._file, lines.encode())
        except OSError as error:
            self.failure = error.strerror or str(error)
            logger.warning("the recording %s ends here: %s", self._path, self.failure)
            self.close()


class _RecordedExchange:
    """One exchange in the file; implements `ExchangeTap`."""

    def __init__(self, recorder: WireRecorder, number: int) -> None:
        self._recorder = recorder
        self._number = number

    def take(self, items: Sequence[WireItem]) -> None:
        """Record some more items, in one write."""
        self._recorder.write_items(self._number, items)


def save_recording(file: Path, exchanges: Iterable[Exchange], base_url: str) -> None:
    """Write exchanges that were logged; those whose request nobody saw are left out.

    Raises RecordingError, also where only a part of it could be written.
    """
    known = [exchange for exchange in exchanges if exchange.request is not None]
    endpoint = next((each.request.endpoint for each in known if each.request), "")
    recorder = WireRecorder(file, endpoint, base_url)
    for exchange in known:
        if exchange.request is not None:
            recorder.open(exchange.request).take(exchange.items)
    recorder.close()
    if recorder.failure:
        raise RecordingError(f"{file} cannot be written: {recorder.failure}")


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds. `has_times` is False for a bare body, which says nothing of them."""

    exchanges: tuple[Exchange, ...]
    endpoint: str = ""
    base_url: str = ""
    has_times: bool = True

    @property
    def stand_in(self) -> Secret | None:
        """A key that is none, where a key was sent: a refusal means something else then."""
        sent = (e.request.headers for e in self.exchanges if e.request is not None)
        has_key = any(name == "authorization" for headers in sent for name, _value in headers)
        return Secret(MASK) if has_key else None

    @property
    def models(self) -> tuple[str, ...]:
        """The models asked, or those that say they answered; never empty."""
        asked = (_model(e.request.body) for e in self.exchanges if e.request is not None)
        said = (
            _model(item.data if isinstance(item, WireEvent) else item.text)
            for exchange in self.exchanges
            for item in exchange.incoming[:3]
        )
        found = tuple(dict.fromkeys(filter(None, asked)))
        return found or (next(filter(None, said), "recorded"),)


def read_recording(file: Path) -> Recording:
    """Read a recording or a bare body. Raises RecordingError, which names the file."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise RecordingError(f"{file} cannot be read: {error.strerror}") from None
    try:
        return parse_recording(data)
    except RecordingError as error:
        raise RecordingError(f"{file}: {error}") from None


def parse_recording(data: bytes) -> Recording:
    """Read the bytes of a recording, or of a bare body such as an `.sse` file.

    Raises RecordingError.
    """
    if len(data) > _LARGEST_FILE:
        raise RecordingError(f"more than {_LARGEST_FILE // 1024 // 1024} MB")
    data = data.removeprefix(codecs.BOM_UTF8)
    if not is_header(data.partition(b"\n")[0]):
        return _bare_body(data)
    whole = data.rfind(b"\n") + 1
    try:
        text = data[:whole].decode() + data[whole:].decode(errors="replace")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordingError(f"line {line} is not UTF-8") from None
    origin, exchanges = parse_lines(text)
    if origin is None or not exchanges:
        raise RecordingError("the recording holds no request")
    return Recording(tuple(exchanges), origin.endpoint, origin.base_url)


def _bare_body(data: bytes) -> Recording:
    """A body as it came over the wire, at times that nobody knows."""
    splitter = WireSplitter()
    incoming = (*splitter.feed(data, 0.0), *splitter.finish(0.0))
    if not incoming:
        raise RecordingError(
            "neither a recording nor the body of a response" if data else "it is empty"
        )
    is_text = all(isinstance(item, WireBody) for item in incoming)
    if is_text and not data.lstrip().startswith((b"{", b"[")):
        raise RecordingError("line 1 is neither a recording's header nor a server-sent event")
    kind = "application/json" if is_text else "text/event-stream"
    head = WireResponse(0.0, 200, (("content-type", kind),))
    is_done = any(isinstance(item, WireEvent) and item.data.strip() == DONE for item in incoming)
    end = WireEnd(0.0, Closing.DONE if is_done else Closing.CLEAN)
    return Recording((Exchange(None, head, incoming, end),), has_times=False)


def _model(data: str) -> str:
    chunks = parse_chunks(data)
    model = chunks[0].fields.get("model") if chunks else None
    return model if isinstance(model, str) else ""


def _write_whole(file: BinaryIO, data: bytes) -> None:
    """Write all of it; a disk that is nearly full takes a part without an error."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _open_to_append(file: Path) -> BinaryIO:
    """The file, closed to others, unbuffered, at the begin of a line. Raises RecordingError."""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        opened = os.fdopen(handle, "rb+", buffering=0)
    except OSError as error:
        raise RecordingError(f"{file} cannot be written: {error.strerror}") from None
    state = os.fstat(handle)
    first = opened.readline(_LONGEST_HEADER) if stat.S_ISREG(state.st_mode) else b"?"
    if first and not is_header(first):
        opened.close()
        raise RecordingError(f"{file} is no recording, so nothing is added to it")
    if os.name == "posix" and state.st_mode & 0o077:
        os.fchmod(handle, PRIVATE_FILE)
    if first:
        opened.seek(-1, os.SEEK_END)
        if opened.read(1) != b"\n":  # a crash cut the last line off
            opened.write(b"\n")
    return opened
