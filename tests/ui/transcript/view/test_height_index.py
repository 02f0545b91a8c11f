"""HeightIndex against a plain list of heights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.ui.transcript.height_index import HeightIndex

heights = st.integers(0, 9)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 999), heights),
        st.tuples(st.just("set"), st.integers(0, 999), heights),
        st.tuples(st.just("truncate"), st.integers(0, 999), heights),
    ),
    max_size=60,
)


def check(index: HeightIndex, model: list[int]) -> None:
    assert len(index) == len(model)
    assert index.total == sum(model)
    for place in {0, len(model) // 2, len(model)}:
        assert index.top(place) == sum(model[:place])


@given(st.integers(0, 400), heights, steps)
def test_agrees_with_a_list(count: int, height: int, changes: list[tuple[str, int, int]]) -> None:
    index, model = HeightIndex(count, height), [height] * count
    for name, place, value in changes:
        if name == "append":
            index.append(value)
            model.append(value)
        elif name == "truncate":
            index.truncate(place % (len(model) + 1))
            del model[place % (len(model) + 1) :]
        elif model:
            index.set(place % len(model), value)
            model[place % len(model)] = value
        check(index, model)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=400), st.integers(-5, 4000))
def test_finds_the_entry_that_covers_a_line(model: list[int], y: int) -> None:
    index = HeightIndex()
    for height in model:
        index.append(height)
    entry, line = index.find(y)
    assert 0 <= line < model[entry]
    assert index.top(entry) + line == max(0, min(y, sum(model) - 1))


def test_finds_nothing_in_an_empty_index() -> None:
    with pytest.raises(IndexError):
        HeightIndex().find(0)
