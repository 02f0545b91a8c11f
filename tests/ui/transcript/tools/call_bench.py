"""A transcript whose tool calls tell the time of a clock that a test turns."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from textual.app import ComposeResult

from chatapp.core.messages import ToolStatus
from chatapp.core.stream_events import (
    ReplyClosed,
    ResponseFinished,
    StreamEvent,
    ToolCallDelta,
    ToolCallStarted,
    ToolFinished,
)
from chatapp.core.usage import Timing
from chatapp.ui.transcript.transcript_view import TranscriptView
from tests.ui.transcript.view.transcript_bench import Bench, TranscriptApp

END: Sequence[StreamEvent] = (ResponseFinished("stop"), ReplyClosed(Timing(None, 0, 0)))
CALLS = ResponseFinished("tool_calls")


class ClockApp(TranscriptApp):
    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def compose(self) -> ComposeResult:
        yield TranscriptView(key_of=lambda name: f"<{name}>", clock=lambda: self.now)


@asynccontextmanager
async def clock_bench(width: int = 60, height: int = 24) -> AsyncIterator[tuple[Bench, ClockApp]]:
    app = ClockApp()
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        made = Bench(app, pilot)
        made.view.focus()
        await pilot.pause()
        yield made, app


def call(
    name: str, arguments: object, *, index: int = 0, call_id: str = "", step: int = 5
) -> list[StreamEvent]:
    """A call whose arguments come in fragments of `step` characters."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    events: list[StreamEvent] = [ToolCallStarted(index, call_id or f"c{index}", name)]
    events += [
        ToolCallDelta(index, text[place : place + step]) for place in range(0, len(text), step)
    ]
    return events


def finished(content: str, status: ToolStatus = ToolStatus.FINISHED) -> ToolFinished:
    return ToolFinished("c0", content, status, 0.8)
