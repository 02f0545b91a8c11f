"""How wide the columns of a table are."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.ui.transcript.inline_markup import Run
from chatapp.ui.transcript.table_columns import GAP, Breadth, breadth, column_widths

breadths = st.builds(
    lambda wanted, word: Breadth(wanted, min(wanted, word)), st.integers(1, 300), st.integers(1, 16)
)


@given(st.lists(breadths, min_size=1, max_size=8), st.integers(4, 160))
def test_columns_fill_the_width_or_have_all_they_want(columns: list[Breadth], width: int) -> None:
    widths = column_widths(columns, width)
    available = width - len(GAP) * (len(columns) - 1)
    if widths is None:
        assert sum(min(column.wanted, 8) for column in columns) > available
        return
    assert sum(widths) == min(available, sum(column.wanted for column in columns))
    assert all(1 <= cells <= column.wanted for cells, column in zip(widths, columns, strict=True))
    if sum(max(min(column.wanted, 5), column.word) for column in columns) <= available:
        assert all(cells >= column.word for cells, column in zip(widths, columns, strict=True))


def test_a_column_has_room_for_its_words_and_short_ones_stay_whole() -> None:
    assert column_widths([Breadth(4, 1), Breadth(60, 11), Breadth(16, 7)], 35) == [4, 16, 9]
    assert column_widths([Breadth(10, 4), Breadth(200, 9)], 60) == [10, 47]
    assert column_widths([Breadth(60, 11), Breadth(16, 5)], 19) == [11, 5]
    assert column_widths([Breadth(40, 12), Breadth(40, 12)], 22) == [10, 9]
    assert column_widths([Breadth(40, 12), Breadth(40, 12)], 18) is None


def test_what_a_cell_wants_and_its_longest_word() -> None:
    assert breadth([]) == (1, 1)
    assert breadth([Run("two "), Run("words", ("strong",))]) == (9, 5)
    assert breadth([Run("one\nlonger line")]) == (11, 6)
    assert breadth([Run("对部分有序的 Timsort 很快")]) == (25, 8)
    assert breadth([Run("https://example.com/a/long/address yes")]) == (38, 3)
