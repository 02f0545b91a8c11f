"""What a conversation looks like: authors, parts, endings, dividers."""

import time
from dataclasses import replace

import pytest

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.stream_events import (
    Interruption,
    ModelSelected,
    ReasoningDelta,
    RefusalDelta,
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    ToolCallDelta,
    ToolCallStarted,
)
from chatapp.core.usage import Timing
from tests.ui.transcript.view.transcript_bench import AT, OTHER, bench, message, said

END = ReplyClosed(Timing(None, 0, 0))
NOW = time.strftime("%H:%M", time.localtime(AT))


async def test_author_and_time_stand_above_the_text() -> None:
    async with bench() as b:
        b.turn("# not a *heading*", said("an answer"))
        assert [row for row in b.rows() if row] == [
            f"▎ You  {NOW}",
            "▎ # not a *heading*",
            f"  model-a  {NOW}",
            "  an answer",
        ]


async def test_a_reply_with_nothing_yet_waits_quietly() -> None:
    async with bench() as b:
        b.begin("hi")
        assert b.rows()[4] == "  …"
        b.play(said("now"))
        assert b.rows()[4] == "  now"


async def test_reasoning_is_one_line_that_tells_of_the_latest_thought() -> None:
    async with bench() as b:
        b.begin("hi", ReasoningDelta("First this.\nThen "), ReasoningDelta("that, I think"))
        assert b.rows()[4] == "  ▸ Reasoning… Then that, I think"
        b.play(said("So."))
        assert b.rows()[4:7] == ["  ▸ Reasoned · 6 words", "", "  So."]


async def test_reasoning_in_chinese_is_counted_in_characters() -> None:
    async with bench() as b:
        b.turn("hi", ReasoningDelta("先想一想"), said("好"))
        assert "▸ Reasoned · 4 characters" in b.screen()


async def test_a_tool_call_shows_its_name_and_growing_arguments() -> None:
    async with bench() as b:
        b.begin("hi", ToolCallStarted(0, "", ""), ToolCallDelta(0, '{"city":'))
        assert b.rows()[4:6] == ["  ▾ ● tool call  8 B", "  │ city"]
        b.play(ToolCallStarted(0, "call_1", "get_weather"), ToolCallDelta(0, ' "Paris"}'))
        assert b.rows()[4:6] == ["  ▾ ● get_weather  17 B · complete", "  │ city  Paris"]


async def test_a_refusal_is_shown() -> None:
    async with bench() as b:
        b.turn("hi", RefusalDelta("I must decline."))
        assert "▌ I must decline." in b.screen()


async def test_endings_other_than_stop_are_said() -> None:
    async with bench() as b:
        b.begin("hi", said("par"))
        b.play(ResponseInterrupted(Interruption.STOPPED), END)
        assert "■ stopped · F6 continue" in b.screen()
        b.begin("hi", said("par"), number=2)
        b.play(ResponseFinished("length"), END)
        assert "■ cut at the token limit · F6 continue" in b.screen()
        b.begin("hi", number=3)
        b.play(ResponseFinished("stop"), END)
        assert "■ the reply was empty" in b.screen()


async def test_stop_is_nothing_to_talk_about() -> None:
    async with bench() as b:
        b.turn("hi", said("fine"))
        assert "■" not in b.screen()


async def test_a_failure_tells_what_happened_and_what_to_do() -> None:
    failure = Failure(
        FailureKind.RATE_LIMITED,
        "The server asks for fewer requests.",
        next_step="Wait a little.",
        actions=("retry", "model", "system"),
        status=429,
        server_words="slow\x1b[31m down\nplease",
        request_id="req_7",
        retry_after_s=20,
    )
    async with bench() as b:
        b.begin("hi")
        b.play(ResponseInterrupted(failure), END)
        assert b.rows()[4:10] == [
            "  ✗ The server asks for fewer requests.",
            "    status 429 · request req_7 · asks to wait 20 s",
            "    │ slow␛[31m down",
            "    │ please",
            "  → Wait a little.",
            "    F5 retry · Ctrl+L model · /system",
        ]


async def test_a_sign_stands_once_before_words_that_are_wrapped() -> None:
    failure = Failure(
        FailureKind.CUT,
        "The reply was cut off before its end.",
        next_step="Let it go on, or try again later.",
        actions=("continue",),
    )
    async with bench(width=30) as b:
        b.begin("hi", said("one"))
        b.play(ResponseInterrupted(failure), END)
        assert b.rows()[6:12] == [
            "  ✗ The reply was cut off",
            "    before its end.",
            "  → Let it go on, or try",
            "    again later.",
            "    F6 continue",
            "",
        ]


async def test_a_web_page_in_place_of_an_answer_is_cut() -> None:
    failure = Failure(FailureKind.NOT_AN_API, "That is no API.", server_words="<p>x</p>\n" * 5000)
    async with bench() as b:
        b.begin("hi")
        b.play(ResponseInterrupted(failure), END)
        assert b.view.virtual_size.height < 200


async def test_a_cut_reply_can_be_continued_in_place() -> None:
    async with bench() as b:
        b.begin("hi", said("one "))
        cut = Failure(FailureKind.CUT, "The connection broke.")
        b.play(ResponseInterrupted(cut), END)
        assert "■ cut off · F6 continue" in b.screen()
        model = b.conversation.model
        b.play(RequestSent("reply-1", "user-1", model, AT), said("two"))
        assert "one two" in b.screen()
        assert "■" not in b.screen()


async def test_a_way_to_continue_is_offered_once() -> None:
    async with bench() as b:
        b.begin("hi", said("one "))
        cut = Failure(FailureKind.CUT, "The connection broke.", actions=("continue",))
        b.play(ResponseInterrupted(cut), END)
        assert b.screen().count("F6 continue") == 1
        assert "■" not in b.screen()


async def test_another_model_is_announced_between_the_messages() -> None:
    async with bench() as b:
        b.play(ModelSelected(OTHER))
        assert "now talking" not in b.screen()
        b.turn("hi", said("hello"))
        b.play(ModelSelected(b.conversation.path[0].model or OTHER))
        assert "now talking" not in b.screen()
        b.play(ModelSelected(type(OTHER)("lab", "model-a")))
        pending = b.rows()
        assert pending[6] == "  ── now talking to lab/model-a ──"
        b.turn("again", said("hello"), number=2)
        assert b.rows()[:8] == pending[:8]
        assert b.screen().count("now talking") == 1


async def test_names_from_outside_cannot_act() -> None:
    async with bench() as b:
        b.play(ModelSelected(type(OTHER)("lab", "evil\x1b]0;title\x07\nname")))
        b.turn("hi\x1b[2J", said("\x1b[31mred"))
        assert "\x1b" not in b.screen()
        assert "evil␛]0;title␇ name" in b.screen()


async def test_showing_anew_gives_the_same_screen() -> None:
    async with bench() as b:
        b.turn("one", ReasoningDelta("hm"), said("# two\n\n- three\n- four"))
        b.begin("five", said("six **sev"), number=2)
        before = b.rows()
        b.show()
        assert b.rows() == before


@pytest.mark.parametrize("at", [1e300, -1e300, float("inf"), float("nan"), 1e12])
async def test_a_time_that_no_calendar_has_is_shown_as_some_time(at: float) -> None:
    async with bench() as b:
        b.show_messages([replace(message(0, "words of a file"), created_at=at)])
        assert b.screen().startswith("▎ You  ")
        assert "words of a file" in b.screen()
