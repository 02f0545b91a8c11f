"""Halves of surrogate pairs in JSON are mended, however the JSON arrives."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.json_strings import PairMender, whole_pairs

pieces = st.lists(
    st.sampled_from(
        ["\\", "\\\\", "\\u", "\\ud83d", "\\ude00", "\\uD83D", "d8", "3d", "u", "e", '"']
    )
    | st.text(max_size=5),
    max_size=12,
)


@pytest.mark.parametrize(
    ("cut", "mended"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d", "\ufffd"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\\ud83d", r"\ud83d"),
        (r"\ud83d\n", "\ufffd\n"),
    ],
)
def test_only_whole_pairs_are_left(cut: str, mended: str) -> None:
    assert json.loads(f'"{whole_pairs(cut)}"') == mended


@given(pieces)
def test_where_json_is_cut_makes_no_difference(texts: list[str]) -> None:
    mender = PairMender()
    arrived = [mender.feed(text) for text in texts]
    assert "".join((*arrived, mender.finish())) == whole_pairs("".join(texts))


@given(pieces)
def test_no_more_is_kept_back_than_a_pair(texts: list[str]) -> None:
    mender, given_out = PairMender(), 0
    for count, text in enumerate(texts, start=1):
        given_out += len(mender.feed(text))
        assert given_out > len("".join(texts[:count])) - 12
