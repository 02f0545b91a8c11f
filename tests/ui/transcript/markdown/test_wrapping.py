"""Lines break where they may and lose nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp.ui.transcript.wrapping import _grapheme_breaks, _narrow_breaks, expand_tabs, wrap

texts = st.text(st.sampled_from("ab   ，。（你好終はー👨‍👩✌️é\u0301\U0001f600"), max_size=40)
widths = st.integers(2, 12)


def lines_of(text: str, width: int) -> list[str]:
    return [text[span.start : span.end] for span in wrap(text, width)]


@given(texts, widths)
@example("\u200d\u200d。a", 2)
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    spans = list(wrap(text, width))
    assert all(cell_len(text[s.start : s.end]) <= width for s in spans)
    joined = "".join(span.joint + text[span.start : span.end] for span in spans)
    assert text.startswith(joined)
    assert not text[len(joined) :].strip(" ")


@given(texts, st.text(st.sampled_from("a 你，\ufe0f"), max_size=9), widths)
@example("ab c✌", "\ufe0f", 4)
def test_more_text_changes_only_the_last_line(text: str, more: str, width: int) -> None:
    assert (
        lines_of(text + more, width)[: len(lines_of(text, width)) - 1] == lines_of(text, width)[:-1]
    )


@given(st.text(st.sampled_from("ab   c"), max_size=40), widths)
def test_the_fast_way_for_narrow_text_breaks_like_the_general_one(text: str, width: int) -> None:
    assert list(_narrow_breaks(text, width, 0)) == list(_grapheme_breaks(text, width, 0))


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("incomprehensible", 6, ["incomp", "rehens", "ible"]),
        ("你好世界", 5, ["你好", "世界"]),
        ("你好，世界", 4, ["你", "好，", "世界"]),
        ("（你好）世界", 6, ["（你", "好）世", "界"]),
        ("中文 and 中文", 8, ["中文 and", "中文"]),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 4, ["👨‍👩‍👧👨‍👩‍👧", "👨‍👩‍👧"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("", 5, [""]),
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    assert lines_of(text, width) == lines


@pytest.mark.parametrize(
    ("text", "expanded"), [("\ta", "    a"), ("a\tb", "a   b"), ("你\tb\t", "你  b   ")]
)
def test_tabs_go_to_their_stops(text: str, expanded: str) -> None:
    assert expand_tabs(text) == expanded
