"""The chosen path of a conversation as Markdown; its text stands as the model wrote it.

What a text leaves open, such as a code fence without its end, is closed after it, so that it
cannot swallow what follows. Reasoning and tool calls stand in fences longer than any in them.
"""

import html
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, assert_never

from chatapp.core.messages import ReasoningPart, RefusalPart, TextPart
from chatapp.core.records import StoredConversation
from chatapp.core.safe_text import safe_line
from chatapp.exporters.unsafe_characters import without_surrogates
from chatapp.exporters.wording import (
    UNSENT_HEADING,
    Exchange,
    Passage,
    Piece,
    ending_words,
    figures,
    origin,
    passages,
    pieces,
    server_words,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$])")
_BACKTICKS = re.compile("`{3,}")

_HTML_ENDS = (
    ("<!--", "-->"),
    ("<?", "?>"),
    ("<![cdata[", "]]>"),
    ("<!", ">"),
    ("<script", "</script>"),
    ("<pre", "</pre>"),
    ("<style", "</style>"),
    ("<textarea", "</textarea>"),
)
"""HTML that goes on over empty lines until its end: how it begins, and that end."""

_SENTINEL = "chatapp"


class MarkdownExporter:
    """Implements `Exporter`."""

    name = "md"
    label = "Markdown, the branch that is shown"

    def export(self, conversation: StoredConversation) -> str:
        """A heading for every message, its text below it."""
        return without_surrogates("\n\n".join(_blocks(conversation))) + "\n"


def _blocks(conversation: StoredConversation) -> Iterator[str]:
    header = conversation.header
    yield f"# {_plain(header.title)}"
    yield f"*{_plain(origin(header))}*"
    for passage in passages(conversation):
        yield from _passage_blocks(passage)
    if conversation.unsent_text.strip():
        yield f"## {UNSENT_HEADING}"
        yield closed(conversation.unsent_text.strip("\r\n"))


def _passage_blocks(passage: Passage) -> Iterator[str]:
    message = passage.message
    yield f"## {_plain(passage.heading)}"
    for piece in pieces(message):
        yield from _piece_blocks(piece)
    if ending := ending_words(message):
        yield f"**{_plain(ending)}**"
    if words := server_words(message):
        yield fenced(words)
    if line := figures(message):
        yield f"*{line}*"


def _piece_blocks(piece: Piece) -> Iterator[str]:
    match piece:
        case TextPart(text) | RefusalPart(text):
            if text.strip():
                yield closed(text.strip("\r\n"))
        case ReasoningPart(text):
            yield from _folded("Reasoning", fenced(text))
        case Exchange(call, result):
            arguments = [fenced(call.arguments, "json")] if call else []
            answer = [fenced(result.content)] if result else []
            yield from _folded(piece.heading, *arguments, *answer)
        case _:
            assert_never(piece)


def _folded(summary: str, *blocks: str) -> Iterator[str]:
    yield f"<details>\n<summary>{html.escape(safe_line(summary))}</summary>"
    yield from blocks
    yield "</details>"


def fenced(text: str, language: str = "") -> str:
    """The text in a code fence that nothing in it can end."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    ended = text if text.endswith("\n") or not text else text + "\n"
    return f"{fence}{language}\n{ended}{fence}"


def closed(text: str) -> str:
    """The text, and after it the end of a code fence or an HTML block that it leaves open."""
    tokens = _parser().parse(f"{text}\n\n{_SENTINEL}")
    last = tokens[-1]
    if last.type == "fence":
        return f"{text}\n{last.markup}"
    if last.type == "html_block":
        start = last.content.lstrip().lower()
        for opening, end in _HTML_ENDS:
            if start.startswith(opening):
                return f"{text}\n{end}"
    return text


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # late: the full screen exports nothing at its start

    # inline rules are of no use here and cost most of the time
    return MarkdownIt("commonmark", {"html": True}).disable("inline")


def _plain(text: str) -> str:
    """Outside text on one line of Markdown, with nothing in it that means something."""
    return _SPECIAL.sub(r"\\\1", safe_line(text))
