"""A summary stands for what came before it: its own look, folded, and how to be rid of it."""

from chatapp.core.stream_events import (
    Interruption,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    StreamEvent,
)
from chatapp.ui.transcript.transcript_view import TranscriptView
from tests.ui.transcript.view.test_messages_shown import END, NOW
from tests.ui.transcript.view.transcript_bench import AT, MODEL, Bench, bench, said


def summarise(b: Bench, *events: StreamEvent) -> None:
    b.turn("hi", said("one"))
    opening = RequestSent("summary", "reply-1", MODEL, AT, is_summary=True)
    b.play(opening, ResponseStarted(), *events)


async def test_a_summary_says_what_it_is_doing_while_it_comes() -> None:
    async with bench() as b:
        summarise(b)
        row = b.rows()[b.row_of("Summarising")]
        assert row.startswith(f"  ── Summarising…  model-a  {NOW} ──")
        b.play(said("They greeted\neach other"))
        assert "▸ each other" in b.screen()


async def test_a_finished_summary_is_folded_and_tells_how_to_be_rid_of_it() -> None:
    async with bench() as b:
        summarise(b, said("They **greeted**\n\neach other"), ResponseFinished("stop"), END)
        y = b.row_of("Summary of what came before")
        assert b.rows()[y].endswith("─")
        assert len(b.rows()[y]) == 58
        assert b.rows()[y + 1] == "  ▸ 4 words"
        assert "Delete it (d) to bring all back." in " ".join(b.screen().split())
        await b.pilot.press("enter")
        assert "│ They greeted" in b.screen()
        await b.pilot.press("space")
        assert "│ They greeted" not in b.screen()


async def test_a_summary_is_dimmer_than_what_was_said() -> None:
    async with bench() as b:
        summarise(b, said("They met"), ResponseFinished("stop"), END)
        await b.pilot.press("enter")
        strips = b.view.render_lines(b.view.size.region)
        colours = {
            segment.text.strip(): segment.style.color
            for strip in strips
            for segment in strip
            if segment.style
        }
        assert colours["They met"] != colours["one"]


async def test_a_summary_that_broke_off_replaces_nothing_and_says_so() -> None:
    async with bench() as b:
        summarise(b, said("They"), ResponseInterrupted(Interruption.STOPPED), END)
        assert "── Unfinished summary" in b.screen()
        assert b.rows()[b.row_of("■")] == "  ■ stopped"
        assert "It is not used" in b.screen()
        assert "bring all back" not in b.screen()


async def test_a_summary_is_found_and_copied_like_any_text() -> None:
    async with bench() as b:
        summarise(b, said("a *treasure*"), ResponseFinished("stop"), END)
        b.view.find("treasure")
        assert b.view.match_count == 1
        assert "│ a treasure" in b.screen()
        b.view.focus_message("summary")
        b.view.action_copy_message()
        await b.pilot.pause()
        assert [m.text for m in b.posted(TranscriptView.CopyRequested)] == ["a *treasure*"]


async def test_a_summary_offers_no_keys_that_need_a_question() -> None:
    async with bench() as b:
        summarise(b, said("They met"), ResponseFinished("stop"), END)
        b.view.focus_message("summary")
        await b.pilot.pause()
        hints = b.posted(TranscriptView.KeysChanged)[-1].hints
        assert [key for key, _does in hints] == ["y", "Enter", "d", "f", "Y", "/", "i"]


async def test_a_summary_fits_a_narrow_screen() -> None:
    async with bench(width=24) as b:
        summarise(b, said("short"), ResponseFinished("stop"), END)
        assert all(len(row) <= 24 for row in b.rows())
        assert "── Summary of what" in b.screen()
