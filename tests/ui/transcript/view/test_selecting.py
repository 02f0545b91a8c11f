"""Selecting with the mouse and copying by key: source text, not what the screen made of it."""

from collections.abc import Sequence

import pytest
from textual import events

from chatapp.core.stream_events import ReasoningDelta
from chatapp.ui.transcript.transcript_view import TranscriptView
from tests.ui.transcript.view.transcript_bench import Bench, bench, lines, message, said

CopyRequested = TranscriptView.CopyRequested


async def drag(b: Bench, start: tuple[int, int], end: tuple[int, int]) -> None:
    await b.pilot.mouse_down(offset=start)
    await b.pilot.hover(offset=end)
    await b.pilot.mouse_up(offset=end)
    await b.pilot.pause()


def copied(b: Bench) -> Sequence[tuple[str, str]]:
    return [(request.what, request.text) for request in b.posted(CopyRequested)]


async def test_a_wrapped_paragraph_is_copied_without_its_wraps() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    async with bench(width=30) as b:
        b.turn("hi", said(text))
        top = b.row_of("one two")
        bottom = b.row_of("twelve")
        assert bottom > top
        await drag(b, (2, top), (28, bottom))
        assert b.app.screen.get_selected_text() == text


async def test_part_of_a_line_is_copied_by_characters() -> None:
    async with bench() as b:
        b.turn("hi", said("你好 world again"))
        y = b.row_of("world")
        await drag(b, (4, y), (11, y))
        assert b.app.screen.get_selected_text() == "好 world"


async def test_selecting_backwards_over_messages_copies_all_between() -> None:
    async with bench() as b:
        b.turn("question", said("first\n\nsecond"))
        await drag(b, (20, b.row_of("second")), (0, b.row_of("question")))
        text = b.app.screen.get_selected_text() or ""
        assert text.startswith("question\n\nmodel-a")
        assert text.endswith("first\n\nsecond")


async def test_a_selection_stays_on_its_text_while_more_comes() -> None:
    async with bench(height=10) as b:
        b.begin("hi", said(lines(20)))
        y = b.row_of("line 17")
        await drag(b, (2, y), (12, y))
        b.play(said("\n\n" + lines(5, "more")))
        assert b.app.screen.get_selected_text() == "line 17"


async def test_selecting_at_the_edge_scrolls() -> None:
    async with bench(height=12) as b:
        b.turn("hi", said(lines(60)))
        b.view.scroll_to_start()
        await b.pilot.pause()
        await b.pilot.mouse_down(offset=(2, 4))
        for y in range(5, 12):
            # the pilot's own moves have no direction, which is what starts the scrolling
            b.app.screen._forward_event(
                events.MouseMove(None, 10, y, 0, 1, 1, False, False, False, 10, y)
            )
        await b.until(lambda: b.view.scroll_y > 5)
        await b.pilot.mouse_up(offset=(10, 11))
        text = b.app.screen.get_selected_text() or ""
        assert text.startswith("line 0\n\nline 1")
        assert text.count("line") > 5


async def test_the_selected_cells_are_marked() -> None:
    async with bench() as b:
        b.turn("hi", said("hello world"))
        y = b.row_of("hello")
        before = b.view.render_lines(b.view.size.region)[y]
        await drag(b, (2, y), (6, y))
        after = b.view.render_lines(b.view.size.region)[y]
        assert after.text == before.text
        assert after.crop(2, 7) != before.crop(2, 7)
        assert after.crop(7, 13) == before.crop(7, 13)


async def test_two_clicks_select_a_word_and_three_a_message() -> None:
    async with bench() as b:
        b.turn("hi", said("some useful_name here"))
        y = b.row_of("useful_name")
        await b.pilot.click(TranscriptView, offset=(9, y), times=2)
        assert b.app.screen.get_selected_text() == "useful_name"
        await b.pilot.click(TranscriptView, offset=(9, y), times=3)
        text = b.app.screen.get_selected_text() or ""
        assert text.endswith("some useful_name here")
        assert "hi" not in text


async def test_everything_can_be_selected_without_laying_it_out() -> None:
    async with bench() as b:
        b.show_messages([message(number, f"text {number}") for number in range(2000)])
        b.view.text_select_all()
        await b.pilot.pause()
        text = b.app.screen.get_selected_text() or ""
        assert all(f"text {number}" in text for number in (0, 1000, 1999))
        assert len(b.view.viewport.timeline._entries) < 50


async def test_a_message_is_copied_as_it_came() -> None:
    source = "# A *title*\n\n- one\n- two\n"
    async with bench() as b:
        b.turn("hi\n  there", ReasoningDelta("hm"), said(source))
        await b.pilot.press("up", "y", "up", "y")
        assert copied(b) == [("message", source), ("message", "hi\n  there")]


async def test_a_running_reply_is_copied_as_far_as_it_is() -> None:
    async with bench() as b:
        b.begin("hi", said("as **fa"))
        await b.pilot.press("y")
        assert copied(b) == [("message", "as **fa")]


@pytest.mark.parametrize("key", ["Y"])
async def test_a_code_block_is_copied_exactly(key: str) -> None:
    async with bench() as b:
        b.turn("hi", said("One:\n\n```python\nif x:\n\tprint(1)\n```\n\nTwo:\n\n```\nplain\n```\n"))
        await b.pilot.press(key)
        assert [text.rstrip("\n") for _what, text in copied(b)] == ["plain"]
