"""The one turn loop: a request goes out, its events come in, and it always ends."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing

from chatapp.core.errors import Failure, FailureKind
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
    UsageReported,
)
from chatapp.core.usage import ResponseMeter, Usage, estimate_tokens

logger = logging.getLogger(__name__)

TOKENS_PER_MESSAGE = 4
"""What a chat template adds around each message, about (OpenAI's cookbook counts 3 to 4)."""


class Turn:
    """One request and its response, handed to `emit` in batches as they arrive.

    The last event of a turn is always ReplyClosed, and it comes exactly once: when the
    response ended, or at once when `stop` is called.
    """

    def __init__(
        self,
        provider: Provider,
        request: ChatRequest,
        emit: Callable[[Sequence[StreamEvent]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._request = request
        self._emit = emit
        self._clock = clock
        self._has_usage = False
        self._has_content = False
        self._is_over = False
        self.meter = ResponseMeter(clock())

    async def run(self) -> None:
        """Stream the response to its end. Cancelling it closes the HTTP response."""
        try:
            async with aclosing(self._provider.stream(self._request)) as batches:
                async for batch in batches:
                    if self._is_over:
                        return
                    self._take(batch)
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
                case _:
                    pass
        if batch:
            self._emit(batch)

    def _end(self, *interruption: ResponseInterrupted) -> None:
        if self._is_over:
            return
        self._is_over = True
        estimate: tuple[StreamEvent, ...] = ()
        if self._has_content and not self._has_usage:
            estimate = (UsageReported(self._estimated_usage()),)
        self._emit((*estimate, *interruption, ReplyClosed(self.meter.timing(self._clock()))))

    def _estimated_usage(self) -> Usage:
        prompt = estimate_prompt_tokens(self._request)
        completion = self.meter.estimated_completion_tokens
        return Usage(prompt, completion, prompt + completion, is_estimated=True)


def estimate_prompt_tokens(request: ChatRequest) -> int:
    """Guess what the request's messages cost, for servers that do not say."""
    tokens = estimate_tokens(request.system)
    for message in request.messages:
        tokens += estimate_tokens(message.text) + TOKENS_PER_MESSAGE
    return round(tokens)


def _bug(error: Exception) -> Failure:
    return Failure(
        kind=FailureKind.BUG,
        summary=f"chatapp failed while it read the reply: {type(error).__name__}.",
        next_step="This is a bug of chatapp; the log file has the details. Try again.",
        actions=("retry",),
        server_words=str(error),
    )
