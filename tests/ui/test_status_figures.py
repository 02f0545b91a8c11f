from dataclasses import replace
from decimal import Decimal

import pytest

from chatapp.core.changes import Phase
from chatapp.core.messages import Ending, ModelRef
from chatapp.core.usage import Timing, Usage
from chatapp.ui.cost import Cost
from chatapp.ui.status_figures import StatusFigures, needs_attention, phase_text, status_items

MODEL = ModelRef("deepseek", "deepseek-chat")
TIMING = Timing(ttft_s=0.42, generation_s=4.0, elapsed_s=4.5)
USAGE = Usage(1234, 401, 1635, cached_tokens=1024, reasoning_tokens=210)


def texts(figures: StatusFigures) -> list[str]:
    return [item.text.strip() for item in status_items(figures)]


@pytest.mark.parametrize(
    ("phase", "detail", "expected"),
    [
        (Phase.IDLE, "", "ready"),
        (Phase.WAITING, "", "waiting 4.5 s"),
        (Phase.REASONING, "", "reasoning 4.5 s"),
        (Phase.ANSWERING, "", "answering 4.5 s"),
        (
            Phase.RETRYING,
            "503; attempt 2 in 4 s",
            "retrying: 503; attempt 2 in 4 s",
        ),
        (Phase.READING_PROMPT, "210/900", "reading prompt 210/900"),
        (Phase.CALLING_TOOL, "weather\x1b[2J", "calling tool weather␛[2J"),
    ],
)
def test_every_phase_is_told(phase: Phase, detail: str, expected: str) -> None:
    assert phase_text(StatusFigures(MODEL, phase, detail, TIMING)) == expected


@pytest.mark.parametrize(
    ("ending", "finish_reason", "expected", "is_alarming"),
    [
        (None, None, "ready", False),
        (Ending.FINISHED, "stop", "ready", False),
        (Ending.FINISHED, "tool_calls", "ready", False),
        (Ending.FINISHED, "length", "ended: length", True),
        (Ending.FINISHED, "content_filter", "ended: content_filter", True),
        (Ending.STOPPED, None, "stopped", False),
        (Ending.CUT, None, "cut off", True),
        (Ending.FAILED, None, "failed", True),
    ],
)
def test_every_ending_is_told(
    ending: Ending | None, finish_reason: str | None, expected: str, is_alarming: bool
) -> None:
    figures = StatusFigures(MODEL, ending=ending, finish_reason=finish_reason)
    assert phase_text(figures) == expected
    assert needs_attention(figures) is is_alarming


def test_a_stall_is_told_from_eight_seconds_on() -> None:
    figures = StatusFigures(MODEL, Phase.ANSWERING, timing=TIMING, silence_s=7.9)
    assert phase_text(figures) == "answering 4.5 s"
    assert phase_text(replace(figures, silence_s=8.0)) == "no bytes for 8 s"
    assert phase_text(replace(figures, phase=Phase.IDLE, silence_s=99)) == "ready"


def test_live_figures_are_estimates() -> None:
    figures = StatusFigures(MODEL, Phase.ANSWERING, timing=TIMING, estimated_tokens=401)
    assert texts(figures) == ["~401 out", "~100.0 tok/s", "TTFT 0.42 s"]


def test_reported_figures_are_plain() -> None:
    figures = StatusFigures(MODEL, timing=TIMING, usage=USAGE, cost=Cost(Decimal("0.0012")))
    assert texts(figures) == [
        "1,234 in, 401 out",
        "210 reasoning",
        "1,024 cached",
        "1,635 total",
        "100.0 tok/s",
        "TTFT 0.42 s",
        "$0.0012",
    ]


def test_estimated_usage_is_marked_everywhere() -> None:
    usage = replace(USAGE, is_estimated=True)
    cost = Cost(Decimal("0.0012"), is_estimated=True)
    figures = StatusFigures(MODEL, timing=TIMING, usage=usage, cost=cost)
    told = [text for text in texts(figures) if not text.startswith("TTFT")]
    assert all(text.startswith("~") for text in told), told


def test_live_numbers_keep_their_width() -> None:
    def widths(tokens: int) -> list[int]:
        figures = StatusFigures(MODEL, Phase.ANSWERING, timing=TIMING, estimated_tokens=tokens)
        return [len(item.text) for item in status_items(figures)]

    assert widths(2) == widths(40) == widths(999) == widths(3_999)


def test_nothing_is_told_before_anything_is_known() -> None:
    assert status_items(StatusFigures(MODEL)) == ()
    waiting = Timing(ttft_s=None, generation_s=0.0, elapsed_s=3.0)
    assert status_items(StatusFigures(MODEL, Phase.WAITING, timing=waiting)) == ()
