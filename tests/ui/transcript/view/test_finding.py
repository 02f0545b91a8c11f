"""Find in the conversation: everywhere, marked, step by step."""

import time

import pytest

from chatapp.core.stream_events import ReasoningDelta
from tests.ui.transcript.view.transcript_bench import Bench, bench, lines, message, said


def current(b: Bench) -> tuple[int, int] | None:
    finder = b.view.viewport.finder
    place = finder.current if finder else None
    return (place.entry, place.line) if place else None


async def test_counts_and_shows_matches_in_text_nobody_saw() -> None:
    texts = [f"text {number}" + (" NEEDLE" if number % 500 == 0 else "") for number in range(2000)]
    async with bench() as b:
        b.show_messages([message(number, text) for number, text in enumerate(texts)])
        b.view.find("needle")
        assert b.view.match_count == 4
        assert "text 0 NEEDLE" in b.screen()
        assert b.view.find_position == 1
        b.view.find_next()
        assert "text 500 NEEDLE" in b.screen()
        assert b.view.find_position == 2
        b.view.find_previous()
        b.view.find_previous()
        assert "text 1500 NEEDLE" in b.screen()
        assert len(b.view.viewport.timeline._entries) < 100


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
        b.view.find("x")
        assert b.view.match_count == 3
        starts = []
        for _ in range(4):
            assert b.view.viewport.finder
            assert b.view.viewport.finder.current
            starts.append(
                (b.view.viewport.finder.current.entry, b.view.viewport.finder.current.start)
            )
            b.view.find_next()
        assert starts[3] == starts[0]
        assert len(set(starts)) == 3


async def test_what_is_folded_is_found_and_unfolded() -> None:
    async with bench() as b:
        b.turn("hi", ReasoningDelta(lines(5) + "\n\na hidden treasure"), said("done"))
        b.view.find("treasure")
        assert b.view.match_count == 1
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
        b.view.find("late")
        assert b.view.match_count == 0
        b.play(said("but late"))
        b.view.find_next()
        assert current(b) is not None


async def test_nothing_found_moves_nothing() -> None:
    async with bench(height=10) as b:
        b.turn("hi", said(lines(30)))
        before = b.rows()
        b.view.find("absent")
        assert b.view.match_count == 0
        b.view.find("")
        assert b.view.match_count == 0
        assert b.rows() == before
        assert b.follows()


async def test_a_message_is_revealed_with_what_was_searched_for() -> None:
    many = [message(number, f"text {number}\n\n" + lines(30)) for number in range(1000)]
    many[500] = message(500, lines(60) + "\n\na Needle in 中国")
    async with bench(height=12) as b:
        b.app.set_focus(None)
        b.show_messages(many)
        assert b.view.reveal("m500", '"needle in"')
        await b.pilot.pause()
        assert b.view.has_focus
        assert b.view.focused_message_id == "m500"
        assert "▌ a Needle in 中国" in b.screen()
        assert marked_texts(b) == ["Needle in"]
        assert len(b.view.viewport.timeline._entries) < 100
        await b.pilot.press("i")
        assert marked_texts(b) == []


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("gold*", "gold"),
        ("silver golden", "golden"),
        ('tin "golden ring"', "golden ring"),
        ("环", "环"),
        ("nothing", None),
        ("", None),
    ],
)
async def test_the_most_of_a_search_that_is_there_is_marked(words: str, marked: str | None) -> None:
    async with bench() as b:
        b.turn("hi", said("a golden ring 环"))
        assert b.view.reveal("reply-1", words)
        assert marked_texts(b) == ([marked] if marked else [])
        assert b.view.focused_message_id == "reply-1"


async def test_what_only_the_source_has_gives_way_to_what_is_shown() -> None:
    async with bench(height=10) as b:
        b.turn("hi", said(lines(30) + "\n\na **golden** ring"))
        assert b.view.reveal("reply-1", "golden** ring")
        assert marked_texts(b) == ["golden"]
        assert "▌ a golden ring" in b.screen()


async def test_what_is_folded_is_revealed() -> None:
    async with bench() as b:
        b.turn("hi", ReasoningDelta("a hidden treasure"), said("done"))
        assert b.view.reveal("reply-1", "treasure")
        assert "│ a hidden treasure" in b.screen()


async def test_a_message_is_revealed_once_the_view_is_on_the_screen() -> None:
    async with bench(height=12) as b:
        b.view.display = False
        await b.pilot.pause()
        b.show_messages([message(number, lines(30, f"text {number}.")) for number in range(50)])
        assert b.view.reveal("m7", "text 7. 20")
        b.view.display = True
        await b.until(lambda: "text 7. 20" in b.screen())
        assert b.view.focused_message_id == "m7"


async def test_a_message_that_is_not_on_the_path_is_not_revealed() -> None:
    async with bench(height=10) as b:
        b.turn("hi", said(lines(30)))
        before = b.rows()
        assert not b.view.reveal("gone", "line")
        assert b.rows() == before


async def test_a_search_of_ones_own_stays_marked_when_one_goes_back_to_writing() -> None:
    async with bench() as b:
        b.turn("hi", said("treasure"))
        b.view.reveal("reply-1", "treasure")
        b.view.find("treasure")
        await b.pilot.press("i")
        assert marked_texts(b) == ["treasure"]


def marked_texts(b: Bench) -> list[str]:
    """The texts with the look of a match, the current one included."""
    palette = b.view._palette
    assert palette is not None
    strips = b.view.render_lines(b.view.size.region)
    grounds = {palette.find_match.bgcolor}
    return [
        segment.text
        for strip in strips
        for segment in strip
        if segment.style and (segment.style.reverse or segment.style.bgcolor in grounds)
    ]


TEXTS = {
    "lines": lines,
    "one line": lambda count: "some words of text here " * count,
}


@pytest.mark.parametrize("shape", TEXTS)
async def test_a_frame_costs_the_same_however_long_the_reply_that_is_searched(shape: str) -> None:
    costs = []
    for count in (250, 5000):
        async with bench(width=100, height=40) as b:
            b.begin("hi", said(TEXTS[shape](count)))
            began = time.process_time()
            b.view.find("e")
            assert time.process_time() - began < 2
            b.view.scroll_to_latest()
            spent = []
            for _ in range(9):
                began = time.process_time()
                b.play(said(" more"))
                spent.append(time.process_time() - began)
            costs.append(sorted(spent)[4])
    early, late = costs
    assert late < 3 * early + 0.005


@pytest.mark.parametrize("needle", ["e", "words that go on", "日本", "the 日本語"])
async def test_in_every_stretch_are_the_matches_of_the_whole(needle: str) -> None:
    text = (
        "Some **words that go on** " * 30
        + "\n\n| a words | b |\n|---|---|\n| the 日本語 | e |\n\n"
        + "```python\nwords = 'that go on and on, words that go on' * 2\n```\n\n"
        + "日本語の文章が続く" * 20
    )
    async with bench(width=40) as b:
        b.turn("hi", ReasoningDelta("words that go on " * 9), said(text))
        b.view.toggle_details()
        entry = b.view.viewport.timeline.entry(1)
        whole = entry.find(needle)
        assert whole
        for length in (1, 2, 7):
            for first in range(entry.line_count):
                found = entry.find_between(needle, first, first + length)
                assert [*found] == [it for it in whole if first <= it[0] < first + length]
