"""A token costs the same however long the text, or the block it belongs to, already is."""

from collections.abc import Callable, Iterator

import pytest

from chatapp.ui.transcript.code_tokens import _LexerHighlighter
from chatapp.ui.transcript.inline_markup import InlineMarkup
from chatapp.ui.transcript.inline_markup import Inlines as ParsedText
from chatapp.ui.transcript.text_flow import MarkdownFlow
from chatapp.ui.transcript.wrapping import Span, wrap
from tests.ui.transcript.markdown.markdown_texts import PALETTE, all_lines

BLOCKS = {
    "fence": ("```python\n", "    value = compute(7)  # note\n"),
    "table": ("| a | b |\n|---|---|\n", "| `left` cell | right **cell** |\n"),
    "list": ("", "- an item with **some** words\n"),
    "loose list": ("", "- an item with **some** words\n\n"),
    "nested list": ("- top\n", "  - an item with **some** words\n"),
    "quote": ("", "> words that are **quoted** here\n"),
    "paragraph": ("", "words that go **on** and on. "),
    "paragraph with a stray mark": ("5*x ", "words that go on and on. "),
    "one word": ("", "aVeryLongWordThatNeverEnds"),
    "paragraphs": ("", "words that go **on** and on.\n\n"),
}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The characters that were parsed as running text or highlighted as code."""
    done: list[int] = []
    parse: Callable[..., ParsedText] = InlineMarkup.parse
    runs = _LexerHighlighter.runs

    def counted_parse(markup: InlineMarkup, text: str, *rest: object) -> ParsedText:
        done.append(len(text))
        return parse(markup, text, *rest)

    def counted_runs(lexer: _LexerHighlighter, line: str) -> object:
        done.append(len(line))
        return runs(lexer, line)

    monkeypatch.setattr(InlineMarkup, "parse", counted_parse)
    monkeypatch.setattr(_LexerHighlighter, "runs", counted_runs)
    return done


@pytest.mark.parametrize("name", BLOCKS)
def test_the_work_for_a_token_does_not_grow(name: str, work: list[int]) -> None:
    opening, line = BLOCKS[name]
    flow = MarkdownFlow(opening)
    flow.layout(80, PALETTE)
    spent = []
    for _ in range(4):
        work.clear()
        for _ in range(60):
            for start in range(0, len(line), 4):
                flow.append(line[start : start + 4])
                flow.line(flow.line_count - 1)
        spent.append(sum(work))
    assert max(spent[2:]) <= 1.3 * spent[1]


def test_a_list_that_turns_loose_is_not_parsed_again(work: list[int]) -> None:
    flow = MarkdownFlow("- an item with **words**\n" * 500)
    flow.layout(80, PALETTE)
    assert flow.line_count == 500
    work.clear()
    flow.append("\n- last **item**\n")
    assert flow.line_count == 1001
    assert sum(work) < 100


def test_one_endless_line_of_code_is_wrapped_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped: list[int] = []

    def counted_wrap(text: str, width: int, start: int = 0) -> Iterator[Span]:
        wrapped.append(len(text) - start)
        return wrap(text, width, start)

    monkeypatch.setattr("chatapp.ui.transcript.fence_lines.wrap", counted_wrap)
    flow = MarkdownFlow("```js\n" + "var a=1;b(2) " * 50)
    flow.layout(60, PALETTE)
    for _ in range(300):
        flow.append("c = d(3); 你好")
        assert flow.line_count
    assert len(wrapped) == 299
    assert sum(wrapped[1:]) < 300 * 120
    whole = MarkdownFlow(flow.source, is_closed=True)
    flow.close()
    assert all_lines(flow, 60) == all_lines(whole, 60)
