"""How much of a reply is taken in, whatever a server sends."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from chatapp.core.errors import Failure
from chatapp.core.stream_events import (
    PromptProgressed,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    RetryScheduled,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolsRefused,
    UsageReported,
)
from chatapp.providers.failures import overlong_failure, too_many_calls_failure, wordless_failure
from chatapp.providers.sse_decoder import MAX_EVENT_BYTES
from chatapp.providers.text_runs import join_text

MAX_CALLS = 128
"""How many tools one response may call; OpenAI's own limit."""


class ReplyBounds:
    """Lets the events of one response through until there are too many.

    `max_characters` is the person's limit for text, reasoning and arguments together; what goes
    beyond it is cut off to the character. A server that sends bytes without a word for
    `wordless_s` seconds, or more than an event may have of them, does not get any further
    either. `failure` says what was too much; once it is set, the response is over.
    """

    def __init__(self, max_characters: int, wordless_s: float, now: float) -> None:
        self._max_characters = self._room = max_characters
        self._wordless_s = wordless_s
        self._wordless_bytes = 0
        self._spoke_at = now
        self.failure: Failure | None = None

    def hear(self, size: int, events: list[ProviderEvent], now: float) -> list[ProviderEvent]:
        """Take note of so many bytes, which came at `now`; return what remains of their events."""
        if events:
            self._wordless_bytes, self._spoke_at = 0, now
            return self.cut(events)
        self._wordless_bytes += size
        silent_s = now - self._spoke_at
        if silent_s > self._wordless_s or self._wordless_bytes > MAX_EVENT_BYTES:
            self.failure = self.failure or wordless_failure(self._wordless_bytes, silent_s)
        return events

    def cut(self, events: Iterable[ProviderEvent]) -> list[ProviderEvent]:
        """Return the events, joined where they can be, without what is too much of them."""
        return [kept for event in join_text(events) for kept in self._cut(event)]

    def _cut(self, event: ProviderEvent) -> Iterator[ProviderEvent]:
        match event:
            case TextDelta(text) | ReasoningDelta(text) | RefusalDelta(text):
                if kept := self._fitting(text):
                    yield event if kept is text else type(event)(kept)
            case ToolCallDelta(_, arguments):
                if kept := self._fitting(arguments):
                    yield replace(event, arguments=kept)
            case ToolCallStarted(index, _, name):
                if index >= MAX_CALLS:
                    self.failure = self.failure or too_many_calls_failure(MAX_CALLS)
                if kept := self._fitting(name):
                    yield replace(event, name=kept)
                elif self.failure is None:
                    yield event
            case ResponseFinished():
                yield event if self.failure is None else ResponseInterrupted(self.failure)
            case (
                PromptProgressed()
                | ResponseInterrupted()
                | ResponseStarted()
                | RetryScheduled()
                | ToolsRefused()
                | UsageReported()
            ):
                yield event
            case _:
                assert_never(event)

    def _fitting(self, text: str) -> str:
        if self.failure is not None:
            return ""
        if len(text) > self._room:
            text = text[: self._room]
            self._overflow()
        self._room -= len(text)
        return text

    def _overflow(self) -> None:
        self.failure = self.failure or overlong_failure(self._max_characters)
