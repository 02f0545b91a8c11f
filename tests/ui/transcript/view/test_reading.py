"""Scrolling, following, folding, focus: real keys and mouse, and what is posted."""

from unittest.mock import patch

import pytest
from textual import events
from textual.binding import Binding

from chatapp.core.changes import DraftOpened, MessageAdded, PartAppended, PartOpened
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.stream_events import (
    Interruption,
    MessageDeleted,
    ReasoningDelta,
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    ToolCallDelta,
    ToolCallStarted,
)
from chatapp.core.usage import Timing
from chatapp.ui.transcript.section_run import SectionRun
from chatapp.ui.transcript.transcript_view import TranscriptView
from tests.ui.transcript.view.transcript_bench import AT, MODEL, Bench, bench, lines, message, said


def wheel(b: Bench, direction: int) -> None:
    kind = events.MouseScrollUp if direction < 0 else events.MouseScrollDown
    b.view.post_message(kind(b.view, 5, 5, 0, direction, 0, False, False, False, 5, 5))


async def test_the_tail_is_followed_line_by_line() -> None:
    async with bench(height=10) as b:
        b.begin("hi")
        for number in range(30):
            b.play(said(f"line {number}\n\n"))
            assert f"line {number}" in b.screen()
        assert b.follows()
        assert b.view.is_vertical_scroll_end


async def test_a_stream_is_painted_once_a_frame_and_never_laid_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench(height=10) as b:
        b.begin("hi", said(lines(20)))
        await b.pilot.pause()
        layouts: list[int] = []
        paints: list[int] = []
        screen = b.app.screen
        monkeypatch.setattr(screen, "_refresh_layout", lambda *_, **__: layouts.append(1))
        refresh = screen._compositor_refresh

        def count_and_refresh() -> None:
            paints.append(1)
            refresh()

        monkeypatch.setattr(screen, "_compositor_refresh", count_and_refresh)
        for number in range(20):
            b.play(said(f"\n\nmore {number}"))
            await b.pilot.pause()
        assert not layouts
        assert 1 <= len(paints) <= 20


async def test_the_wheel_leaves_and_the_bottom_resumes() -> None:
    async with bench(height=10) as b:
        b.begin("hi", said(lines(30)))
        wheel(b, -1)
        await b.until(lambda: not b.follows())
        before = b.rows()
        b.play(said("\n\n" + lines(5, "more")))
        assert b.rows()[:-1] == before[:-1]
        assert b.rows()[-1].endswith(" ↓ 10 new")
        for _ in range(20):
            wheel(b, 1)
        await b.until(lambda: b.follows())
        assert "new" not in b.screen()


async def test_keys_page_and_go_to_the_ends() -> None:
    async with bench(height=10) as b:
        b.turn("hi", said(lines(40)))
        await b.pilot.press("pageup")
        assert "line 39" not in b.screen()
        assert not b.follows()
        await b.pilot.press("home")
        assert b.rows()[0].startswith("▎ You")
        assert b.view.scroll_y == 0
        await b.pilot.press("pagedown")
        assert b.rows()[1].endswith("line 3")
        await b.pilot.press("end")
        assert "line 39" in b.screen()
        assert b.follows()


async def test_reading_on_takes_lines_off_the_count_of_new_ones() -> None:
    async with bench(height=10) as b:
        b.begin("hi", said(lines(30)))
        b.view.scroll_by_page(-1)
        b.play(said("\n\n" + lines(20, "more")))
        await b.pilot.pause()
        assert " 40 new" in b.screen()
        b.view.scroll_by_page(1)
        b.view.scroll_by_page(1)
        assert " 31 new" in b.screen()
        b.view.scroll_by_page(-1)
        assert " 31 new" in b.screen()


async def test_a_click_on_the_sign_follows_again() -> None:
    async with bench(height=10) as b:
        b.begin("hi", said(lines(30)))
        b.view.scroll_to_start()
        b.play(said("\n\nlatest"))
        await b.pilot.pause()
        assert "new" in b.rows()[-1]
        await b.pilot.click(TranscriptView, offset=(b.view.size.width - 4, 9))
        assert b.follows()
        assert "latest" in b.screen()


async def test_dragging_the_bar_moves_through_the_conversation() -> None:
    async with bench(height=20) as b:
        b.show_messages([message(number, lines(8)) for number in range(200)])
        await b.pilot.pause()
        x = b.view.size.width - 1
        await b.pilot.mouse_down(offset=(x, 19))
        await b.pilot.hover(offset=(x, 9))
        await b.until(lambda: not b.follows())
        assert 0.2 < b.view.scroll_y / b.view.max_scroll_y < 0.8
        await b.pilot.hover(offset=(x, 19))
        await b.until(lambda: b.follows())
        await b.pilot.mouse_up(offset=(x, 19))


async def test_a_resize_keeps_the_message_at_the_top() -> None:
    async with bench(width=60, height=12) as b:
        b.show_messages([message(n, f"message {n} " + "word " * 60) for n in range(60)])
        b.view.find("message 20")
        await b.pilot.resize_terminal(34, 9)
        await b.until(lambda: b.view.size.height == 9)
        assert "message 20" in b.screen()
        assert not b.follows()
        await b.pilot.resize_terminal(60, 12)
        await b.until(lambda: b.view.size.height == 12)
        assert "message 20" in b.screen()


async def test_a_following_view_follows_through_a_resize() -> None:
    async with bench(width=60, height=12) as b:
        b.begin("hi", said(lines(30)))
        for width, height in ((40, 12), (40, 6), (80, 20)):
            await b.pilot.resize_terminal(width, height)
            while b.app.size != (width, height):
                await b.pilot.pause()
            await b.pilot.pause()
            assert "line 29" in b.screen()
            assert b.follows()


async def test_what_comes_while_hidden_is_there_when_shown() -> None:
    async with bench() as b:
        b.view.display = False
        await b.pilot.pause()
        b.turn("hi", said("hello"))
        b.view.display = True
        await b.pilot.pause()
        assert "hello" in b.screen()
        b.view.display = False
        await b.pilot.pause()
        b.show_messages([message(0, "another conversation")])
        b.view.display = True
        await b.pilot.pause()
        assert "another conversation" in b.screen()
        assert "hello" not in b.screen()


async def test_another_theme_repaints_everything() -> None:
    async with bench() as b:
        b.turn("hi", said("hello **there**"))
        before = b.view.render_lines(b.view.size.region)
        b.app.theme = "textual-light"
        await b.pilot.pause()
        after = b.view.render_lines(b.view.size.region)
        assert [strip.text for strip in after] == [strip.text for strip in before]
        assert all(old != new for old, new in zip(before, after, strict=True))


async def test_reasoning_unfolds_in_place_by_key_and_by_click() -> None:
    async with bench(height=12) as b:
        b.turn("hi", ReasoningDelta(lines(30, "thought")), said("answer"))
        at = b.row_of("▸ Reasoned")
        await b.pilot.press("enter")
        assert b.row_of("▾ Reasoned") == at
        assert "thought 0" in b.rows()[at + 1]
        assert not b.follows()
        assert "new" not in b.screen()
        await b.pilot.press("space")
        assert b.row_of("▸ Reasoned") == at
        assert b.follows()
        await b.pilot.click(TranscriptView, offset=(4, at))
        assert b.row_of("▾ Reasoned") == at


async def test_folding_what_lies_above_does_not_move_the_reader() -> None:
    async with bench(height=12) as b:
        b.turn("one", ReasoningDelta(lines(30, "thought")), said(lines(20)))
        b.turn("two", said(lines(20, "other")), number=2)
        b.view.toggle_details()
        b.view.scroll_by_page(-1)
        before = b.rows()
        assert "other" in b.screen()
        b.view.toggle_details()
        assert b.rows() == before
        b.view.toggle_details()
        assert b.rows() == before


async def test_details_unfold_everywhere_even_what_comes_later() -> None:
    async with bench() as b:
        b.begin("hi", ReasoningDelta("a thought"))
        b.view.toggle_details()
        b.play(said("x"), ToolCallStarted(0, "c", "look"), ToolCallDelta(0, '{"q": 1}'))
        assert "│ a thought" in b.screen()
        assert "│ q  1" in b.screen()
        b.view.toggle_details()
        assert "│ a thought" not in b.screen()


async def test_focus_walks_over_messages_and_is_marked() -> None:
    async with bench() as b:
        b.turn("first", said("reply one"))
        b.turn("second", said("reply two"), number=2)
        await b.pilot.press("up")
        assert b.view.focused_message_id == "reply-2"
        assert b.rows()[b.row_of("reply two")].startswith("▌ reply two")
        await b.pilot.press("k", "up")
        assert b.view.focused_message_id == "reply-1"
        await b.pilot.press("j")
        assert b.view.focused_message_id == "user-2"
        assert b.rows()[b.row_of("second")].startswith("▌ second")
        assert b.rows()[b.row_of("reply one")].startswith("  reply one")


async def test_focus_reads_through_a_message_larger_than_the_view() -> None:
    async with bench(height=10) as b:
        b.turn("first", said(lines(30)))
        await b.pilot.press("up")
        for _ in range(20):
            await b.pilot.press("up")
            if b.view.focused_message_id == "user-1":
                break
            assert b.view.focused_message_id == "reply-1"
        assert b.view.focused_message_id == "user-1"
        assert b.rows()[0].startswith("▌ You")


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("e", "edit"),
        ("r", "regenerate"),
        ("[", "previous-branch"),
        ("]", "next-branch"),
        ("+", "continue"),
        ("d", "delete"),
        ("delete", "delete"),
        ("u", "undelete"),
        ("f", "fork"),
        ("slash", "find"),
    ],
)
async def test_keys_on_a_message_ask_for_commands(key: str, command: str) -> None:
    async with bench() as b:
        b.turn("first", said("one"))
        await b.pilot.press("up", key)
        asked = b.posted(TranscriptView.ActionRequested)
        assert [(m.command_name, m.message_id) for m in asked] == [(command, "reply-1")]


async def test_keys_act_on_any_message_and_on_the_last_when_none_has_the_focus() -> None:
    async with bench() as b:
        b.turn("first", said("one"))
        await b.pilot.press("d", "up", "up", "d")
        asked = b.posted(TranscriptView.ActionRequested)
        assert [m.message_id for m in asked] == ["reply-1", "user-1"]
        for message_id in ("reply-1", "user-1"):
            b.play(MessageDeleted(message_id))
        await b.pilot.press("u")
        assert b.posted(TranscriptView.ActionRequested)[-1].message_id == ""


async def test_the_keys_of_the_focused_message_are_told() -> None:
    async with bench() as b:
        b.turn("first", ReasoningDelta("hm"), said("one"))
        await b.pilot.press("up")
        assert keys(b) == "e r y Enter d f Y / i"
        await b.pilot.press("up")
        assert keys(b) == "e r y d f Y / i"
        b.play(MessageDeleted("reply-1"))
        await b.pilot.pause()
        assert keys(b) == "e r y d u f Y / i"
        b.app.set_focus(None)
        await b.pilot.pause()
        assert keys(b) == ""


async def test_the_keys_follow_what_can_be_done() -> None:
    async with bench() as b:
        b.begin("first", said("one"))
        await b.pilot.press("up")
        assert keys(b) == "y Y / i"
        b.play(ResponseInterrupted(Interruption.STOPPED), ReplyClosed(Timing(None, 0, 0)))
        await b.pilot.pause()
        assert keys(b) == "+ e r y d f Y / i"
        b.play(RequestSent("again", "user-1", MODEL, AT), said("two"), ResponseFinished("stop"))
        b.play(ReplyClosed(Timing(None, 0, 0)))
        await b.pilot.pause()
        assert keys(b) == "[ ] e r y d f Y / i"


def keys(b: Bench) -> str:
    told = b.posted(TranscriptView.KeysChanged)
    return " ".join(key for key, _does in told[-1].hints) if told else ""


async def test_other_letters_go_back_to_typing() -> None:
    async with bench() as b:
        b.turn("first", said("one"))
        await b.pilot.press("i", "h", "n", "é", "escape")
        typed = [m.character for m in b.posted(TranscriptView.TypingRequested)]
        assert typed == ["", "h", "n", "é", ""]


async def test_esc_is_for_stopping_while_a_reply_runs() -> None:
    async with bench() as b:
        b.begin("first", said("one"))
        await b.pilot.press("escape")
        assert b.app.stops == 1
        assert not b.posted(TranscriptView.TypingRequested)


async def test_what_is_pasted_while_reading_goes_to_the_composer() -> None:
    async with bench() as b:
        b.view.post_message(events.Paste("two\nlines"))
        await b.until(lambda: bool(b.posted(TranscriptView.TypingRequested)))
        assert b.posted(TranscriptView.TypingRequested)[0].character == "two\nlines"


async def test_focus_begins_at_the_last_message_in_view() -> None:
    async with bench() as b:
        b.app.set_focus(None)
        b.turn("first", said("one"))
        b.view.focus()
        await b.pilot.pause()
        assert b.view.focused_message_id == "reply-1"
        assert b.rows()[b.row_of("one")].startswith("▌")
        b.app.set_focus(None)
        await b.pilot.pause()
        assert "▌" not in b.screen()


async def test_who_comes_back_to_read_begins_at_the_newest_reply() -> None:
    async with bench() as b:
        b.turn("first", said("one"))
        await b.pilot.press("up", "up")
        assert b.view.focused_message_id == "user-1"
        b.app.set_focus(None)
        await b.pilot.pause()
        b.view.focus()
        await b.pilot.pause()
        assert b.view.focused_message_id == "user-1"
        b.app.set_focus(None)
        await b.pilot.pause()
        b.turn("second", said("two"), number=2)
        b.view.focus()
        await b.pilot.pause()
        assert b.view.focused_message_id == "reply-2"


async def test_no_key_acts_on_a_message_that_nobody_sees() -> None:
    async with bench(height=10) as b:
        b.turn("first", said(lines(30)))
        b.view.focus_message("user-1")
        b.app.set_focus(None)
        await b.pilot.pause()
        assert "first" not in b.screen()
        b.view.focus()
        await b.pilot.pause()
        assert b.view.focused_message_id == "reply-1"


async def test_ten_thousand_messages_open_without_being_made() -> None:
    many = [message(number, f"text {number}\n\nmore") for number in range(10_000)]
    async with bench() as b:
        b.show_messages(many)
        assert "text 9999" in b.screen()
        assert len(b.view.viewport.timeline._entries) < 20
        await b.pilot.press("home")
        assert b.rows()[1] == "▎ text 0"
        assert len(b.view.viewport.timeline._entries) < 40
        b.view.apply([MessageAdded(message(10_000, "the newest"))])
        await b.pilot.press("end")
        assert "the newest" in b.screen()


async def test_a_delta_touches_the_rows_in_view_and_no_more() -> None:
    async with bench(height=20) as b:
        b.show_messages([message(number, lines(5)) for number in range(10_000)])
        b.view.apply([DraftOpened(ChatMessage("d", None, Role.ASSISTANT, (), AT, MODEL))])
        b.view.apply([PartOpened("d", 0, TextPart(""))])
        b.view.apply([PartAppended("d", 0, lines(100))])
        made_before = set(b.view.viewport.timeline._entries)
        paint = SectionRun._paint
        with patch.object(SectionRun, "_paint", autospec=True, side_effect=paint) as painted:
            for number in range(10):
                b.view.apply([PartAppended("d", 0, f"\n\nmore {number}")])
        assert set(b.view.viewport.timeline._entries) <= made_before
        assert 10 <= painted.call_count <= 40


async def test_entries_far_from_the_reader_are_let_go() -> None:
    async with bench(height=30) as b:
        b.show_messages([message(number, f"text {number}") for number in range(1000)])
        b.view.scroll_to_start()
        while not b.follows():
            b.view.scroll_by_page(1)
            assert len(b.view.viewport.timeline._entries) <= 120
        assert "text 999" in b.screen()


def test_every_binding_has_an_id() -> None:
    bindings = [made for made in TranscriptView.BINDINGS if isinstance(made, Binding)]
    assert len(bindings) == len(TranscriptView.BINDINGS)
    assert all((made.id or "").startswith("transcript.") for made in bindings)
