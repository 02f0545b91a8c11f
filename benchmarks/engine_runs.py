"""What the session, the pump and the transcript cost by themselves, in this process.

The app is headless and a provider hands out the tokens. Every frame brings `FRAME_TOKENS`, and
is painted before the next one begins, so that what is measured is work and not waiting. All
times are processor time.
"""

import asyncio
import gc
import statistics
import time
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult

from benchmarks.reply_text import split_tokens
from chatapp.core.changes import Change, PartAppended
from chatapp.core.messages import ModelRef
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseFinished,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from chatapp.core.usage import Usage
from chatapp.session.chat_session import ChatSession
from chatapp.ui.change_pump import ChangePump
from chatapp.ui.transcript.transcript_view import TranscriptView

FRAME_TOKENS = 8

_MODEL = ModelRef("bench", "bench")
_SETTLING_FRAMES = 10
_SIZE = (120, 40)


class _TokenProvider:
    """Replies with `tokens`; `after_frame` is awaited whenever a frame's worth was handed out."""

    endpoint_names = ("bench",)

    def __init__(self) -> None:
        self.tokens: Sequence[str] = ()
        self.after_frame: Callable[[], Awaitable[None]] | None = None

    def provider(self, endpoint: str) -> "_TokenProvider":
        """The one provider there is."""
        return self

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Yield a frame's tokens in a batch."""
        yield [ResponseStarted()]
        for start in range(0, len(self.tokens), FRAME_TOKENS):
            yield [TextDelta(token) for token in self.tokens[start : start + FRAME_TOKENS]]
            if self.after_frame is not None:
                await self.after_frame()
        yield [UsageReported(Usage(1, 1, 2)), ResponseFinished("stop")]

    async def list_models(self) -> tuple[str, ...]:
        """The one model there is."""
        return (_MODEL.model,)

    async def close(self) -> None:
        """Nothing is open."""


class _TranscriptApp(App[None]):
    def compose(self) -> ComposeResult:
        yield TranscriptView(key_of=lambda name: name)


class Engine:
    """A session whose conversation a transcript shows, once `show` was called."""

    def __init__(self, view: TranscriptView) -> None:
        self.view = view
        self._provider = _TokenProvider()
        self.session = ChatSession(self._provider, _MODEL)
        self._pump = ChangePump(self._deliver, view.call_after_refresh)
        self._emitted = self._delivered = 0
        self._frame_costs_s: list[float] = []
        self._frame_began_at = 0.0

    async def fill(self, messages: int, reply: Sequence[str] = ("Yes. ",)) -> None:
        """Say and answer until there are `messages` more."""
        self._provider.tokens, self._provider.after_frame = reply, None
        for number in range(messages // 2):
            self.session.send(f"Question {number}?")
            await self.session.wait()

    def show(self) -> None:
        """Show the conversation from now on."""
        self.view.show(self.session.conversation.path, None, _MODEL)
        self.session.subscribe(self._listen)

    async def stream(self, tokens: Sequence[str]) -> list[float]:
        """Stream a reply frame by frame; returns what each frame took, in seconds."""
        self._provider.tokens, self._provider.after_frame = tokens, self._end_frame
        self._frame_costs_s = []
        self.session.send("Go on.")
        self._frame_began_at = time.process_time()
        await self.session.wait()
        await self.painted()
        return self._frame_costs_s

    async def painted(self) -> None:
        """Return when what was delivered is on the screen."""
        painted = asyncio.get_running_loop().create_future()
        self.view.call_after_refresh(painted.set_result, None)
        await painted

    def _listen(self, changes: Sequence[Change]) -> None:
        self._emitted += _length(changes)
        self._pump.push(changes)

    def _deliver(self, changes: Sequence[Change], is_painted: bool) -> None:
        self._delivered += _length(changes)
        self.view.apply(changes, is_painted=is_painted)

    async def _end_frame(self) -> None:
        self._pump.flush()
        while self._delivered < self._emitted:  # noqa: ASYNC110 - the pump tells nobody
            await asyncio.sleep(0.001)
        await self.painted()
        now = time.process_time()
        self._frame_costs_s.append(now - self._frame_began_at)
        self._frame_began_at = now


def _length(changes: Sequence[Change]) -> int:
    return sum(len(change.text) for change in changes if isinstance(change, PartAppended))


@asynccontextmanager
async def engine() -> AsyncIterator[Engine]:
    """A headless app with an engine."""
    app = _TranscriptApp()
    async with app.run_test(size=_SIZE):
        yield Engine(app.query_one(TranscriptView))


async def token_cost_s(tokens: Sequence[str], messages_before: int = 0, opening: str = "") -> float:
    """What one of `tokens` costs in a reply that begins with `opening`, after a conversation."""
    async with engine() as measured:
        await measured.fill(messages_before)
        measured.show()
        await measured.stream(tokens[: _SETTLING_FRAMES * FRAME_TOKENS])
        gc.collect()
        begun = [opening, *tokens[: FRAME_TOKENS - 1]] if opening else []
        costs_s = await measured.stream([*begun, *tokens])
        return sum(costs_s[1 if begun else 0 :]) / len(tokens)


async def frame_cost_s(line: str, lines: int, opening: str = "", frames: int = 60) -> float:
    """The median cost of a frame at the end of a block that has `lines` times `line` already."""
    async with engine() as measured:
        measured.show()
        growth = split_tokens(line * frames * FRAME_TOKENS)[: frames * FRAME_TOKENS]
        costs_s = await measured.stream([opening + line * lines, *growth])
        return statistics.median(costs_s[_SETTLING_FRAMES:])


async def opening_s(messages: int, times: int = 7) -> float:
    """The median time to show a conversation of so many messages."""
    async with engine() as measured:
        await measured.fill(messages, split_tokens("A short answer, with **bold** words. " * 3))
        path = measured.session.conversation.path
        took_s = []
        for _ in range(times):
            measured.view.show((), None, _MODEL)
            await measured.painted()
            gc.collect()
            began_at = time.process_time()
            measured.view.show(path, None, _MODEL)
            await measured.painted()
            took_s.append(time.process_time() - began_at)
        return statistics.median(took_s)


async def memory_ratio(reply: Sequence[str], replies: int) -> float:
    """Bytes that finished messages take in session and transcript, per byte of their text."""
    async with engine() as measured:
        measured.show()
        await measured.fill(4, reply)
        await measured.painted()
        gc.collect()
        tracemalloc.start()
        await measured.fill(2 * replies, reply)
        await measured.painted()
        gc.collect()
        size, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size / (replies * sum(len(token.encode()) for token in reply))
