"""What a server says about its error, found in whatever it sends, as plain text."""

import html
import json
import re
from collections.abc import Iterator, Mapping

MAX_WORDS = 600
_MOST_READ = 64 * 1024
"""In bytes: the words of an error are at its begin."""

_NAMES_OF_WORDS = (
    "error", "message", "detail", "error_description", "error_message", "msg",
    "errors", "description", "reason", "title",
)  # fmt: skip
_NAMES_OF_CODES = ("code", "type", "status", "error_code")

_HTML_MARKUP = re.compile(
    r"(?i)<!--|-->|<(?P<ends>/?)(?P<name>script|style|svg|noscript|title)\b[^<>]*>|<[^<>]*>"
)


def words_of_body(body: bytes) -> str:
    """The words in an error's body: JSON of any known shape, HTML, or plain text."""
    body = body[:_MOST_READ]
    text = body.decode("utf-8", "replace").strip().lstrip("\ufeff")
    if text.startswith(("{", "[", '"')):
        return words_of(json_of_body(body)) or shorten(text)
    if is_html(body):
        return words_of_html(text)
    return shorten(text)


def json_of_body(body: bytes) -> object:
    """The body as parsed JSON, or None."""
    try:
        parsed: object = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    return parsed


def words_of(error: object) -> str:
    """The words in parsed JSON, at most `MAX_WORDS` characters."""
    return shorten("; ".join(dict.fromkeys(filter(None, _words(error, 0)))))


def codes_of(error: object) -> frozenset[str]:
    """The machine-readable codes and types in parsed JSON, in lower case."""
    return frozenset(_codes(error, 0))


def is_html(body: bytes) -> bool:
    """Whether a body is a web page."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<!--")) or (
        start.startswith(b"<") and b"<html" in start
    )


def words_of_html(page: str) -> str:
    """A web page's title and text without any markup; read once from its begin to its end."""
    title: list[str] = []
    body: list[str] = []
    inside, position = "", 0
    for markup in _HTML_MARKUP.finditer(page):
        if inside in ("", "title"):
            (title if inside else body).append(page[position : markup.start()])
        position = markup.end()
        inside = _place_after(markup, inside)
    if inside in ("", "title"):
        (title if inside else body).append(page[position:])
    words = [" ".join(html.unescape(" ".join(texts)).split()) for texts in (title, body)]
    if words[1].startswith(words[0]):
        words[0] = ""
    return shorten(": ".join(filter(None, words)))


def _place_after(markup: re.Match[str], inside: str) -> str:
    """In which element, or comment, the text after a piece of markup stands; mostly in none."""
    name = (markup["name"] or markup.group()).lower()
    if inside:
        is_end = markup["ends"] or name == "-->"
        return "" if is_end and name == {"<!--": "-->"}.get(inside, inside) else inside
    is_begin = name == "<!--" or (markup["name"] and not markup["ends"])
    return name if is_begin else ""


def _words(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield _unpacked(value, depth)
    elif depth > 5:
        return
    elif isinstance(value, list):
        for item in value[:5]:
            yield from _words(item, depth + 1)
    elif isinstance(value, Mapping):
        for name in _NAMES_OF_WORDS:
            if found := list(filter(None, _words(value.get(name), depth + 1))):
                yield from found
                break
        # a router's own error carries the real one of the server behind it
        metadata = value.get("metadata")
        if isinstance(metadata, Mapping):
            yield from _words(metadata.get("raw"), depth + 1)


def _unpacked(text: str, depth: int) -> str:
    """Text as it is, or the words of the JSON or the page that it holds."""
    stripped = text.strip()
    if depth <= 5 and stripped.startswith("{") and stripped.endswith("}"):
        inner = json_of_body(stripped.encode("utf-8", "replace"))
        return "; ".join(filter(None, _words(inner, depth + 1))) or stripped
    if is_html(stripped.encode("utf-8", "replace")):
        return words_of_html(stripped)
    return stripped


def _codes(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and depth <= 3:
        for name in _NAMES_OF_CODES:
            if isinstance(code := value.get(name), str):
                yield code.lower()
        yield from _codes(value.get("error"), depth + 1)
    elif isinstance(value, list) and depth <= 3:
        for item in value[:5]:
            yield from _codes(item, depth + 1)


def shorten(text: str) -> str:
    """The begin of a text, at most `MAX_WORDS` characters."""
    text = text.strip()
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1].rstrip() + "…"
