"""A tool call on screen, from its first fragment to its folded result."""

import json

import pytest

from chatapp.core.messages import ToolStatus
from chatapp.core.stream_events import (
    Interruption,
    ReplyClosed,
    ResponseInterrupted,
    ResponseStarted,
    ToolApprovalNeeded,
    ToolCallDelta,
    ToolCallStarted,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
)
from chatapp.core.usage import Timing
from chatapp.ui.transcript.transcript_view import TranscriptView
from tests.ui.transcript.tools.call_bench import CALLS, END, call, clock_bench, finished
from tests.ui.transcript.view.transcript_bench import bench, lines, said

CODE = "def main():\n" + "".join(f"    step({number})\n" for number in range(30))


async def test_the_name_is_shown_at_once() -> None:
    async with bench() as b:
        b.begin("hi", ToolCallStarted(0, "c0", "get_weather"))
        assert b.rows()[4] == "  ▾ ● get_weather  0 B"


async def test_arguments_are_read_while_they_arrive() -> None:
    async with bench() as b:
        b.begin("hi", *call("get_weather", '{"city": "\\u5317\\u4eac", "days": 3, "wi', step=1))
        assert b.rows()[4:8] == [
            "  ▾ ● get_weather  39 B",
            "  │ city  北京",
            "  │ days  3",
            "  │ wi",
        ]


async def test_a_long_value_shows_its_end_while_it_grows_and_all_of_it_on_demand() -> None:
    async with bench(height=50) as b:
        b.begin("hi", *call("write_file", {"path": "a.py", "content": CODE}))
        assert "│   … 19 lines above" in b.screen()
        assert "step(17)" not in b.screen()
        assert "step(29)" in b.screen()
        await b.pilot.press("enter")
        assert "def main():" in b.screen()
        await b.pilot.press("enter")
        assert "step(29)" not in b.screen()
        assert "▸ ● write_file(path: a.py, content: …)  454 B · complete" in b.screen()


async def test_code_is_highlighted_and_named() -> None:
    async with bench(height=50) as b:
        b.begin("hi", *call("write_file", {"path": "a.py", "content": CODE}))
        await b.pilot.press("enter")
        assert "│ content · python" in b.screen()
        strip = b.view.render_lines(b.view.size.region)[b.row_of("def main")]
        styles = {segment.text: segment.style for segment in strip}
        assert styles["def"] != styles["main"]


async def test_code_of_a_call_can_be_copied() -> None:
    async with bench(height=50) as b:
        b.begin("hi", *call("run", {"sql": "select 1\nfrom t"}))
        await b.pilot.press("up", "Y")
        copied = b.posted(TranscriptView.CopyRequested)
        assert [(m.text, m.what) for m in copied] == [("select 1\nfrom t", "sql")]


async def test_approval_shows_everything_and_the_keys() -> None:
    async with bench(height=60) as b:
        b.begin("hi", *call("write_file", {"path": "a.py", "content": CODE}), CALLS)
        b.play(ToolApprovalNeeded("c0"))
        assert "? write_file  awaits approval" in b.screen()
        assert all(f"step({number})" in b.screen() for number in range(30))
        assert "│ /allow allow once · /allow-here in this conversation" in b.screen()
        assert "│ /allow-always always · /deny deny" in b.screen()


async def test_the_keys_stay_in_view_among_long_and_parallel_calls() -> None:
    async with bench(height=12) as b:
        b.begin("hi", *call("write", {"content": CODE}), *call("b", {"c": CODE}, index=1), CALLS)
        b.play(ToolApprovalNeeded("c0"))
        assert "step(29)" in b.screen()
        assert "/deny deny" in b.screen()
        assert "▸ ● b(c: def main(): step(0) ste…)  waiting" in b.screen()


async def test_what_needs_approval_cannot_be_folded_away() -> None:
    async with bench() as b:
        b.begin("hi", *call("rm", {"path": "a.py"}))
        await b.pilot.press("enter")
        assert "│ path" not in b.screen()
        b.play(CALLS, ToolApprovalNeeded("c0"))
        assert "│ path  a.py" in b.screen()


async def test_a_running_call_says_its_progress() -> None:
    async with bench() as b:
        b.begin("hi", *call("fetch", {"url": "x"}), CALLS, ToolStarted("c0"))
        assert "▸ ● fetch(url: x)  running" in b.screen()
        b.play(ToolProgressed("c0", "half\x1b way\nsecond line"))
        assert "▸ ● fetch(url: x)  running · half␛ way" in b.screen()
        b.play(ToolProgressed("c0", "read 120 kB of 1.2 MB from the other end"))
        assert "▸ ● fetch  running · read 120 kB of 1.2 MB from the oth…" in b.screen()


async def test_a_finished_call_folds_to_its_summary() -> None:
    async with bench() as b:
        b.begin("hi", *call("get_weather", {"city": "北京"}), CALLS, ToolStarted("c0"))
        b.play(finished("\n晴, 25 °C\nwind: none"))
        assert b.rows()[4:6] == ["  ▸ ✓ get_weather(city: 北京) → 晴, 25 °C · 0.8 s", ""]
        b.play(ResponseStarted(), said("It is sunny."), *END)
        assert b.rows()[4:7] == [
            "  ▸ ✓ get_weather(city: 北京) → 晴, 25 °C · 0.8 s",
            "",
            "  It is sunny.",
        ]


async def test_a_failure_is_called_an_error_once_and_no_time_is_not_told() -> None:
    no_time = ToolFinished("c0", "error: no such place", ToolStatus.FAILED, 0.004)
    async with bench() as b:
        b.begin("hi", *call("look", {"q": 1}), CALLS, no_time, *END)
        assert b.rows()[4] == "  ▸ ✗ look(q: 1) failed: no such place"


@pytest.mark.parametrize(
    ("status", "row"),
    [
        (ToolStatus.FAILED, "  ▸ ✗ look(q: 1) failed: no such place · 0.8 s"),
        (ToolStatus.DENIED, "  ▸ ⊘ look(q: 1) denied · 0.8 s"),
        (ToolStatus.CANCELLED, "  ▸ ⊘ look(q: 1) cancelled · 0.8 s"),
    ],
)
async def test_other_endings_are_said(status: ToolStatus, row: str) -> None:
    async with bench() as b:
        b.begin("hi", *call("look", {"q": 1}), CALLS, finished("no such place", status), *END)
        assert b.rows()[4] == row


async def test_a_call_nobody_answered_is_said() -> None:
    async with bench() as b:
        b.begin("hi", *call("look", '{"q": "half'), ResponseInterrupted(Interruption.STOPPED))
        b.play(ReplyClosed(Timing(None, 0, 0)))
        assert b.rows()[4] == "  ▸ · look(q: half)  never answered"


@pytest.mark.parametrize("key", ["enter", "space", "click", "details"])
async def test_a_folded_call_opens_and_closes_again(key: str) -> None:
    async def toggle() -> None:
        if key == "click":
            await b.pilot.click(TranscriptView, offset=(4, 4))
        elif key == "details":
            b.view.toggle_details()
        else:
            await b.pilot.press(key)

    async with bench() as b:
        b.begin("hi", *call("look", {"q": 1}), CALLS, finished('{"a":[1,"\\u4e2d"]}'), *END)
        assert "→ a: [1, " in b.screen()
        await toggle()
        assert [row.strip("▌ ") for row in b.rows()[4:14]] == [
            "▾ ✓ look · 0.8 s",
            "│ q  1",
            "│ → result · 18 B",
            "│    {",
            '│      "a": [',
            "│        1,",
            '│        "中"',
            "│      ]",
            "│    }",
            "",
        ]
        await toggle()
        assert b.rows()[4][2:].startswith("▸ ✓ look(q: 1)")
        assert "│" not in b.screen()


async def test_a_result_is_no_markdown() -> None:
    async with bench() as b:
        b.begin("hi", *call("look", {}), CALLS, finished("# Title\n\n**bold**\n"), *END)
        b.view.toggle_details()
        assert "│ no arguments" in b.screen()
        assert "│   # Title" in b.screen()
        assert "│   **bold**" in b.screen()


async def test_parallel_calls_have_their_own_blocks() -> None:
    texts = ['{"city": "北京"}', '{"city": "Paris", "days": 2}', "{}"]
    async with bench() as b:
        b.begin("hi", *(ToolCallStarted(index, f"c{index}", f"t{index}") for index in range(3)))
        for place in range(30):
            b.play(
                *(
                    ToolCallDelta(index, text[place])
                    for index, text in enumerate(texts)
                    if place < len(text)
                )
            )
        assert "│ city  北京" in b.screen()
        assert "│ city  Paris\n  │ days  2" in b.screen()
        b.play(CALLS, ToolStarted("c1"), ToolStarted("c0"))
        b.play(ToolFinished("c1", "rain"), ToolFinished("c2", "", ToolStatus.CANCELLED))
        assert b.rows()[4] == "  ▸ ● t0(city: 北京)  running"
        assert "▸ ✓ t1(city: Paris, days: 2) → rain" in b.screen()
        b.play(finished("sun"), *END)
        assert b.rows()[4:7] == [
            "  ▸ ✓ t0(city: 北京) → sun · 0.8 s",
            "  ▸ ✓ t1(city: Paris, days: 2) → rain",
            "  ▸ ⊘ t2() cancelled",
        ]


async def test_a_call_whose_turn_has_not_come_waits() -> None:
    async with bench() as b:
        b.begin("hi", *call("a", {}), *call("b", '{"x": 1, oops', index=1), CALLS)
        b.play(ToolStarted("c0"))
        assert "▸ ● b(x: 1)  waiting" in b.screen()


async def test_invalid_json_is_said_and_shown_as_it_came() -> None:
    async with bench() as b:
        b.begin("hi", *call("look", '{"path": "x", content: 1}'))
        assert "│ path  x" in b.screen()
        assert "│ ⚠ not JSON: expected a key in quotes" in b.screen()
        assert "│   content: 1}" in b.screen()


async def test_hostile_text_cannot_act() -> None:
    evil = "\x1b]0;pwned\x07\u202eevil[red]\x9b31m"
    async with bench(width=100, height=60) as b:
        arguments = {evil: evil, "code": evil + "\n" + evil, "list": [evil, {evil: evil}]}
        b.begin("hi", *call(evil, json.dumps(arguments, ensure_ascii=False), step=1))
        shown = b.screen()
        b.play(CALLS, ToolApprovalNeeded("c0"))
        shown += b.screen()
        b.play(ToolStarted("c0"), ToolProgressed("c0", evil))
        shown += b.screen()
        b.play(finished(evil), *END)
        shown += b.screen()
        b.view.toggle_details()
        shown += b.screen()
        assert not set("\x1b\x07\u202e\x9b") & set(shown)
        assert "[red]" in shown
        assert shown.count("␛]0;pwned") >= 10


async def test_everything_fits_forty_columns() -> None:
    long = "some words that go on and on 和一些中文" * 3
    async with bench(width=40, height=60) as b:
        b.begin("hi", *call("a_tool_with_quite_a_long_name_indeed", {"a_rather_long_key": long}))
        b.play(CALLS, ToolApprovalNeeded("c0"))
        screen = b.screen()
        assert all(strip.cell_length <= 40 for strip in b.view.render_lines(b.view.size.region))
        for name in ("allow", "allow-here", "allow-always", "deny"):
            assert f"/{name} " in screen
        b.play(finished(long), *END)
        assert b.rows()[4].endswith(" · 0.8 s")


async def test_an_answer_to_no_call_stands_by_itself() -> None:
    async with bench() as b:
        b.begin("hi", said("x"), ToolFinished("ghost", "boo"))
        assert "▸ result  boo" in b.screen()


async def test_finding_in_a_folded_result_opens_its_call() -> None:
    async with bench() as b:
        b.begin("hi", *call("look", {"q": 1}), CALLS, finished("first\nneedle here"), *END)
        b.view.find("needle")
        assert b.view.match_count == 1
        assert "│   needle here" in b.screen()


async def test_a_call_that_folds_does_not_move_the_reader() -> None:
    async with bench(height=12) as b:
        b.begin("hi", said(lines(20)), *call("write", {"content": CODE}), CALLS)
        b.play(ToolApprovalNeeded("c0"))
        b.view.scroll_by_page(-1)
        b.view.scroll_by_page(-1)
        b.view.scroll_by_page(-1)
        before = b.rows()[:6]
        b.play(ToolStarted("c0"), finished("ok"))
        assert b.rows()[:6] == before
        b.play(ResponseStarted(), said(lines(20, "more")), *END)
        assert b.rows()[:6] == before


async def test_what_the_reader_folded_stays_folded() -> None:
    async with bench() as b:
        b.begin("hi", *call("look", '{"q": 1, "r'))
        await b.pilot.press("enter")
        b.play(ToolCallDelta(0, '": 2}'), CALLS, ToolStarted("c0"))
        assert "▸ ● look(q: 1, r: 2)  running" in b.screen()
        b.play(finished("ok"), *END)
        assert "▸ ✓ look" in b.screen()


async def test_time_is_told_while_it_passes() -> None:
    async with clock_bench() as (b, app):
        b.begin("hi", *call("look", '{"q": "hal'))
        app.now += 3
        await b.until(lambda: "look  10 B · 3.0 s" in b.screen())
        app.now += 6
        await b.until(lambda: "10 B · 9.0 s · no bytes for 9 s" in b.screen())
        b.play(ToolCallDelta(0, 'f"}'), CALLS)
        assert "no bytes" not in b.screen()
        b.play(ToolStarted("c0"))
        app.now += 1.5
        await b.until(lambda: "look(q: half)  running · 1.5 s" in b.screen())
        turned = b.rows()[4]
        app.now += 0.1
        await b.until(lambda: b.rows()[4] != turned)
        b.play(finished("ok"))
        assert b.rows()[4] == "  ▸ ✓ look(q: half) → ok · 0.8 s"


async def test_nothing_ticks_when_nothing_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async with clock_bench() as (b, _app):
        b.begin("hi", *call("look", {"q": 1}), CALLS, ToolApprovalNeeded("c0"))
        ticks: list[int] = []
        monkeypatch.setattr(b.view, "present", lambda: ticks.append(1))
        await b.pilot.pause(0.35)
        assert not ticks
        b.play(ToolStarted("c0"))
        await b.until(lambda: len(ticks) > 2)
