"""What the status bar tells: the figures of the running or the last response, put into words."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import assert_never

from chatapp.core.bar_charts import gauge
from chatapp.core.changes import Phase
from chatapp.core.context import WARNING_SHARE, ContextFill, ContextWindow
from chatapp.core.messages import Ending, ModelRef
from chatapp.core.safe_text import safe_line
from chatapp.core.usage import Timing, Usage
from chatapp.ui.cost import Cost

STALL_S = 8.0
"""A silence longer than this, in seconds, is told."""

GAUGE_CELLS = 5
"""The width of the context gauge between its ends."""


@dataclass(frozen=True, slots=True)
class ContextFigure:
    """How full a model's context window is."""

    model: ModelRef
    fill: ContextFill
    window: ContextWindow

    def with_reply(self, tokens: int) -> "ContextFigure":
        """The same while a reply streams of which so many tokens have come."""
        return replace(self, fill=self.fill.with_reply(tokens)) if tokens else self


@dataclass(frozen=True, slots=True)
class StatusFigures:
    """Everything the status bar may show.

    While a turn runs, `timing` is the meter's and `estimated_tokens` what arrived so far;
    afterwards they belong to the last response. `silence_s` is how long nothing was heard.
    """

    model: ModelRef
    phase: Phase = Phase.IDLE
    phase_detail: str = ""
    timing: Timing | None = None
    usage: Usage | None = None
    estimated_tokens: int = 0
    silence_s: float = 0.0
    cost: Cost | None = None
    finish_reason: str | None = None
    ending: Ending | None = None
    context: ContextFigure | None = None


class Rank(IntEnum):
    """How dearly a figure is kept when the line gets narrow; the highest goes first."""

    WARNING = 0
    SPEED = 1
    TOKENS = 2
    CONTEXT = 3
    TTFT = 4
    COST = 5
    TOTAL = 6
    REASONING = 7
    CACHED = 8


@dataclass(frozen=True, slots=True)
class StatusItem:
    """One figure as shown."""

    text: str
    rank: Rank

    @property
    def is_warning(self) -> bool:
        """Whether it is one that a person should notice."""
        return self.rank is Rank.WARNING


def phase_text(figures: StatusFigures) -> str:
    """What is going on, in a few words."""
    if figures.phase.is_busy and figures.silence_s >= STALL_S:
        return f"no bytes for {figures.silence_s:.0f} s"
    elapsed = f" {figures.timing.elapsed_s:.1f} s" if figures.timing else ""
    detail = safe_line(figures.phase_detail)
    match figures.phase:
        case Phase.IDLE:
            return _ending_text(figures)
        case Phase.AWAITING_APPROVAL:
            return figures.phase
        case Phase.WAITING | Phase.REASONING | Phase.ANSWERING | Phase.RUNNING_TOOL:
            return f"{figures.phase}{elapsed}"
        case Phase.RETRYING:
            return f"retrying: {detail}" if detail else "retrying"
        case Phase.READING_PROMPT | Phase.CALLING_TOOL:
            return f"{figures.phase} {detail}".rstrip()
        case _:
            assert_never(figures.phase)


def _ending_text(figures: StatusFigures) -> str:
    match figures.ending:
        case None | Ending.FINISHED:
            return f"ended: {_odd_finish(figures)}" if _odd_finish(figures) else "ready"
        case Ending.STOPPED:
            return "stopped"
        case Ending.CUT:
            return "cut off"
        case Ending.INTERRUPTED:
            return "interrupted"
        case Ending.FAILED:
            return "failed"
        case _:
            assert_never(figures.ending)


def _odd_finish(figures: StatusFigures) -> str:
    """The finish reason where it is not the usual one."""
    reason = safe_line(figures.finish_reason or "")
    return "" if reason in ("stop", "tool_calls") else reason


def needs_attention(figures: StatusFigures) -> bool:
    """Whether the phase is one that a person should notice."""
    if figures.phase.is_busy:
        return figures.silence_s >= STALL_S or figures.phase is Phase.RETRYING
    is_broken_off = figures.ending in (Ending.CUT, Ending.FAILED, Ending.INTERRUPTED)
    return is_broken_off or bool(_odd_finish(figures))


def status_items(figures: StatusFigures) -> tuple[StatusItem, ...]:
    """Put the figures into words, in the order in which they stand on the line.

    Reported values are plain, estimates begin with `~`. While a turn runs the numbers are
    padded, so that they stand still.
    """
    items = [*_context_items(figures), *_token_items(figures), *_speed_items(figures)]
    if figures.cost is not None:
        items.append(StatusItem(str(figures.cost), Rank.COST))
    return tuple(items)


def _context_items(figures: StatusFigures) -> list[StatusItem]:
    if figures.context is None:
        return []
    fill, share = figures.context.fill, figures.context.fill.share_of(figures.context.window)
    mark = "~" if fill.is_estimated else ""
    text = f"ctx \u2595{gauge(share, GAUGE_CELLS)}\u258f {mark}{share:.0%}"
    return [StatusItem(text, Rank.WARNING if share >= WARNING_SHARE else Rank.CONTEXT)]


def _token_items(figures: StatusFigures) -> list[StatusItem]:
    usage = figures.usage
    if usage is None:
        if not figures.estimated_tokens:
            return []
        return [StatusItem(f"~{figures.estimated_tokens:,} out".rjust(10), Rank.TOKENS)]
    mark = "~" if usage.is_estimated else ""
    counts = f"{mark}{usage.prompt_tokens:,} in, {mark}{usage.completion_tokens:,} out"
    items = [StatusItem(counts, Rank.TOKENS)]
    if usage.reasoning_tokens:
        items.append(StatusItem(f"{mark}{usage.reasoning_tokens:,} reasoning", Rank.REASONING))
    if usage.cached_tokens:
        items.append(StatusItem(f"{mark}{usage.cached_tokens:,} cached", Rank.CACHED))
    items.append(StatusItem(f"{mark}{usage.total_tokens:,} total", Rank.TOTAL))
    return items


def _speed_items(figures: StatusFigures) -> list[StatusItem]:
    timing, usage = figures.timing, figures.usage
    if timing is None or timing.ttft_s is None:
        return []
    items: list[StatusItem] = []
    is_reported = usage is not None and not usage.is_estimated
    tokens = usage.completion_tokens if usage is not None else figures.estimated_tokens
    speed = timing.tokens_per_second(tokens)
    if speed is not None:
        text = f"{'' if is_reported else '~'}{speed:.1f} tok/s"
        width = len("~100.0 tok/s") if figures.phase.is_busy else 0
        items.append(StatusItem(text.rjust(width), Rank.SPEED))
    items.append(StatusItem(f"TTFT {timing.ttft_s:.2f} s", Rank.TTFT))
    return items
