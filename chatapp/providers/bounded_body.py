"""Bodies that are read whole, which no server gets to make as long as it likes."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx2

MAX_ERROR_BYTES = 256 * 1024
"""More than this nobody needs to say what went wrong."""

MAX_LISTING_BYTES = 4 * 1024 * 1024
"""A list of models with all they say of each, several times over; it is read at one go."""

_ENCODING = "content-encoding"


async def bound_whole_body(response: httpx2.Response) -> None:
    """The HTTP client's hook: let errors and listings end where there is too much of them.

    Replies are decoded as they come and have bounds of their own. What is packed more than once
    stays packed: no API does that, and unpacking a few bytes could take for ever.
    """
    if "," in response.headers.get(_ENCODING, ""):
        del response.headers[_ENCODING]
    is_listing = response.request.method == "GET"
    if response.is_success and not is_listing:
        return
    limit = MAX_LISTING_BYTES if response.is_success else MAX_ERROR_BYTES
    if isinstance(response.stream, httpx2.AsyncByteStream):
        encoding = response.headers.pop(_ENCODING, "identity")
        response.stream = _BoundedBody(response.stream, encoding, limit)


class _BoundedBody(httpx2.AsyncByteStream):
    """The first `limit` bytes of a body, counted as they are when nothing packs them any more."""

    def __init__(self, packed: httpx2.AsyncByteStream, encoding: str, limit: int) -> None:
        self._packed = packed
        self._encoding = encoding
        self._room = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unpacking = httpx2.Response(200, headers={_ENCODING: self._encoding}, stream=self._packed)
        async with aclosing(unpacking.aiter_bytes()) as pieces:
            async for piece in pieces:
                yield piece[: self._room]
                self._room -= len(piece)
                if self._room <= 0:
                    return

    async def aclose(self) -> None:
        await self._packed.aclose()
