"""Reasoning told from the answer by tags, however the text is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.providers.think_tags import ThinkTagSplitter


def split(*pieces: str) -> tuple[str, str]:
    splitter = ThinkTagSplitter()
    parts = [*(splitter.feed(piece) for piece in pieces), splitter.finish()]
    return "".join(part[0] for part in parts), "".join(part[1] for part in parts)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", "Hm.", "Yes."),
        ("\n <think>Hm.</think>Yes.", "Hm.", "Yes."),
        ("<thinking>Hm.</thinking> Yes.", "Hm.", "Yes."),
        ("<think></think>Yes.", "", "Yes."),
        ("<think>a < b </thin k></think>c", "a < b </thin k>", "c"),
        ("<think>never closed\n", "never closed\n", ""),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("Say <think> is a tag", "", "Say <think> is a tag"),
        ("<thing>", "", "<thing>"),
        ("<thi", "", "<thi"),
        ("  plain", "", "  plain"),
    ],
)
def test_tags_at_the_start_count(text: str, reasoning: str, answer: str) -> None:
    assert split(text) == (reasoning, answer)
    assert split(*text) == (reasoning, answer)


@given(
    st.lists(
        st.sampled_from(["<think>", "</think>", "<", "think>", "\n", " ", "a", "/", "<think"]),
        max_size=12,
    ),
    st.data(),
)
def test_where_the_text_is_cut_does_not_matter(tokens: list[str], data: st.DataObject) -> None:
    text = "".join(tokens)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    edges = [0, *cuts, len(text)]
    assert split(*(text[a:b] for a, b in pairwise(edges))) == split(text)


def test_a_flood_of_white_space_is_let_through() -> None:
    assert split(*" " * 10_000, "x") == ("", " " * 10_000 + "x")
    reasoning, answer = split("<think>a", *"\n" * 10_000, "</think>x")
    assert reasoning.startswith("a\n")
    assert answer == "x"
