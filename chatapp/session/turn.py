"""The one turn loop: requests go out, events come in, tools run, and it always ends."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from chatapp.core.context import estimate_prompt_tokens
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import (
    CANCELLED_ANSWER,
    ChatMessage,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.ports import ChatRequest, Provider
from chatapp.core.stream_events import (
    Interruption,
    ReasoningDelta,
    RefusalDelta,
    ReplyClosed,
    ResponseInterrupted,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolFinished,
    UsageReported,
)
from chatapp.core.usage import ResponseMeter, Timing, Usage
from chatapp.session.tool_runner import ToolRunner

logger = logging.getLogger(__name__)

Pace = Callable[[], Awaitable[object]]

ROUNDS_BEFORE_ASKING = 10
"""After so many rounds of tools the person is asked about each call, whatever holds, and by
declining all of them ends the turn."""


class Turn:
    """A question's answer: one response, or several with tools run in between.

    Everything that happens goes to `emit`, in batches. The last event of a turn is always
    ReplyClosed, and it comes exactly once: when the last response ended, or at once when
    `stop` is called. `reply` returns the reply as it stands. The person is asked about every
    call of a model that `is_strange`. No more is read from the provider until `pace` returns.
    """

    def __init__(
        self,
        provider: Provider,
        request: ChatRequest,
        emit: Callable[[Sequence[StreamEvent]], object],
        reply: Callable[[], ChatMessage | None],
        runner: ToolRunner | None = None,
        clock: Callable[[], float] = time.perf_counter,
        *,
        is_strange: bool = False,
        pace: Pace | None = None,
    ) -> None:
        continued = request.messages[-1:] if request.continues_last else ()
        # the model was told that those without an answer are cancelled
        self._former_call_ids = {
            call.tool_call_id for message in continued for call in message.tool_calls
        }
        self._provider = provider
        self._request = self._sent = request
        self._emit = emit
        self._reply = reply
        self._runner = runner
        self._clock = clock
        self._is_strange = is_strange
        self._pace = pace
        self._meters = [ResponseMeter(clock())]
        self._has_usage = False
        self._has_content = False
        self._is_interrupted = False
        self._is_over = False
        self._has_begun = False

    @property
    def meter(self) -> ResponseMeter:
        """The figures of the running response."""
        return self._meters[-1]

    @property
    def has_begun(self) -> bool:
        """Whether there may be a response to close and a tool to stop."""
        return self._has_begun

    async def run(self) -> None:
        """Go on to the end; nothing when it was stopped before.

        Cancelling it closes the HTTP response and stops the tools.
        """
        if self._is_over:
            return
        self._has_begun = True
        try:
            if self._runner is not None:
                tools = await self._runner.declarations()
                self._request = replace(self._request, tools=tools)
            await self._stream(self._request)
            rounds = 0
            while calls := self._calls_to_run():
                rounds += 1
                must_ask = rounds % ROUNDS_BEFORE_ASKING == 0
                await self._run_tools(calls, must_ask=must_ask)
                if must_ask and self._are_all_declined(calls):
                    break
                self._meters.append(ResponseMeter(self._clock()))
                await self._stream(self._follow_up())
        except Exception as error:
            # The one catch-all: whatever went wrong in here, the turn ends on the screen and
            # the text that came stays.
            logger.exception("a turn failed in a way nobody foresaw")
            self._end(ResponseInterrupted(_bug(error)))
        else:
            self._end()

    def stop(self) -> None:
        """End the turn now; what arrived stays, what arrives later is dropped."""
        self._end(ResponseInterrupted(Interruption.STOPPED))

    async def _stream(self, request: ChatRequest) -> None:
        self._sent = request
        self._has_usage = self._has_content = False
        async with aclosing(self._provider.stream(request)) as batches:
            async for batch in batches:
                if self._is_over:
                    return
                self._take(batch)
                if self._pace is not None:
                    await self._pace()
        if not self._is_over:
            self._emit(self._missing_usage())

    def _take(self, batch: Sequence[StreamEvent]) -> None:
        now = self._clock()
        self.meter.heard(now)
        for event in batch:
            match event:
                case TextDelta(text) | ReasoningDelta(text) | RefusalDelta(text):
                    self._has_content = True
                    self.meter.add_delta(text, now)
                case ToolCallDelta(_, arguments):
                    self.meter.add_delta(arguments, now)
                case ToolCallStarted(_, _, name):
                    self._has_content = True
                    self.meter.add_delta(name, now)
                case UsageReported():
                    self._has_usage = True
                case ResponseInterrupted():
                    self._is_interrupted = True
                case _:
                    pass
        if batch:
            self._emit(batch)

    def _calls_to_run(self) -> Sequence[ToolCallPart]:
        reply = self._reply()
        if self._runner is None or self._is_over or self._is_interrupted or reply is None:
            return ()
        calls = reply.unanswered_calls
        return tuple(call for call in calls if call.tool_call_id not in self._former_call_ids)

    async def _run_tools(self, calls: Sequence[ToolCallPart], *, must_ask: bool) -> None:
        if self._runner is not None:
            must_ask = must_ask or self._is_strange
            await self._runner.run_all(calls, self._emit_while_running, must_ask=must_ask)
            # a tool whose task was cancelled by someone else answers nothing
            self._emit_while_running(self._cancellations())

    def _cancellations(self) -> tuple[StreamEvent, ...]:
        """Answers to the calls that have none, so that they never run in a later turn."""
        reply = self._reply()
        return tuple(
            ToolFinished(call.tool_call_id, CANCELLED_ANSWER, ToolStatus.CANCELLED)
            for call in (reply.unanswered_calls if reply else ())
        )

    def _are_all_declined(self, calls: Sequence[ToolCallPart]) -> bool:
        """Whether the person, asked after many rounds, wants the model to go no further."""
        reply = self._reply()
        ids = {call.tool_call_id for call in calls}
        return all(
            part.status is ToolStatus.DENIED
            for part in (reply.parts if reply else ())
            if isinstance(part, ToolResultPart) and part.tool_call_id in ids
        )

    def _emit_while_running(self, events: Sequence[StreamEvent]) -> None:
        if not self._is_over:
            self._emit(events)

    def _follow_up(self) -> ChatRequest:
        """The same request with the reply so far; a forced call is forced once only."""
        request, reply = self._request, self._reply()
        asked = request.messages[:-1] if request.continues_last else request.messages
        messages = (*asked, reply) if reply else asked
        choice = "none" if request.tool_choice == "none" else "auto"
        return replace(request, messages=messages, continues_last=False, tool_choice=choice)

    def _end(self, *cause: ResponseInterrupted) -> None:
        if self._is_over:
            return
        self._is_over = True
        is_broken_off = bool(cause) or self._is_interrupted
        cancelled = self._cancellations() if is_broken_off else ()
        self._emit((*self._missing_usage(), *cancelled, *cause, ReplyClosed(self._timing())))

    def _timing(self) -> Timing:
        """TTFT of the first response, generation of all, elapsed from first to last."""
        now = self._clock()
        first, *others = [meter.timing(now) for meter in self._meters]
        generation_s = first.generation_s + sum(timing.generation_s for timing in others)
        return Timing(first.ttft_s, generation_s, first.elapsed_s)

    def _missing_usage(self) -> tuple[StreamEvent, ...]:
        """An estimate for a response with content whose server told no counts."""
        if self._has_usage or not self._has_content:
            return ()
        self._has_usage = True
        prompt = estimate_prompt_tokens(self._sent)
        completion = self.meter.estimated_completion_tokens
        return (UsageReported(Usage(prompt, completion, prompt + completion, is_estimated=True)),)


def _bug(error: Exception) -> Failure:
    return Failure(
        kind=FailureKind.BUG,
        summary=f"chatapp failed while it made the reply: {type(error).__name__}.",
        next_step="This is a bug of chatapp; the log file has the details. Try again.",
        actions=("retry",),
        server_words=str(error),
    )
