"""However a text was cut, it ends with the lines of the whole text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatapp.ui.transcript import (
    code_tokens,
    fence_lines,
    leaf_lines,
    markdown_blocks,
    table_lines,
)
from chatapp.ui.transcript.text_flow import FlowLine, MarkdownFlow, PlainFlow, TextFlow
from tests.support.commonmark import require_examples
from tests.ui.transcript.markdown.corpus import CORPUS
from tests.ui.transcript.markdown.markdown_texts import (
    PALETTE,
    all_lines,
    cut_texts,
    pieces_at,
    widths,
)


def assert_two_roads_meet(pieces: list[str], grown: TextFlow, whole: TextFlow, width: int) -> None:
    """Also: lines that were called stable stay, and no line is too wide."""
    grown.layout(width, PALETTE)
    stable: list[FlowLine] = []
    revision = grown.revision
    for piece in pieces:
        grown.append(piece)
        lines = all_lines(grown, width)
        if grown.revision == revision:
            assert lines[: len(stable)] == stable
        stable, revision = lines[: grown.stable_line_count], grown.revision
    grown.close()
    assert all_lines(grown, width) == all_lines(whole, width)
    assert all(line.strip.cell_length <= width for line in all_lines(whole, width))
    assert grown.source == "".join(pieces)


@pytest.mark.parametrize("text", CORPUS)
def test_a_text_fed_one_character_at_a_time(text: str) -> None:
    assert_two_roads_meet(list(text), MarkdownFlow(), MarkdownFlow(text, is_closed=True), 40)


def test_the_specifications_examples_fed_one_character_at_a_time() -> None:
    examples = require_examples()
    assert len(examples) > 600
    for markdown in examples:
        whole = MarkdownFlow(markdown, is_closed=True)
        assert_two_roads_meet(list(markdown), MarkdownFlow(), whole, 40)


@given(cut_texts(), widths)
@example(["- a\n", "- b\n\n", "- c"], 20)
@example(["Foo\n", "-", "-", "-"], 20)
def test_markdown_cut_anywhere(pieces: list[str], width: int) -> None:
    whole = MarkdownFlow("".join(pieces), is_closed=True)
    assert_two_roads_meet(pieces, MarkdownFlow(), whole, width)


@given(cut_texts(), widths)
def test_long_blocks_cut_anywhere(pieces: list[str], width: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leaf_lines, "_OPEN_LENGTH", 5)
        patch.setattr(table_lines, "MEASURED_ROWS", 2)
        patch.setattr(markdown_blocks, "SETTLED_LINE_LENGTH", 8)
        patch.setattr(fence_lines, "LONGEST_LINE", 6)
        patch.setattr(code_tokens, "LONGEST_LINE", 6)
        whole = MarkdownFlow("".join(pieces), is_closed=True)
        assert_two_roads_meet(pieces, MarkdownFlow(), whole, width)


@given(cut_texts(), widths)
def test_plain_text_cut_anywhere(pieces: list[str], width: int) -> None:
    whole = PlainFlow("".join(pieces), is_closed=True)
    assert_two_roads_meet(pieces, PlainFlow(), whole, width)


@given(cut_texts(), widths, widths)
def test_a_width_shows_the_same_whatever_was_shown_before(
    pieces: list[str], width: int, other: int
) -> None:
    flow = MarkdownFlow("".join(pieces), is_closed=True)
    before = all_lines(flow, width)
    all_lines(flow, other)
    assert all_lines(flow, width) == before


@settings(max_examples=10)
@given(st.data())
@pytest.mark.parametrize("mark", ["", " *", " 5*3 ", " [", " `"])
def test_a_paragraph_of_many_screens(mark: str, data: st.DataObject) -> None:
    text = "Some words, more words. " * 150 + mark + "And **bold** and `code`. " * 60
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=12)))
    whole = MarkdownFlow(text, is_closed=True)
    assert_two_roads_meet(pieces_at(text, cuts), MarkdownFlow(), whole, 60)
