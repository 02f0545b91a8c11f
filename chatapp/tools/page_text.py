"""What a web page says, as Markdown without what only browsers need.

A page can keep its parser busy for seconds, and a hostile one for hours. So this module is
also a program, which `read_page` runs and can end.
"""

import asyncio
import json
import os
import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from chatapp.core.errors import ToolError
from chatapp.core.key_variables import without_keys
from chatapp.tools.text_decoding import decode_text

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*>")
_MANY_BREAKS = re.compile(r"[ \t]*\n(?:[ \t]*\n){2,}")

_HEAD_BYTES = 4096
_TIME_LIMIT_S = 30.0
_UNREADABLE = ("script", "style", "noscript", "template", "svg", "iframe", "canvas", "head")


async def read_page(html: bytes, declared_encoding: str, url: str) -> tuple[str, str]:
    """The title and the text of a page, worked out by a process of its own. Raises ToolError."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),  # -P: nothing is imported from the working folder
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=without_keys(os.environ),  # a hostile page is in there with them
    )
    heading = json.dumps([declared_encoding, url]).encode()
    try:
        async with asyncio.timeout(_TIME_LIMIT_S):
            output, _ = await process.communicate(heading + b"\n" + html)
    except TimeoutError as error:
        raise ToolError(f"{url} could not be read within {_TIME_LIMIT_S:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ToolError(f"{url} could not be read: it is too unlike a page")
    title, text = json.loads(output)
    return title, text


def page_text(html: bytes, declared_encoding: str, url: str) -> tuple[str, str]:
    """The title and the text of a page, its links made absolute by `url`.

    Total, but may take very long.
    """
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    meta = _META_CHARSET.search(html[:_HEAD_BYTES])
    encoding = declared_encoding or (meta[1].decode("ascii", "ignore") if meta else "")
    markup = decode_text(html, encoding)
    if "<" not in markup:
        return "", markup.strip()
    soup = BeautifulSoup(_XML_DECLARATION.sub("", markup, count=1), "html.parser")
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    _tidy(soup, url)
    try:
        text = MarkdownConverter(
            heading_style="atx", bullets="-", escape_asterisks=False, escape_underscores=False
        ).convert_soup(soup)
    except (RecursionError, ValueError):  # nested a thousand deep, or no HTML of this world
        text = soup.get_text("\n")
    return title, _MANY_BREAKS.sub("\n\n", text).strip()


def _tidy(soup: "BeautifulSoup", url: str) -> None:
    """Take out what is no text, and let links stand by themselves."""
    for element in soup.find_all(_UNREADABLE):
        element.decompose()
    for image in soup.find_all("img"):
        image.replace_with(str(image.get("alt") or ""))
    for link in soup.find_all("a", href=True):
        target = str(link["href"]).strip()
        try:
            link["href"] = urljoin(url, target)
        except ValueError:  # an address that is none
            target = "#"
        if target.startswith(("#", "javascript:", "data:")):
            link.unwrap()


def _main() -> None:
    """Read encoding and address as a line of JSON, then the page; write title and text as JSON."""
    heading, _, html = sys.stdin.buffer.read().partition(b"\n")
    declared_encoding, url = json.loads(heading)
    sys.stdout.write(json.dumps(page_text(html, declared_encoding, url)))


if __name__ == "__main__":
    _main()
