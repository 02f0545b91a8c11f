"""A server of files on loopback, to resume from, to be cut off by, and to stand for an index."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PIECE = 1 << 16


@dataclass
class ServedFile:
    """A file and the way in which it is served.

    Of the first `cuts` answers only `cut_after` bytes are sent before the connection breaks.
    With a `gate` an answer stops after `cut_after` bytes until the gate opens.
    """

    content: bytes
    etag: str = '"1"'
    content_type: str = "application/octet-stream"
    has_ranges: bool = True
    cut_after: int = 0
    cuts: int = 0
    gate: threading.Event | None = None
    reached_gate: threading.Event = field(default_factory=threading.Event)


class FileServer:
    """Serves `files` by path; `ranges` lists the Range header of every request, "" for none."""

    def __init__(self) -> None:
        self.files: dict[str, ServedFile] = {}
        self.ranges: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - inherited
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._http.server_port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files.values():
            if file.gate is not None:
                file.gate.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.ranges.append(request.headers.get("Range", ""))
        file = self.files.get(request.path)
        if file is None:
            request.send_error(HTTPStatus.NOT_FOUND)
            return
        first = self._first_byte(request, file)
        if first >= len(file.content) > 0:
            request.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            request.send_header("Content-Range", f"bytes */{len(file.content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        self._send_head(request, file, first)
        self._send_body(request.wfile.write, file, first)

    @staticmethod
    def _first_byte(request: BaseHTTPRequestHandler, file: ServedFile) -> int:
        wanted = request.headers.get("Range", "")
        is_same = request.headers.get("If-Range", file.etag) == file.etag
        if not (wanted and file.has_ranges and is_same):
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    @staticmethod
    def _send_head(request: BaseHTTPRequestHandler, file: ServedFile, first: int) -> None:
        size = len(file.content)
        request.send_response(HTTPStatus.PARTIAL_CONTENT if first else HTTPStatus.OK)
        request.send_header("Content-Type", file.content_type)
        request.send_header("Content-Length", str(size - first))
        request.send_header("ETag", file.etag)
        if first:
            request.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        request.end_headers()

    @staticmethod
    def _send_body(write: Callable[[bytes], object], file: ServedFile, first: int) -> None:
        end = len(file.content)
        is_cut = file.cuts > 0
        if is_cut:
            file.cuts -= 1
            end = min(end, first + file.cut_after)
        try:
            if file.gate is not None and not file.gate.is_set():
                write(file.content[first : first + file.cut_after])
                first += file.cut_after
                file.reached_gate.set()
                file.gate.wait(30)
            for start in range(first, end, PIECE):
                write(file.content[start : min(start + PIECE, end)])
        except OSError:
            return  # the client went away, as some tests mean it to
