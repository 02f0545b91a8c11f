"""Running text of Markdown to runs of styled words, by markdown-it's inline rules."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from chatapp.core.safe_text import SafeText, safe_text
from chatapp.ui.transcript.block_tree import Leaf, mark_dirty

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token


class Run(NamedTuple):
    """Text of one look: the names of the palette's styles that apply, in order.

    A newline in the text is a break that the writer asked for.
    """

    text: str
    looks: tuple[str, ...] = ()


class Inlines(NamedTuple):
    """Parsed running text; `is_settled` when nothing in it could pair with later text.

    `open_marks` are the marks of emphasis that were opened and not closed, in their order.
    """

    runs: list[Run]
    is_settled: bool
    open_marks: str


_MARKUP = re.compile(r"[\\`*_~\[\]<&!\n:@]|www\.")
_WAITING = re.compile(r"[`\[\]]|<[A-Za-z/!?]")

_MOST_CLOSED = 8
"""Marks that are shown as if they were closed."""

_HALF_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*$")
_TRAILING_MARKS = re.compile(r"(?<![\\*_~])[*_~]+$|(?:^|(?<=[\s(]))[*_~`]+$")
_PLAIN_LINK = re.compile(
    r"(?<![\w@.])(?:www\.[\w-]+\.[^\s<>\u3000-\u303f\uff00-\uffef]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
)
_URL_TAIL = re.compile(r"//[^\s<>\"`\u3000-\u303f\uff00-\uffef]+")
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?|ftp)$", re.IGNORECASE)

_LOOKS = {
    "strong_open": "strong",
    "em_open": "emphasis",
    "s_open": "strikethrough",
    "link_open": "link",
}


class References(dict[str, dict[str, object]]):
    """Link definitions by label, which remembers the labels that were asked for in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.missed: set[str] = set()

    def get(self, label: str, default: object = None) -> dict[str, object] | None:  # type: ignore[override]  # markdown-it asks with None as default
        """The definition of a label, which is noted when there is none."""
        found = super().get(label)
        if found is None:
            self.missed.add(label)
        return found


class InlineMarkup:
    """Parses the running text of one document, which shares its link definitions.

    `revision` grows when a definition changed the look of text that was shown before it.
    """

    def __init__(self) -> None:
        self._references = References()
        self._waiting: dict[str, WeakSet[Leaf]] = {}
        self.revision = 0

    def define(self, lines: list[str]) -> list[str]:
        """Take the link definitions off the start of a paragraph; returns the lines left."""
        known = len(self._references)
        tokens: list[Token] = []
        parser = _definition_parser()
        text = "\n".join(lines)
        parser.block.parse(text, parser, {"references": self._references}, tokens)
        if len(self._references) != known:
            self._refresh_waiting()
        for token in tokens:
            if token.type == "paragraph_open" and token.map is not None:
                return lines[token.map[0] :]
        return []

    def _refresh_waiting(self) -> None:
        for label in [label for label in self._waiting if label in self._references]:
            for leaf in self._waiting.pop(label):
                leaf.version += 1
                mark_dirty(leaf)
                self.revision += 1

    def parse(self, text: str, leaf: Leaf) -> Inlines:
        """Parse the running text of `leaf`, or a part of it that stands on its own."""
        if not _MARKUP.search(text):
            return Inlines([Run(text.replace("\t", " "))] if text else [], True, "")
        from markdown_it.rules_inline import StateInline

        parser = _inline_parser()
        references = self._references
        references.missed.clear()
        tokens: list[Token] = []
        state = StateInline(text, parser, {"references": references}, tokens)
        parser.inline.tokenize(state)
        for rule in parser.inline.ruler2.getRules(""):
            rule(state)
        for label in references.missed:
            self._waiting.setdefault(label, WeakSet()).add(leaf)
        open_marks = [d for d in state.delimiters if d.open and d.end < 0]
        is_settled = not open_marks and _is_settled(tokens)
        # marks stood between some of them, and do not any more
        safe = SafeText()
        runs = [Run(safe.feed(text), looks) for text, looks in _runs(tokens)]
        return Inlines(runs, is_settled, "".join(chr(d.marker) for d in open_marks))

    def parse_unfinished(self, text: str, leaf: Leaf) -> Inlines:
        """Parse text that still grows, with what is open at its end shown as if it were closed."""
        text = _HALF_LINK.sub(r"\1", text)
        text = _TRAILING_MARKS.sub("", text)
        parsed = self.parse(text, leaf)
        if parsed.is_settled:
            return parsed
        closing = parsed.open_marks[: -_MOST_CLOSED - 1 : -1]
        if text.rpartition("\n")[2].count("`") % 2:
            closing = "`"
        if not closing:
            return parsed
        return self.parse(text.rstrip(" \n" + closing[0]) + closing, leaf)


def _is_settled(tokens: Sequence["Token"]) -> bool:
    depth = 0
    for token in tokens:
        if token.type != "text":
            continue
        for mark in _WAITING.findall(token.content):
            if mark == "[":
                depth += 1
            elif mark == "]":
                depth -= 1
            else:
                return False
            if depth < 0:
                return False
    return depth == 0


def _runs(tokens: Sequence["Token"]) -> Iterator[Run]:
    looks: tuple[str, ...] = ()
    target, label = "", ""
    for token in tokens:
        content = _visible(token.content)
        match token.type:
            case "text" | "text_special":
                label += content
                yield from _text_runs(content, looks)
            case "code_inline":
                label += content
                yield Run(content, (*looks, "inline_code"))
            case "html_inline":
                is_break = _LINE_BREAK.fullmatch(content) is not None
                yield Run("\n", looks) if is_break else Run(content, (*looks, "html"))
            case "softbreak":
                yield Run(" ", looks)
            case "hardbreak":
                yield Run("\n", looks)
            case "image":
                yield from _image_runs(token, looks)
            case "link_open":
                looks = (*looks, "link")
                target, label = str(token.attrs.get("href", "")), ""
            case "link_close":
                looks = looks[:-1]
                if target and not _is_same_target(label, target):
                    yield Run(f" ({_visible(target)})", (*looks, "link_target"))
            case kind if kind in _LOOKS:
                looks = (*looks, _LOOKS[kind])
            case kind if kind.endswith("_close"):
                looks = looks[:-1]


def _text_runs(text: str, looks: tuple[str, ...]) -> Iterator[Run]:
    if not text:
        return
    if "link" in looks or ("www." not in text and "@" not in text):
        yield Run(text, looks)
        return
    end = 0
    for match in _PLAIN_LINK.finditer(text):
        link = _without_closing_marks(match[0])
        yield Run(text[end : match.start()], looks)
        yield Run(link, (*looks, "link"))
        end = match.start() + len(link)
    yield Run(text[end:], looks)


def _image_runs(token: "Token", looks: tuple[str, ...]) -> Iterator[Run]:
    label = "".join(run.text for run in _runs(token.children or ())) or "image"
    yield Run("▣ ", (*looks, "muted"))
    yield Run(label.replace("\n", " "), (*looks, "link"))
    source = _visible(str(token.attrs.get("src", "")))
    if source and source != label:
        yield Run(f" ({source})", (*looks, "link_target"))


def _visible(content: str) -> str:
    return safe_text(content).replace("\n", " ").replace("\t", " ")


def _is_same_target(label: str, target: str) -> bool:
    return target.removeprefix("mailto:").rstrip("/") == label.rstrip("/")


def _without_closing_marks(url: str) -> str:
    """Punctuation at the end of an address belongs to the sentence."""
    while url:
        if url[-1] in "?!.,:;*_~'\"" or (url[-1] == ")" and url.count(")") > url.count("(")):
            url = url[:-1]
        else:
            break
    return url


def load_parsers() -> None:
    """Make the parsers ready, whose import takes tens of milliseconds."""
    _inline_parser()
    _definition_parser()


@cache
def _inline_parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("strikethrough")
    parser.inline.ruler.after("text", "bare_link", _bare_link)
    return parser


@cache
def _definition_parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("zero").enable("reference")


def _bare_link(state: "StateInline", silent: bool) -> bool:
    """An inline rule of markdown-it: an address that stands in the text as it is."""
    if state.src[state.pos] != ":" or state.linkLevel > 0:
        return False
    tail = _URL_TAIL.match(state.src, state.pos + 1)
    scheme = _SCHEME.search(state.pending)
    if tail is None or scheme is None:
        return False
    url = f"{scheme[1]}:{_without_closing_marks(tail[0])}"
    if len(url) <= len(scheme[1]) + 3 or not state.md.validateLink(url):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": url}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos += len(url) - len(scheme[1])
    return True
