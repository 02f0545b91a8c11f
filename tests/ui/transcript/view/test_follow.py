"""The reading position: what may move the reader, and what may not."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from chatapp.ui.transcript.follow import ReadingPosition
from chatapp.ui.transcript.section_run import Mark

HEIGHT = 10


@dataclass
class Entries:
    """Entries of two sections each; guessed heights are wrong until measured."""

    sections: list[list[int]] = field(default_factory=list)
    measured: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.sections)

    def measure(self, index: int) -> int:
        self.measured.add(index)
        return sum(self.sections[index])

    def find(self, y: int) -> tuple[int, int]:
        top = 0
        for index, sections in enumerate(self.sections):
            height = sum(sections) if index in self.measured else 3
            if y < top + height:
                return index, y - top
            top += height
        return len(self.sections) - 1, 0

    def mark(self, index: int, line: int) -> Mark:
        first = self.sections[index][0]
        section = 0 if line < first else 1
        offset = line - (first if section else 0)
        return Mark((index, section), offset, self.sections[index][section], 0)

    def line_of(self, index: int, mark: Mark) -> int | None:
        assert isinstance(mark.section, tuple)
        section = mark.section[1]
        count = self.sections[index][section]
        if not count:
            return None
        return (self.sections[index][0] if section else 0) + min(mark.offset, count - 1)


def following(*heights: int) -> tuple[Entries, ReadingPosition]:
    entries = Entries([[1, height - 1] for height in heights])
    position = ReadingPosition(entries)
    position.settle(HEIGHT)
    return entries, position


def follows(position: ReadingPosition) -> bool:
    return position.is_following


def test_opens_at_the_end_and_measures_only_what_is_near() -> None:
    entries, position = following(*[6] * 1000)
    assert (position.entry, position.line) == (998, 2)
    assert entries.measured == {998, 999}


def test_follows_what_is_added() -> None:
    entries, position = following(6, 6)
    entries.sections[-1][1] += 3
    position.settle(HEIGHT)
    assert (position.entry, position.line) == (0, 5)
    assert follows(position)


def test_one_line_up_leaves_and_the_bottom_resumes() -> None:
    entries, position = following(6, 6, 6)
    position.scroll_by(-1, HEIGHT)
    assert not follows(position)
    entries.sections[-1][1] += 1
    position.settle(HEIGHT)
    assert (position.entry, position.line) == (1, 1)
    position.scroll_by(1, HEIGHT)
    assert not follows(position)
    position.scroll_by(9, HEIGHT)
    assert follows(position)
    assert (position.entry, position.line) == (1, 3)


def test_a_view_that_everything_fits_into_always_follows() -> None:
    _entries, position = following(3, 3)
    position.scroll_by(-2, HEIGHT)
    assert follows(position)
    assert (position.entry, position.line) == (0, 0)


def test_a_tail_that_shrinks_and_grows_does_not_jump() -> None:
    entries, position = following(6, 12)
    entries.sections[-1][1] -= 4
    position.settle(HEIGHT)
    assert (position.entry, position.line) == (1, 2)
    entries.sections[-1][1] += 5
    position.settle(HEIGHT)
    assert (position.entry, position.line) == (1, 3)


def test_a_tail_that_goes_away_is_not_waited_for() -> None:
    entries, position = following(6, 6, 30)
    del entries.sections[2]
    position.settle(HEIGHT)
    assert (position.entry, position.line) == (0, 2)
    assert follows(position)


def test_scrolling_up_over_guessed_heights_moves_line_by_line() -> None:
    _entries, position = following(*[17] * 50)
    lines = []
    for _ in range(60):
        position.scroll_by(-1, HEIGHT)
        lines.append(position.entry * 17 + position.line)
    assert lines == list(range(lines[0], lines[0] - 60, -1))


def test_jumping_to_the_last_line_shows_a_full_view() -> None:
    _entries, position = following(*[6] * 20)
    position.jump(0, HEIGHT)
    assert (position.entry, position.line, follows(position)) == (0, 0, False)
    position.jump(119, HEIGHT)
    assert follows(position)


changes = st.one_of(
    st.tuples(st.just("append"), st.integers(2, 30), st.just(0)),
    st.tuples(st.just("grow"), st.integers(1, 5), st.just(0)),
    st.tuples(st.just("fold"), st.integers(0, 99), st.integers(1, 9)),
)


@given(
    st.lists(st.integers(2, 30), min_size=3, max_size=20),
    st.integers(1, 60),
    st.lists(changes, max_size=30),
)
def test_nothing_moves_a_reader_who_does_not_follow(
    heights: list[int], up: int, after: list[tuple[str, int, int]]
) -> None:
    entries, position = following(*heights)
    position.scroll_by(-up, HEIGHT)
    if follows(position):
        return
    anchor = position.entry
    section_of_anchor = entries.mark(anchor, position.line)
    for name, value, size in after:
        if name == "append":
            entries.sections.append([1, value - 1])
        elif name == "grow":
            entries.sections[-1][1] += value
        else:
            index = value % len(entries)
            section = value % 2
            if (index, section) != section_of_anchor.section:
                entries.sections[index][section] = size
        position.settle(HEIGHT)
        assert position.entry == anchor
        now = entries.mark(anchor, position.line)
        assert (now.section, now.offset) == (section_of_anchor.section, section_of_anchor.offset)
        assert not follows(position)
