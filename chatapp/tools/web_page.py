"""Fetches the text of a web page, from the public internet alone."""

import re
import zlib
from typing import TYPE_CHECKING

from chatapp import __version__
from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.function_tool import FunctionTool
from chatapp.tools.page_text import read_page
from chatapp.tools.public_addresses import AddressCheck, is_public
from chatapp.tools.text_decoding import decode_text, is_binary

if TYPE_CHECKING:
    import httpx2

    from chatapp.tools.checked_transport import Resolve

MAX_BYTES = 2_000_000
"""What is read of a page, before and after decompression; the rest is left."""

_SILENCE_S = 15.0
_MAX_REDIRECTS = 5

_HEADERS = {
    "User-Agent": f"chatapp/{__version__}",
    "Accept": "text/html, text/*;q=0.9, application/json;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
}

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

_HTML_TYPES = ("text/html", "application/xhtml+xml")

_TEXT_TYPES = frozenset(
    {
        "application/json",
        "application/javascript",
        "application/xml",
        "application/yaml",
        "application/toml",
        "application/x-ndjson",
        "application/x-sh",
    }
)


class PageFetcher:
    """Fetches pages from hosts whose every address `is_allowed`; `resolve` finds addresses."""

    def __init__(
        self, *, is_allowed: AddressCheck = is_public, resolve: "Resolve | None" = None
    ) -> None:
        self._is_allowed = is_allowed
        self._resolve = resolve

    async def fetch_url(self, url: str) -> str:
        """Fetch a web page or another text from the public internet, as Markdown.

        Args:
            url: The address; it begins with http:// or https://
        """
        import httpx2

        from chatapp.tools.checked_transport import CheckedTransport, resolve_host

        transport = CheckedTransport(self._is_allowed, self._resolve or resolve_host)
        # trust_env off: a proxy would resolve names itself, unchecked
        async with httpx2.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            headers=_HEADERS,
            timeout=_SILENCE_S,
        ) as client:
            try:
                async with client.stream("GET", _with_scheme(url)) as response:
                    return await _read(response)
            except httpx2.TooManyRedirects as error:
                raise ToolError(f"more than {_MAX_REDIRECTS} redirects") from error
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                reason = str(error) or type(error).__name__
                raise ToolError(f"{url} cannot be fetched: {reason}") from error


def fetch_url_tool(fetcher: PageFetcher | None = None) -> FunctionTool:
    """The tool; the person is asked, for an address can carry words to whoever owns it."""
    fetcher = fetcher or PageFetcher()
    return FunctionTool(fetcher.fetch_url, origin="built in", default_policy=Policy.ASK)


def _with_scheme(url: str) -> str:
    address = url.strip()
    return address if _SCHEME.match(address) else f"https://{address}"


async def _read(response: "httpx2.Response") -> str:
    url = str(response.url)
    if response.is_error:
        raise ToolError(f"{url} answers {response.status_code} {response.reason_phrase}")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not _is_text(kind):
        raise ToolError(f"{url} is no text but {kind}")
    data, is_cut = await _read_body(response)
    if is_binary(data):
        raise ToolError(f"{url} is no text")
    encoding = response.charset_encoding or ""
    if kind in _HTML_TYPES or (not kind and data.lstrip().startswith(b"<")):
        title, text = await read_page(data, encoding, url)
    else:
        title, text = "", decode_text(data, encoding)
    heading = f"Title: {title}\nURL: {url}\n\n" if title else f"URL: {url}\n\n"
    ending = f"\n\n[cut after {MAX_BYTES:,} bytes]" if is_cut else ""
    return heading + (text or "[the page has no text; perhaps it needs JavaScript]") + ending


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+xml", "+json"))


async def _read_body(response: "httpx2.Response") -> tuple[bytes, bool]:
    """The decompressed body as far as MAX_BYTES, and whether there was more."""
    compression = response.headers.get("content-encoding", "identity").strip().lower()
    if compression not in ("identity", "gzip", "x-gzip", "deflate"):
        raise ToolError(f"the page is compressed in a way we did not ask for: {compression}")
    raw = bytearray()
    async for piece in response.aiter_raw():
        raw += piece
        if len(raw) > MAX_BYTES:
            break
    body = bytes(raw[:MAX_BYTES]) if compression == "identity" else _decompress(bytes(raw))
    return body[:MAX_BYTES], len(raw) > MAX_BYTES or len(body) > MAX_BYTES


def _decompress(data: bytes) -> bytes:
    """No more than a byte over MAX_BYTES, however much a few bytes would swell to."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise ToolError("the page is compressed wrongly") from error
