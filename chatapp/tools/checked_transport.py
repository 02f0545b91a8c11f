"""Connections to checked addresses only; imported late, for httpx2 costs 0.1 s."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx2

from chatapp.core.errors import ToolError
from chatapp.tools.public_addresses import Address, AddressCheck, read_address

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Resolves a request's host once, checks the addresses, and connects to exactly those.

    A client asks it again for every hop of a redirect, and a name that resolves to something
    else a moment later (DNS rebinding) is not resolved again. One address that `is_allowed`
    refuses is enough to refuse the host. Raises ToolError for that.
    """

    def __init__(self, is_allowed: AddressCheck, resolve: Resolve) -> None:
        self._is_allowed = is_allowed
        self._resolve = resolve
        # a kept connection would be shared by the names at one address
        self._inner = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request to the first address of its host that can be reached."""
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise ToolError(f"{request.url} is no address of the web; only http and https are")
        host = request.url.raw_host.decode("ascii")
        failure: httpx2.TransportError | None = None
        for address in await self._checked_addresses(host, request.url.port or 0):
            try:
                return await self._inner.handle_async_request(_sent_to(request, host, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
        raise failure or ToolError(f"the name {host} has no address")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _checked_addresses(self, host: str, port: int) -> Sequence[Address]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, ValueError) as error:  # ValueError: a label too long
            raise ToolError(f"the name {host} cannot be resolved: {error}") from error
        for address in addresses:
            if not self._is_allowed(address):
                raise ToolError(
                    f"{host} is at {address}, which is not a public address; "
                    "private, local and reserved addresses are never fetched"
                )
        return addresses


async def resolve_host(host: str, port: int) -> Sequence[Address]:
    """The addresses of a name, or of an address in any notation, by the system's resolver.

    Raises OSError or ValueError.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(read_address(str(sockaddr[0])) for *_, sockaddr in found))


def _sent_to(request: httpx2.Request, host: str, address: Address) -> httpx2.Request:
    """The same request to the address; Host and the name in TLS stay those of the host."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
