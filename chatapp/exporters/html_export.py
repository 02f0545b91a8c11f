"""The chosen path of a conversation as one web page, which needs nothing and runs nothing."""

from collections.abc import Iterator
from html import escape
from typing import assert_never

from chatapp.core.messages import ReasoningPart, RefusalPart, Role, TextPart
from chatapp.core.records import StoredConversation
from chatapp.core.safe_text import safe_line, safe_text
from chatapp.exporters.html_style import style_sheet
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
    speaker,
    utc_iso,
    utc_minute,
)

_HEAD = """\
<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
<p class="quiet">{origin}</p>
</header>
<main>
"""

_FOOT = """\
</main>
</body>
</html>
"""


class HtmlExporter:
    """Implements `Exporter`."""

    name = "html"
    label = "a web page that stands alone, the branch that is shown"

    def export(self, conversation: StoredConversation) -> str:
        """The page; markup in what was said is shown, never obeyed."""
        header = conversation.header
        head = _HEAD.format(
            title=_line(header.title),
            style=style_sheet(),
            origin=_line(origin(header)),
        )
        return head + "".join(_articles(conversation)) + _FOOT


def _articles(conversation: StoredConversation) -> Iterator[str]:
    for passage in passages(conversation):
        yield f'<article class="{passage.message.role.value}">\n'
        yield from _passage(passage)
        yield "</article>\n"
    if unsent_text := conversation.unsent_text.strip():
        yield f'<article class="user">\n<h2>{UNSENT_HEADING}</h2>\n'
        yield f"{_prose(unsent_text, keeps_lines=True)}</article>\n"


def _passage(passage: Passage) -> Iterator[str]:
    message = passage.message
    moment = (
        f'<time datetime="{utc_iso(message.created_at)}">{utc_minute(message.created_at)}</time>'
    )
    aside = f"{passage.branch} \u00b7 {moment}" if passage.branch else moment
    yield f'<h2>{_line(speaker(message))} <span class="quiet">{aside}</span></h2>\n'
    for piece in pieces(message):
        yield _piece(piece, keeps_lines=message.role is Role.USER)
    if ending := ending_words(message):
        yield f'<p class="ending">{_line(ending)}</p>\n'
    if words := server_words(message):
        yield _verbatim(words)
    if line := figures(message):
        yield f'<p class="quiet">{_line(line)}</p>\n'


def _piece(piece: Piece, *, keeps_lines: bool) -> str:
    match piece:
        case TextPart(text) | RefusalPart(text):
            return _prose(text, keeps_lines=keeps_lines) if text.strip() else ""
        case ReasoningPart(text):
            return _folded("Reasoning", _prose(text, keeps_lines=False))
        case Exchange(call, result):
            arguments = _code(call.arguments, "json") if call else ""
            return _folded(piece.heading, arguments + (_verbatim(result.content) if result else ""))
        case _:
            assert_never(piece)


def _prose(markdown: str, *, keeps_lines: bool) -> str:
    from chatapp.exporters.html_markdown import to_html  # late: it loads the Markdown parser

    body = to_html(safe_text(markdown), keeps_lines=keeps_lines)
    return f'<div class="text" dir="auto">\n{body}</div>\n'


def _code(code: str, language: str) -> str:
    from chatapp.exporters.html_markdown import coloured

    return f"<pre><code>{coloured(safe_text(code), language)}</code></pre>\n"


def _verbatim(text: str) -> str:
    return f'<pre dir="auto"><code>{escape(safe_text(text))}</code></pre>\n'


def _folded(summary: str, body: str) -> str:
    return f"<details>\n<summary>{_line(summary)}</summary>\n{body}</details>\n"


def _line(text: str) -> str:
    return escape(safe_line(text))
