"""Recorded replies of real providers: whole over a socket, and cut at every kind of place."""

import re
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
)
from chatapp.providers.openai_chat import OpenAIChat, Patience
from chatapp.providers.response_decoder import ResponseDecoder
from tests.support.chat_server import ChatServer, Head, Respond, Send
from tests.support.grammar import as_message, assert_legal
from tests.support.recordings import (
    ErrorRecording,
    Recording,
    error_recordings,
    needs_recordings,
    recordings,
)

pytestmark = needs_recordings

RECORDINGS = recordings()
EVERY_BYTE_BELOW = 6_000
"""Shorter recordings are cut at every byte, longer ones at sampled places."""

REQUEST = ChatRequest("test-model", (ChatMessage("u", None, Role.USER, (TextPart("Hi"),), 0.0),))

each = pytest.mark.parametrize("recording", RECORDINGS, ids=[r.name for r in RECORDINGS])


def decode(pieces: Sequence[bytes]) -> list[ProviderEvent]:
    decoder = ResponseDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.finish()]


def assert_as_expected(events: Sequence[ProviderEvent], recording: Recording) -> None:
    assert_legal(events)
    message, expected = as_message(events), recording.expected
    if "text" in expected:
        assert message.text == expected["text"]
    if "reasoning" in expected:
        assert message.reasoning == expected["reasoning"]
    if "tool_calls" in expected:
        calls = [(call["name"], call["arguments"]) for call in expected["tool_calls"]]
        assert [(call.name, call.arguments) for call in message.tool_calls] == calls
    if "usage" in expected:
        assert message.usage is not None
        for name, count in expected["usage"].items():
            assert getattr(message.usage, name) == count
    if expected["error"]:
        assert message.failure is not None
        assert message.failure.kind is FailureKind.STREAM_ERROR
        assert message.failure.server_words
    else:
        assert message.failure is None
        assert message.finish_reason == expected["finish_reason"]


@each
async def test_whole_over_a_socket(recording: Recording, chat_server: ChatServer) -> None:
    chat_server.enqueue(Head(), Send(recording.body))
    provider = OpenAIChat(Endpoint("test", chat_server.base_url))
    async with aclosing(provider.stream(REQUEST)) as batches:
        events = [event async for batch in batches for event in batch]
    await provider.close()
    assert_as_expected(events, recording)


@each
def test_cut_into_pieces_of_every_kind(recording: Recording) -> None:
    body = recording.body
    whole = decode([body])
    assert_as_expected(whole, recording)
    assert decode(re.findall(rb"[^\n]*\n|[^\n]+$", body)) == whole, "at every line"
    assert decode(re.split(rb"(?<=\n\n)", body)) == whole, "at every event"
    if len(body) < EVERY_BYTE_BELOW:
        assert decode([body[place : place + 1] for place in range(len(body))]) == whole
    for size in (7, 1000, 4096):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        assert decode(pieces) == whole, f"every {size} bytes"


@each
def test_ended_anywhere_it_is_legal_and_says_no_more_than_the_whole(recording: Recording) -> None:
    body = recording.body
    whole = as_message(decode([body]))
    step = max(1, len(body) // 60)
    for end in range(0, len(body), step):
        events = decode([body[:end]])
        assert_legal(events)
        message = as_message(events)
        assert whole.text.startswith(message.text)
        assert whole.reasoning.startswith(message.reasoning)
        assert len(message.tool_calls) <= len(whole.tool_calls)


def test_content_that_the_wire_leaves_open_is_shown_as_a_person_wants_it() -> None:
    open_ones = [r for r in RECORDINGS if "text" not in r.expected]
    for recording in open_ones:
        message = as_message(decode([recording.body]))
        assert message.text
        assert message.reasoning
        assert "thinking" not in message.text


KINDS = {
    401: FailureKind.KEY_REJECTED,
    403: FailureKind.FORBIDDEN,
    500: FailureKind.SERVER_ERROR,
    404: FailureKind.MODEL_NOT_FOUND,
    400: FailureKind.BAD_REQUEST,
}
OTHER_KINDS = {
    "azure__404-2": FailureKind.NOT_FOUND,
    "deepseek__400-7": FailureKind.CONTEXT_OVERFLOW,
    "llamacpp-b11549__err-context": FailureKind.CONTEXT_OVERFLOW,
    "ollama-cloud__400-1": FailureKind.CONTEXT_OVERFLOW,
    "mistral__400-2": FailureKind.MODEL_NOT_FOUND,
}
ERRORS = error_recordings()


@pytest.mark.parametrize("error", ERRORS, ids=[e.name for e in ERRORS])
async def test_recorded_errors_are_told(error: ErrorRecording, chat_server: ChatServer) -> None:
    chat_server.default = [Respond(error.status, error.body, error.headers)]
    endpoint = Endpoint("test", chat_server.base_url, api_key=Secret("sk-test"))
    provider = OpenAIChat(endpoint, Patience(backoff_s=0.001))
    async with aclosing(provider.stream(REQUEST)) as batches:
        events = [event async for batch in batches for event in batch]
    await provider.close()
    assert_legal(events)
    assert not any(isinstance(event, ResponseStarted | ResponseFinished) for event in events)
    last = events[-1]
    assert isinstance(last, ResponseInterrupted)
    failure = last.cause
    assert isinstance(failure, Failure)
    assert failure.kind is OTHER_KINDS.get(error.name, KINDS[error.status])
    assert failure.status == error.status
    assert failure.summary
    assert failure.next_step
    assert failure.actions
    assert failure.server_words
    assert '"' not in failure.server_words[:1]
    assert failure.server_words.split(":")[0][:30] in error.body.decode()
