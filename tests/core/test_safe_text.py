"""No character that a terminal obeys or hides gets through, wherever the text was cut."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.safe_text import SafeText, safe_line, safe_text

KEPT_FORMAT_CHARACTERS = {
    "\u200c",  # zero-width non-joiner: Persian and Indic scripts
    "\u200d",  # zero-width joiner: emoji
}


@given(st.text(st.characters(codec=None)))
def test_nothing_that_acts_or_hides_is_left(text: str) -> None:
    for character in safe_text(text):
        category = unicodedata.category(character)
        assert category != "Cs"
        assert category != "Cc" or character in "\n\t"
        if ord(character) in (*range(0x200B, 0x2070), 0xFEFF, *range(0xE0000, 0xE0080)):
            assert category != "Cf" or character in KEPT_FORMAT_CHARACTERS


ODD = st.sampled_from("a☺\ufe0f\ufe0e\ufe00\r\n\u200d\u3164\U000e0101\ud800")
odd_texts = st.text(ODD | st.characters(codec=None))


@given(odd_texts, st.lists(st.integers(0, 40), max_size=6))
def test_a_cut_anywhere_makes_no_difference(text: str, places: list[int]) -> None:
    safe, cuts = SafeText(), sorted(places)
    pieces = (text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))
    assert "".join(map(safe.feed, pieces)) == safe_text(text)


@given(odd_texts)
def test_no_row_of_selectors_is_left(text: str) -> None:
    assert not re.search("[\ufe00-\ufe0f]{2}", safe_text(text))


@given(odd_texts)
def test_safe_text_is_safe_already_and_can_be_encoded(text: str) -> None:
    once = safe_text(text)
    assert safe_text(once) == once
    assert once.encode("utf-8") is not None


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain, 中文, 👩‍💻, O₃", "plain, 中文, 👩‍💻, O₃"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b31m", "‹9B›31m"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("user\u202enimda", "user‹202E›nimda"),
        ("zero\u200bwidth", "zero‹200B›width"),
        ("hidden\U000e0041", "hidden‹E0041›"),
        ("smile ☺\ufe0f\U000e0158\U000e01ef", "smile ☺\ufe0f‹E0158›‹E01EF›"),
        ("a\u034fb\u17b4c\U0001d173d", "a‹34F›b‹17B4›c‹1D173›d"),
        ("pay\u3164pal\u115f\u1160\uffa0", "pay‹3164›pal‹115F›‹1160›‹FFA0›"),
        ("a\u180bb\u180b\u180cc", "a\u180bb\u180b‹180C›c"),  # Mongolian letters have shapes
        ("\u180ec\U0001bca0d\U0001bca3", "‹180E›c‹1BCA0›d‹1BCA3›"),
        ("braille \u2800", "braille \u2800"),
        ("❤\ufe0f a\ufe01\ufe02\r\ufe0f", "❤\ufe0f a\ufe01‹FE02›‹FE0F›"),
        ("half \ud83d", "half \ufffd"),
        ("line\u2028next", "line\nnext"),
    ],
)
def test_examples(text: str, safe: str) -> None:
    assert safe_text(text) == safe


def test_a_label_is_one_line() -> None:
    assert safe_line(" model\n\x1b[2J\tname ") == "model ␛[2J name"
