"""The incremental parser makes of a text what markdown-it makes of it as a whole."""

import re

import pytest
from hypothesis import assume, given

from chatapp.ui.transcript.block_openings import MAXIMUM_DEPTH
from chatapp.ui.transcript.inline_markup import InlineMarkup
from chatapp.ui.transcript.markdown_blocks import BlockParser
from tests.ui.transcript.markdown.corpus import CORPUS
from tests.ui.transcript.markdown.markdown_texts import cut_texts, texts
from tests.ui.transcript.markdown.structure import our_structure, reference_structure

_HEADER_IS_A_BLOCK = re.compile(r"^[ >]*([-+*#<]|\d+[.)]).*\|.*\n[ >]*[-:| ]+$", re.MULTILINE)


def has_odd_table_header(text: str) -> bool:
    """Where a line is both a list item, say, and a table's header, we read the item first."""
    return _HEADER_IS_A_BLOCK.search(text) is not None


@pytest.mark.parametrize("text", CORPUS)
def test_the_corpus_is_parsed_like_markdown_it(text: str) -> None:
    assert our_structure(list(text)) == reference_structure(text)


@given(texts)
def test_generated_markdown_is_parsed_like_markdown_it(text: str) -> None:
    text = text.replace("\r", "")
    assume(not has_odd_table_header(text))
    assert our_structure([text]) == reference_structure(text)


@given(cut_texts())
def test_the_structure_does_not_depend_on_the_cuts(pieces: list[str]) -> None:
    assert our_structure(pieces) == our_structure(["".join(pieces)])


def test_a_list_item_wins_over_a_table_header() -> None:
    assert our_structure(["- a|b\n---|---\n"])[1][0] == "list"  # type: ignore[index]  # plain tuples


def test_deep_nesting_ends_in_text() -> None:
    parser = BlockParser(InlineMarkup().define)
    parser.feed("> " * 5_000 + "x\n" + "- " * 5_000 + "y")
    parser.close()
    depth, block = 0, parser.document.children[0]
    while children := getattr(block, "children", None):
        depth, block = depth + 1, children[0]
    assert depth <= MAXIMUM_DEPTH + 1


def test_every_line_is_looked_at_a_constant_number_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    take_line = BlockParser._take_line

    def count(parser: BlockParser, text: str) -> None:
        taken.append(len(text))
        take_line(parser, text)

    monkeypatch.setattr(BlockParser, "_take_line", count)
    parser = BlockParser(InlineMarkup().define)
    pieces = ["- item ", "with ", "words\n"] * 1_000
    for piece in pieces:
        parser.feed(piece)
    assert len(taken) <= len(pieces) + 1_000
    taken.clear()
    for _ in range(10_000):
        parser.feed("one endless line ")
    assert sum(taken) < 10_000
