"""The grammar of one response, checked: see `chatapp.core.stream_events`."""

from collections.abc import Sequence
from typing import assert_never

from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.core.stream_events import (
    PromptProgressed,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    RetryScheduled,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolsRefused,
    UsageReported,
    UserSpoke,
)
from chatapp.core.usage import Timing


def assert_legal(events: Sequence[ProviderEvent]) -> None:
    """Assert that the events are one whole response."""
    state = "before"
    calls = 0
    for event in events:
        match event:
            case RetryScheduled() | ToolsRefused():
                assert state == "before"
            case ResponseStarted():
                assert state == "before"
                state = "open"
            case TextDelta(text) | ReasoningDelta(text) | RefusalDelta(text):
                assert state == "open"
                assert text
            case ToolCallStarted(index, tool_call_id):
                assert state == "open"
                assert tool_call_id
                assert 0 <= index <= calls, "indexes are dense"
                calls = max(calls, index + 1)
            case ToolCallDelta(index, arguments):
                assert state == "open"
                assert arguments
                assert 0 <= index < calls, "a delta names a started call"
            case PromptProgressed():
                assert state == "open"
            case UsageReported():
                assert state in ("open", "finished")
                state = "over" if state == "finished" else state
            case ResponseFinished():
                assert state == "open"
                state = "finished"
            case ResponseInterrupted():
                assert state in ("before", "open")
                state = "over"
            case _:
                assert_never(event)
    assert state in ("finished", "over"), f"the response never ended: {events[-3:]}"


def as_message(events: Sequence[ProviderEvent]) -> ChatMessage:
    """The reply that the events make in a conversation."""
    model = ModelRef("test", "test-model")
    conversation = Conversation(model)
    conversation.apply(UserSpoke("user", "Hi", model, at=0.0))
    conversation.apply(RequestSent("reply", "user", model, at=0.0))
    for event in events:
        conversation.apply(event)
    conversation.apply(ReplyClosed(Timing(None, 0.0, 0.0)))
    last = conversation.last
    assert last is not None
    return last
