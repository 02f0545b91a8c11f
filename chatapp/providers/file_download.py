"""A big file from the network, in pieces if need be: what has arrived is never lost."""

import asyncio
import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatapp.core.errors import LocalModelError
from chatapp.core.preparation import Downloading
from chatapp.core.safe_text import safe_line
from chatapp.file_lock import hold_lock
from chatapp.providers.partial_file import PartialFile

if TYPE_CHECKING:
    import httpx2

Report = Callable[[Downloading], None]

_VAIN_ATTEMPTS = 3
"""Attempts in a row that bring nothing before we give up."""

_PAUSE_S = 0.4
_SILENCE_S = 30.0
_REPORT_EVERY_S = 0.1


class _BrokenOff(Exception):
    """The transfer ended early; another request goes on where it stopped."""


async def download_file(url: str, target: Path, report: Report, *, magic: bytes = b"") -> None:
    """Fetch `url` into `target`, going on with what an earlier attempt left.

    A file that does not begin with `magic` is given up at once. Another process that
    fetches the same target is waited for. Raises LocalModelError; cancelling leaves a
    part that the next call goes on with.
    """
    part = PartialFile(target)
    with explained_disk_errors(target.parent):
        async with hold_lock(part.lock_path, lambda: report(Downloading(part.size, 0))):
            if not part.is_finished:
                await _fetch(url, part, report, magic)
                part.finish()


async def _fetch(url: str, part: PartialFile, report: Report, magic: bytes) -> None:
    import httpx2  # late: 0.1 s that a start without a download need not spend

    async with httpx2.AsyncClient(follow_redirects=True, timeout=_SILENCE_S) as client:
        vain_attempts = 0
        while True:
            size_before = part.size
            try:
                return await _fetch_rest(client, url, part, report, magic)
            except httpx2.InvalidURL as error:
                raise LocalModelError(f"{_place(url)} is not a web address.") from error
            except (httpx2.RequestError, _BrokenOff) as error:
                vain_attempts = 0 if part.size > size_before else vain_attempts + 1
                if vain_attempts == _VAIN_ATTEMPTS:
                    raise LocalModelError(_network_words(url, part, error)) from error
            await asyncio.sleep(_PAUSE_S * 2**vain_attempts)


async def _fetch_rest(
    client: "httpx2.AsyncClient", url: str, part: PartialFile, report: Report, magic: bytes
) -> None:
    """Make one request for what is missing and write it down."""
    headers = part.resume_headers(url) | {"Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers) as response:
        first, total = _content_range(response)
        if response.status_code == 416 and total == part.size:
            return
        if response.status_code == 416 or (response.status_code == 206 and first != part.size):
            part.discard()
            raise _BrokenOff("the server has another file now")
        if response.status_code not in (200, 206):
            raise LocalModelError(_status_words(url, response))
        if response.status_code == 200:
            first, total = 0, _content_length(response)
        part.note_origin(url, response.headers.get("etag", ""))
        await _write(response, part, first, total, report, magic)


async def _write(
    response: "httpx2.Response",
    part: PartialFile,
    first: int,
    total: int,
    report: Report,
    magic: bytes,
) -> None:
    received, reported_at = first, 0.0
    with part.path.open("ab" if first else "wb") as file:
        async for piece in response.aiter_raw():
            if received == 0 and not magic.startswith(piece[: len(magic)]):
                raise LocalModelError(_other_format_words(response))
            file.write(piece)
            received += len(piece)
            now = time.monotonic()
            if now - reported_at >= _REPORT_EVERY_S:
                reported_at = now
                report(Downloading(received, total))
    if received < total:
        raise _BrokenOff("the connection ended early")
    report(Downloading(received, received))


def _content_range(response: "httpx2.Response") -> tuple[int, int]:
    """First byte and whole size as `Content-Range` has them; -1 and 0 where it does not say."""
    span, _, total = response.headers.get("content-range", "").partition("/")
    first = span.removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdecimal() else -1, int(total) if total.isdecimal() else 0


def _content_length(response: "httpx2.Response") -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _place(url: str) -> str:
    """The address without what may be secret in it: the user's part and the query."""
    parts = urlsplit(url)
    return safe_line(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _network_words(url: str, part: PartialFile, error: Exception) -> str:
    reason = safe_line(str(error)) or type(error).__name__
    kept = "What has arrived is kept: " if part.size else ""
    return (
        f"The model could not be fetched from {_place(url)}: {reason}. "
        f"{kept}`chatapp pull` tries again."
    )


def _status_words(url: str, response: "httpx2.Response") -> str:
    status = safe_line(f"{response.status_code} {response.reason_phrase}")
    return (
        f"The server answers {status} to {_place(url)}. "
        "Fetch the file another way and give it to `chatapp pull FILE`."
    )


def _other_format_words(response: "httpx2.Response") -> str:
    kind = safe_line(response.headers.get("content-type", "something else"))
    return f"{_place(str(response.url))} is not a model in the GGUF format but {kind}."


@contextmanager
def explained_disk_errors(folder: Path) -> Iterator[None]:
    """Turn the system's refusal to write in `folder` into LocalModelError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            words = f"The disk is full at {folder}. Make room, then `chatapp pull` goes on."
        else:
            words = f"{folder} cannot be written to: {error.strerror or error}."
        raise LocalModelError(words) from error
