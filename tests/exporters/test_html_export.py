"""Nothing that was said acts in the web page, and the page asks the world for nothing."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.records import ConversationHeader, StoredConversation
from chatapp.core.safe_text import safe_text
from chatapp.exporters.html_export import HtmlExporter
from chatapp.exporters.html_markdown import to_html
from tests.exporters.samples import AT, CONVERSATION

TAGS = frozenset(
    """html head meta title style body header main article h1 h2 h3 h4 h5 h6 p div span time
    details summary pre code a ul ol li table thead tbody tr th td blockquote em strong s br hr
    """.split()  # noqa: SIM905 - a list of them fills the screen
)
ATTRIBUTES = frozenset(
    "charset name content http-equiv class dir datetime href rel title start".split()  # noqa: SIM905
)
VOID = frozenset({"meta", "br", "hr"})

PIECES = (
    "<script>", "</script>", "<img src=x onerror=y>", "javascript:", "data:text/html,", "](",
    "[", "![", ")", "<http://a>", "<javascript:x>", '"', "'", "&lt;", "&#x3c;", "\n", "\n\n",
    "> ", "```", "```html\n", "</style>", "</pre>", "</code>", "https://a.b/", "\x1b[2J",
    "\u202e", "| a |\n|---|\n", "- ", "`", "&#106;avascript:", "x", "\t", "<!--", "]]>",
    "mailto:", "//e.f",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


class Page(HTMLParser):
    """Checks every tag as it is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES or (name == "style" and tag in ("th", "td"))
            if name == "href":
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Page:
    parsed = Page()
    parsed.feed(page)
    parsed.close()
    assert parsed.open == []
    return parsed


@given(texts=st.tuples(*[hostile | st.text(max_size=20)] * 6))
def test_no_text_becomes_markup(texts: tuple[str, ...]) -> None:
    title, said, thought, name, arguments, words = texts
    model = ModelRef(name, title)
    parts = (
        ReasoningPart(thought),
        TextPart(said),
        ToolCallPart("1", name, arguments),
        ToolResultPart("1", words),
    )
    failure = Failure(FailureKind.CUT, title, server_words=words)
    messages = (
        ChatMessage("1", None, Role.USER, (TextPart(said),), AT),
        ChatMessage("2", "1", Role.ASSISTANT, parts, AT, model, Ending.CUT, failure=failure),
    )
    header = ConversationHeader("1", title, AT, AT, model)
    html = HtmlExporter().export(StoredConversation(header, messages))
    assert safe_text(html) == html
    page = read(html)
    assert all(re.match("(?i)(https?://|mailto:)", link) for link in page.links)


@pytest.mark.parametrize(
    "source",
    [
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](vbscript:x)",
        "[a](file:///etc/passwd)",
        "[a](//other.example)",
        "[a](#place)",
        "![a](data:image/png;base64,AAAA)",
        "<javascript:alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]",
    ],
)
def test_an_odd_link_is_none(source: str) -> None:
    assert "<a" not in to_html(source)


def test_an_image_is_a_link_and_is_not_loaded() -> None:
    assert to_html("![cat](https://a.example/cat.png)") == (
        '<p><a href="https://a.example/cat.png" rel="noopener noreferrer nofollow">cat</a></p>\n'
    )


def test_a_link_to_nowhere_leads_nowhere() -> None:
    assert to_html("[here]() ![there]()") == "<p><a>here</a> there</p>\n"


def test_code_is_coloured_where_the_language_is_known() -> None:
    assert '<span class="k">def</span>' in to_html("```python\ndef f(): ...\n```")
    assert to_html("```klingon\n<x>\n```") == (
        '<pre><code class="language-klingon">&lt;x&gt;\n</code></pre>\n'
    )


def test_the_page_stands_alone_by_day_by_night_and_on_paper() -> None:
    page = HtmlExporter().export(CONVERSATION)
    for words in ("prefers-color-scheme: dark", "@media print", "default-src 'none'"):
        assert words in page
    assert not re.search(r"url\(|@import|<link|<script|<img", page)
