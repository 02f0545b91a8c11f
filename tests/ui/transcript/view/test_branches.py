"""Alternatives of a message: their sign, flipping, and where the reader is afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.geometry import Offset

from chatapp.core.conversation import Conversation
from chatapp.core.messages import RemovedMessage, SiblingPlace
from chatapp.core.stream_events import (
    BranchSelected,
    DeletionUndone,
    MessageDeleted,
    RequestSent,
    ResponseFinished,
    ResponseStarted,
    StreamEvent,
    UserSpoke,
)
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.transcript_view import TranscriptView
from chatapp.ui.transcript.viewport import Viewport
from tests.support.conversations import MODELS, histories
from tests.ui.transcript.view.test_messages_shown import END
from tests.ui.transcript.view.transcript_bench import AT, MODEL, Bench, bench, lines, said

ActionRequested = TranscriptView.ActionRequested
DONE = (ResponseFinished("stop"), END)


def again(b: Bench, number: int, *events: StreamEvent, of: str = "user-1") -> None:
    """Answer a question once more."""
    opening = (RequestSent(f"again-{number}", of, MODEL, AT), ResponseStarted())
    b.play(*opening, *events, *DONE)


def asked(b: Bench) -> list[tuple[str, str]]:
    return [(message.command_name, message.message_id) for message in b.posted(ActionRequested)]


async def test_the_place_stands_on_the_header_of_a_message_with_alternatives() -> None:
    async with bench() as b:
        b.turn("hi", said("one"))
        assert "‹" not in b.screen()
        again(b, 2, said("two"))
        again(b, 3, said("three"))
        assert b.rows()[b.row_of("three") - 1].endswith("‹3/3›")
        assert b.screen().count("‹") == 1
        b.play(BranchSelected("again-2"))
        assert b.rows()[b.row_of("two") - 1].endswith("‹2/3›")
        b.play(MessageDeleted("reply-1"))
        assert b.rows()[b.row_of("two") - 1].endswith("‹1/2›")


async def test_a_conversation_is_shown_with_its_places() -> None:
    async with bench() as b:
        b.turn("hi", said("one"))
        again(b, 2, said("two"))
        before = b.rows()
        b.show()
        assert b.rows() == before
        b.view.show(b.conversation.path, None, MODEL, {"user-1": SiblingPlace(1, 4)})
        assert b.rows()[0].endswith("‹1/4›")


async def test_the_path_below_follows_a_flip() -> None:
    async with bench() as b:
        b.turn("hi", said("one"))
        b.turn("more", said("below one"), number=2)
        again(b, 3, said("other"))
        assert "below one" not in b.screen()
        b.play(BranchSelected("reply-1"))
        assert "below one" in b.screen()
        assert "other" not in b.screen()


async def test_an_edited_question_stands_beside_the_first() -> None:
    async with bench() as b:
        b.turn("hi", said("one"))
        b.play(UserSpoke("user-2", "hello", MODEL, AT, edits="user-1"))
        assert b.rows()[0].endswith("‹2/2›")
        assert b.rows()[1] == "▎ hello"
        assert "one" not in b.screen()


async def test_the_focus_goes_to_the_sibling_and_the_view_does_not_jump() -> None:
    async with bench(height=12) as b:
        b.turn("earlier", said(lines(20, "early")))
        b.turn("hi", said("short"), number=2)
        again(b, 3, said(lines(20, "long")), of="user-2")
        b.play(BranchSelected("reply-2"))
        b.view.focus_message("reply-2")
        at = b.row_of("short")
        assert b.rows()[at - 1].endswith("‹1/2›")
        b.play(BranchSelected("again-3"))
        assert b.view.focused_message_id == "again-3"
        assert b.rows()[at - 1].endswith("‹2/2›")
        assert b.rows()[at] == "▌ long 0"
        assert not b.follows()
        b.play(BranchSelected("reply-2"))
        assert b.view.focused_message_id == "reply-2"
        assert b.rows()[at] == "▌ short"


async def test_a_flip_out_of_sight_comes_into_view() -> None:
    async with bench(height=12) as b:
        b.turn("hi", said("one"))
        again(b, 2, said("two"))
        b.turn("more", said(lines(40)), number=3)
        b.turn("still more", said(lines(40)), number=4)
        b.view.focus_message("again-2")
        assert "two" not in b.screen()
        b.play(BranchSelected("reply-1"))
        assert b.view.focused_message_id == "reply-1"
        assert "▌ one" in b.screen()


async def test_a_reply_made_anew_takes_the_focus_and_is_followed() -> None:
    async with bench(height=12) as b:
        b.turn("hi", said("one"))
        b.view.focus_message("reply-1")
        b.play(RequestSent("again", "user-1", MODEL, AT), ResponseStarted(), said(lines(20)))
        assert b.view.focused_message_id == "again"
        assert b.follows()
        assert "line 19" in b.screen()


async def test_what_follows_a_deleted_message_takes_the_focus() -> None:
    async with bench() as b:
        b.turn("hi", said("one"))
        b.turn("more", said("two"), number=2)
        b.view.focus_message("reply-1")
        removed = RemovedMessage(b.conversation.path[1], ("user-2",), "user-1")
        b.play(MessageDeleted("reply-1"))
        assert b.view.focused_message_id == "user-2"
        b.play(DeletionUndone((removed,), "reply-2"))
        assert b.view.focused_message_id == "user-2"
        assert "one" in b.screen()
        for message_id in ("reply-2", "user-2", "reply-1", "user-1"):
            b.view.focus_message(message_id)
            b.play(MessageDeleted(message_id))
        assert b.view.focused_message_id is None
        assert b.screen().strip() == ""


@pytest.mark.parametrize(
    ("cell", "command"), [(0, "previous-branch"), (1, "previous-branch"), (4, "next-branch")]
)
async def test_a_click_on_the_place_flips(cell: int, command: str) -> None:
    async with bench() as b:
        b.turn("hi", said("one"))
        again(b, 2, said("two"))
        y = b.row_of("‹2/2›")
        x = b.rows()[y].index("‹")
        b.view.focus_message("user-1")
        await b.pilot.click(TranscriptView, offset=Offset(x + cell, y))
        assert asked(b) == [(command, "again-2")]
        await b.pilot.click(TranscriptView, offset=Offset(x - 1, y))
        assert len(asked(b)) == 1
        await b.pilot.double_click(TranscriptView, offset=Offset(x + cell, y))
        assert asked(b)[1:] == [(command, "again-2")] * 2
        assert b.view.text_selection is None


async def test_a_place_that_does_not_fit_is_not_clicked() -> None:
    async with bench(width=14) as b:
        b.turn("hi", said("one"))
        again(b, 2, said("two"))
        y = b.row_of("two") - 1
        assert b.rows()[y].endswith("…")
        await b.pilot.click(TranscriptView, offset=Offset(12, y))
        assert asked(b) == []


@given(histories(), st.integers(0, 9))
def test_the_focus_stays_on_the_path_and_the_rows_are_those_of_its_messages(
    events: list[StreamEvent], chosen: int
) -> None:
    palette = Palette.from_theme({}, is_dark=True)
    conversation, viewport = Conversation(MODELS[0]), Viewport(lambda name: name)
    viewport.height = 8
    viewport.timeline.lay_out(40, palette, Style())
    for event in events:
        viewport.apply(conversation.apply(event))
        viewport.settle()
        viewport.paint(40, palette, Style(), None, shows_focus=True)
        length = len(conversation.path)
        if viewport.focus.message_id is None and length:
            viewport.focus.message_id = conversation.path[chosen % length].message_id
        assert (viewport.focus.index is None) == (length == 0)
        assert bool(viewport.places) == bool(length)
        assert all(line < viewport.timeline.measure(entry) for entry, line in viewport.places)
