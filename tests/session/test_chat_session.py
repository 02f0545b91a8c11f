"""The session against a provider that the test scripts event by event."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from chatapp.core.changes import Change, DraftClosed, PartAppended, PathCut, Phase
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import Ending, ModelRef, Role, TextPart
from chatapp.core.ports import ChatRequest, Sampling
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from chatapp.core.usage import Usage
from chatapp.session.chat_session import ChatSession, TurnOptions

Batch = Sequence[ProviderEvent]
MODEL = ModelRef("lab", "model-a")


class ScriptedProvider:
    """Answers each request with the next script; None in a script waits for ever."""

    def __init__(self, *scripts: Sequence[Batch | None]) -> None:
        self.scripts = list(scripts)
        self.requests: list[ChatRequest] = []
        self.open_streams = 0

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Batch, None]:
        self.requests.append(request)
        self.open_streams += 1
        try:
            for batch in self.scripts.pop(0):
                if batch is None:
                    await asyncio.Event().wait()
                else:
                    yield batch
        finally:
            self.open_streams -= 1

    async def list_models(self) -> tuple[str, ...]:
        return ("model-a",)

    async def close(self) -> None:
        return None


class OneEndpoint:
    """A directory with a single endpoint."""

    def __init__(self, provider: ScriptedProvider) -> None:
        self._provider = provider

    @property
    def endpoint_names(self) -> tuple[str, ...]:
        return ("lab",)

    def provider(self, endpoint: str) -> ScriptedProvider:
        return self._provider


def text(*deltas: str) -> list[Batch]:
    return [[ResponseStarted()], *([TextDelta(delta)] for delta in deltas)]


FINISHED: Batch = [ResponseFinished("stop")]


def start(
    *scripts: Sequence[Batch | None], options: TurnOptions | None = None
) -> tuple[ChatSession, ScriptedProvider, list[Change]]:
    provider = ScriptedProvider(*scripts)
    session = ChatSession(OneEndpoint(provider), MODEL, options)
    seen: list[Change] = []
    session.subscribe(seen.extend)
    return session, provider, seen


async def until_text(session: ChatSession, wanted: str) -> None:
    async with asyncio.timeout(5):
        while session.conversation.draft is None or session.conversation.draft.text != wanted:
            await asyncio.sleep(0)


async def test_a_turn_streams_and_finishes() -> None:
    usage = Usage(5, 2, 7)
    session, provider, seen = start([*text("你", "好"), FINISHED, [UsageReported(usage)]])
    assert session.send("问")
    await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert (reply.text, reply.ending, reply.finish_reason) == ("你好", Ending.FINISHED, "stop")
    assert reply.usage == usage
    assert reply.timing is not None
    assert reply.timing.ttft_s is not None
    assert session.conversation.phase is Phase.IDLE
    assert [c.text for c in seen if isinstance(c, PartAppended)] == ["你", "好"]
    assert provider.requests[0].messages[0].text == "问"
    assert provider.open_streams == 0


async def test_no_more_is_read_than_can_be_shown_and_stopping_does_not_wait() -> None:
    provider = ScriptedProvider(text("one ", "two ", "three"))
    room = asyncio.Semaphore(1)
    session = ChatSession(OneEndpoint(provider), MODEL, pace=room.acquire)
    session.send("q")
    await until_text(session, "one ")
    for _ in range(100):
        await asyncio.sleep(0)
    assert session.conversation.draft is not None
    assert session.conversation.draft.text == "one "
    room.release()
    await until_text(session, "one two ")
    assert session.stop()
    async with asyncio.timeout(5):
        await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert (reply.text, reply.ending, provider.open_streams) == ("one two ", Ending.STOPPED, 0)


async def test_usage_is_estimated_and_marked_when_the_server_is_silent() -> None:
    session, _, _ = start([*text("forty characters of text, more or less. "), FINISHED])
    session.send("hello there")
    await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert reply.usage is not None
    assert reply.usage.is_estimated
    assert reply.usage.completion_tokens == 10
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 10


async def test_options_go_with_the_request() -> None:
    options = TurnOptions("Be brief.", Sampling(0.5, 10), is_streamed=False)
    session, provider, _ = start([*text("x"), FINISHED], options=options)
    session.send("q")
    await session.wait()
    request = provider.requests[0]
    assert (request.system, request.sampling, request.is_streamed) == (
        "Be brief.",
        Sampling(0.5, 10),
        False,
    )


async def test_stop_ends_the_turn_at_once_and_closes_the_stream() -> None:
    session, provider, seen = start([*text("partial"), None])
    session.send("q")
    await until_text(session, "partial")
    assert session.stop()
    assert isinstance(seen[-2], DraftClosed)
    reply = session.conversation.last
    assert reply is not None
    assert (reply.text, reply.ending) == ("partial", Ending.STOPPED)
    assert session.conversation.phase is Phase.IDLE
    await session.wait()
    assert provider.open_streams == 0
    assert not session.stop()


async def test_stop_before_anything_ran_leaves_an_empty_stopped_reply_and_no_open_stream() -> None:
    session, provider, _ = start([None])
    session.send("q")
    assert session.stop()
    await session.wait()
    assert provider.open_streams == 0
    reply = session.conversation.last
    assert reply is not None
    assert (reply.parts, reply.ending) == ((), Ending.STOPPED)


async def test_a_message_right_after_a_stop_waits_for_the_old_stream_to_close() -> None:
    session, provider, _ = start([*text("old"), None], [*text("new"), FINISHED])
    session.send("one")
    await until_text(session, "old")
    session.stop()
    session.send("two")
    await session.wait()
    assert provider.open_streams == 0
    assert [m.text for m in session.conversation.path] == ["one", "old", "two", "new"]


async def test_only_one_turn_at_a_time() -> None:
    session, _, _ = start([*text("a"), None])
    session.send("q")
    await until_text(session, "a")
    assert not session.send("another")
    assert not session.retry()
    assert not session.continue_reply()
    await session.close()
    assert len(session.conversation.path) == 2


async def test_a_failure_is_kept_with_what_had_arrived() -> None:
    lost = Failure(FailureKind.CONNECTION_LOST, "The connection broke.", actions=("continue",))
    session, _, _ = start([*text("some"), [ResponseInterrupted(lost)]])
    session.send("q")
    await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert (reply.text, reply.ending, reply.failure) == ("some", Ending.CUT, lost)
    assert session.can_continue


async def test_retry_makes_a_sibling_and_keeps_the_old_reply() -> None:
    session, provider, seen = start([*text("one"), FINISHED], [*text("two"), FINISHED])
    session.send("q")
    await session.wait()
    first = session.conversation.last
    assert session.retry()
    await session.wait()
    second = session.conversation.last
    assert first is not None
    assert second is not None
    assert [m.text for m in session.conversation.path] == ["q", "two"]
    assert session.conversation.siblings(second.message_id) == (first, second)
    assert any(isinstance(change, PathCut) for change in seen)
    assert [m.role for m in provider.requests[1].messages] == [Role.USER]


async def test_continue_adds_to_the_same_reply_and_adds_up_usage() -> None:
    session, provider, _ = start(
        [*text("热力学"), [ResponseFinished("length")], [UsageReported(Usage(39, 10, 49))]],
        [*text("第二定律"), FINISHED, [UsageReported(Usage(49, 5, 54))]],
    )
    session.send("q")
    await session.wait()
    assert session.can_continue
    assert session.continue_reply()
    await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert reply.parts == (TextPart("热力学第二定律"),)
    assert reply.usage == Usage(88, 15, 103)
    assert provider.requests[1].continues_last
    assert provider.requests[1].messages[-1].text == "热力学"
    assert len(session.conversation.path) == 2


async def test_a_finished_reply_cannot_be_continued() -> None:
    session, _, _ = start([*text("done"), FINISHED])
    session.send("q")
    await session.wait()
    assert not session.can_continue
    assert not session.continue_reply()


async def test_a_bug_in_a_provider_ends_the_turn_in_words() -> None:
    class Broken(ScriptedProvider):
        async def stream(self, request: ChatRequest) -> AsyncGenerator[Batch, None]:
            yield [ResponseStarted(), TextDelta("kept")]
            raise RuntimeError("surprise")

    session = ChatSession(OneEndpoint(Broken()), MODEL)
    session.send("q")
    await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert reply.text == "kept"
    assert reply.failure is not None
    assert reply.failure.kind is FailureKind.BUG
    assert session.conversation.phase is Phase.IDLE


async def test_a_model_selected_while_a_reply_streams_serves_the_next_request() -> None:
    other = ModelRef("lab", "model-b")
    session, provider, _ = start([*text("a"), None], [*text("b"), FINISHED])
    session.send("q")
    await until_text(session, "a")
    session.select_model(other)
    session.stop()
    session.send("r")
    await session.wait()
    assert [m.model for m in session.conversation.path] == [MODEL, MODEL, other, other]
    assert [request.model for request in provider.requests] == ["model-a", "model-b"]


class SlowlyClosing(ScriptedProvider):
    """Closing a stream takes until `may_close` is set."""

    def __init__(self, *scripts: Sequence[Batch | None]) -> None:
        super().__init__(*scripts)
        self.may_close = asyncio.Event()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Batch, None]:
        async with aclosing(super().stream(request)) as batches:
            try:
                async for batch in batches:
                    yield batch
            finally:
                await self.may_close.wait()


@pytest.mark.parametrize("rounds", [0, 1])
async def test_a_turn_that_is_stopped_before_it_began_still_waits_for_the_one_before(
    rounds: int,
) -> None:
    provider = SlowlyClosing([*text("one"), None], [*text("three"), FINISHED])
    session = ChatSession(OneEndpoint(provider), MODEL)
    session.send("1")
    await until_text(session, "one")
    session.stop()
    session.send("2")
    for _ in range(rounds):
        await asyncio.sleep(0)
    session.stop()
    session.send("3")
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(provider.requests) == 1
    provider.may_close.set()
    await session.wait()
    assert provider.open_streams == 0
    assert session.conversation.last is not None
    assert session.conversation.last.text == "three"
