"""Find in the conversation: everywhere, marked, step by step."""

from chatapp.core.stream_events import ReasoningDelta
from tests.ui.transcript.view.transcript_bench import Bench, bench, lines, message, said


def current(b: Bench) -> tuple[int, int] | None:
    finder = b.view._viewport.finder
    place = finder.current if finder else None
    return (place.entry, place.line) if place else None


async def test_counts_and_shows_matches_in_text_nobody_saw() -> None:
    texts = [f"text {number}" + (" NEEDLE" if number % 500 == 0 else "") for number in range(2000)]
    async with bench() as b:
        b.show_messages([message(number, text) for number, text in enumerate(texts)])
        assert b.view.find("needle") == 4
        assert "text 0 NEEDLE" in b.screen()
        assert b.view.find_position == 1
        b.view.find_next()
        assert "text 500 NEEDLE" in b.screen()
        assert b.view.find_position == 2
        b.view.find_previous()
        b.view.find_previous()
        assert "text 1500 NEEDLE" in b.screen()
        assert len(b.view._viewport.timeline._entries) < 100


async def test_n_and_shift_n_step_while_a_search_is_open() -> None:
    async with bench(height=10) as b:
        b.turn("hi", said("\n\n".join(f"{n} apple" for n in range(30))))
        b.view.find("apple")
        places = [current(b)]
        for _ in range(3):
            await b.pilot.press("n")
            places.append(current(b))
        assert len(set(places)) == 4
        await b.pilot.press("N")
        assert current(b) == places[2]


async def test_several_matches_on_a_line_are_stepped_through() -> None:
    async with bench() as b:
        b.turn("x y x", said("x"))
        assert b.view.find("x") == 3
        starts = []
        for _ in range(4):
            assert b.view._viewport.finder
            assert b.view._viewport.finder.current
            starts.append(
                (b.view._viewport.finder.current.entry, b.view._viewport.finder.current.start)
            )
            b.view.find_next()
        assert starts[3] == starts[0]
        assert len(set(starts)) == 3


async def test_what_is_folded_is_found_and_unfolded() -> None:
    async with bench() as b:
        b.turn("hi", ReasoningDelta(lines(5) + "\n\na hidden treasure"), said("done"))
        assert b.view.find("treasure") == 1
        assert "│ a hidden treasure" in b.screen()


async def test_matches_are_marked_until_the_search_ends() -> None:
    async with bench() as b:
        b.turn("find me", said("find it, and find it again"))
        before = b.view.render_lines(b.view.size.region)
        b.view.find("find")
        marked = b.view.render_lines(b.view.size.region)
        assert [old.text for old in before] == [new.text for new in marked]
        changed = [y for y, (old, new) in enumerate(zip(before, marked, strict=True)) if old != new]
        assert changed == [b.row_of("find me"), b.row_of("find it")]
        b.view.end_find()
        assert b.view.render_lines(b.view.size.region) == before


async def test_a_match_that_arrives_later_is_marked_and_reached() -> None:
    async with bench() as b:
        b.begin("hi", said("nothing yet, "))
        assert b.view.find("late") == 0
        b.play(said("but late"))
        b.view.find_next()
        assert current(b) is not None


async def test_nothing_found_moves_nothing() -> None:
    async with bench(height=10) as b:
        b.turn("hi", said(lines(30)))
        before = b.rows()
        assert b.view.find("absent") == 0
        assert b.view.find("") == 0
        assert b.rows() == before
        assert b.follows()
