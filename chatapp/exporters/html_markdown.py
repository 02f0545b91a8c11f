"""Markdown of a model as HTML that can do nothing: no markup of its own, no image, no odd link."""

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_SCHEMES = ("http://", "https://", "mailto:")

_RELATION = "noopener noreferrer nofollow"

_LONGEST_COLOURED = 100_000
"""Characters of code that are highlighted; what is longer would take seconds."""


def to_html(markdown: str, *, keeps_lines: bool = False) -> str:
    """Render Markdown; `keeps_lines` lets every newline begin a line, as a person means it."""
    return str(_parser(keeps_lines).render(markdown))


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Whether a link may stay one; otherwise its source is shown."""
        return url.lower().startswith(_SCHEMES)


@cache
def _parser(keeps_lines: bool) -> MarkdownIt:
    options = {
        "html": False,
        "xhtmlOut": False,
        "linkify": True,
        "breaks": keeps_lines,
        "highlight": _highlight,
    }
    parser = _Parser("commonmark", options)
    parser.enable(["table", "strikethrough", "linkify"])
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    parser.add_render_rule("link_open", _render_link)
    parser.add_render_rule("image", _render_image)
    return parser


def _highlight(code: str, language: str, _attributes: str) -> str:
    return coloured(code, language)


def coloured(code: str, language: str) -> str:
    """The code as HTML with a class for every token; plain where the language is not known."""
    lexer = _lexer(language) if len(code) <= _LONGEST_COLOURED else None
    if lexer is None:
        return escape(code)
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter

    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _lexer(language: str) -> "Lexer | None":
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        return None


def _render_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    token = tokens[index]
    if not token.attrs.get("href"):  # [](), which is asked about by nobody
        return "<a>"
    token.attrSet("rel", _RELATION)
    return renderer.renderToken(tokens, index, options, env)


def _render_image(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    """A link to the image: loading it would tell its server who reads."""
    token = tokens[index]
    address = escape(str(token.attrs.get("src", "")))
    words = escape(token.content) or address
    return f'<a href="{address}" rel="{_RELATION}">{words}</a>' if address else words
