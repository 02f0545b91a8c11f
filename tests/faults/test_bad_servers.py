"""The fault matrix: each fault through the real provider, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import Failure, FailureKind, ProviderError
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
)
from chatapp.providers.openai_chat import OpenAIChat, Patience
from chatapp.providers.part_text import LONGEST_LABEL
from tests.faults.faults import FAULTS, Fault, forever
from tests.support.chat_server import ChatServer, Head, Respond, Send, ending, sse, text_chunks
from tests.support.grammar import as_message, assert_legal

HASTY = Patience(
    first_byte_s=0.5, whole_reply_s=1.0, stall_s=0.4, wordless_s=0.5, ending_s=0.2, listing_s=0.5,
    backoff_s=0.01,
)  # fmt: skip
REPLY_LIMIT = 20_000
AT_ONCE = [
    fault
    for fault in FAULTS
    if any(
        word in fault.name for word in ("document", "before", "error", "gzip", "50 MB", "closed")
    )
]
"""Those worth a look without a stream too."""

MOST_SECONDS = 20.0
MOST_DEAF_S = 2.0
MOST_GROWTH = 150 * 1024 * 1024
"""A reply's memory in the worst case; the worst server here sends without end."""


@asynccontextmanager
async def provider_of(base_url: str) -> AsyncIterator[OpenAIChat]:
    provider = OpenAIChat(Endpoint("test", base_url), HASTY)
    try:
        yield provider
    finally:
        await provider.close()


@asynccontextmanager
async def keys_heard() -> AsyncIterator[None]:
    """Assert that inside the event loop would have heard a key before long, all the time."""
    loop = asyncio.get_running_loop()
    waits = [0.0]

    async def listen() -> None:
        while True:
            asked_at = loop.time()
            await asyncio.sleep(0.01)
            waits.append(loop.time() - asked_at)

    listening = asyncio.create_task(listen())
    try:
        yield
        await asyncio.sleep(0)
    finally:
        listening.cancel()
        assert max(waits) < MOST_DEAF_S


def request(**fields: object) -> ChatRequest:
    message = ChatMessage("user", None, Role.USER, (TextPart("Hi"),), 0.0)
    return ChatRequest("test-model", (message,), reply_limit=REPLY_LIMIT, **fields)  # type: ignore[arg-type]


async def reply_of(provider: OpenAIChat, asked: ChatRequest) -> list[ProviderEvent]:
    async with asyncio.timeout(MOST_SECONDS), aclosing(provider.stream(asked)) as batches:
        events = [event async for batch in batches for event in batch]
    assert_legal(events)
    return events


def failure_of(events: list[ProviderEvent]) -> Failure | None:
    last = events[-1]
    if not isinstance(last, ResponseInterrupted):
        return None
    assert isinstance(last.cause, Failure)
    return last.cause


def names_in(events: list[ProviderEvent]) -> list[str]:
    """What a server says that is neither text nor its words about an error."""
    started = [event.served_model for event in events if isinstance(event, ResponseStarted)]
    ended = [event.finish_reason for event in events if isinstance(event, ResponseFinished)]
    return [name for name in (*started, *ended) if name]


def assert_told(failure: Failure, fault: Fault) -> None:
    """What a person needs: what happened, what to do, and by which command."""
    assert failure.kind is fault.kind
    assert failure.summary.endswith((".", "…")) or fault.words in failure.summary
    assert failure.next_step.endswith((".", "?"))
    assert failure.actions
    assert fault.words in failure.summary
    assert "Traceback" not in failure.server_words
    assert len(failure.server_words) <= 1000
    assert len(failure.summary) <= 1000
    assert len(failure.request_id) <= 200


@pytest.mark.parametrize(
    ("fault", "is_streamed"),
    [
        *(pytest.param(fault, True, id=fault.name) for fault in FAULTS),
        *(pytest.param(fault, False, id=f"{fault.name}, asked for at once") for fault in AT_ONCE),
    ],
)
async def test_every_fault_ends_in_words_and_the_next_request_works(
    chat_server: ChatServer, fault: Fault, *, is_streamed: bool
) -> None:
    for _ in range(fault.attempts):
        chat_server.enqueue(fault.script)
    async with provider_of(chat_server.base_url) as provider:
        memory = psutil.Process().memory_info().rss
        async with keys_heard():
            events = await reply_of(provider, request(is_streamed=is_streamed))
        assert psutil.Process().memory_info().rss - memory < MOST_GROWTH
        failure = failure_of(events)
        if failure is not None:
            assert_told(failure, fault)
        else:
            assert fault.kind is None
        assert as_message(events).text == fault.text
        assert all(len(name) <= LONGEST_LABEL for name in names_in(events))
        assert len(chat_server.chats) == fault.attempts
        assert as_message(await reply_of(provider, request())).text == "Hello, world!"
        # what the faulty response held is closed, while the provider lives on
        faulty = chat_server.chats[fault.attempts - 1]
        assert await asyncio.to_thread(faulty.finished.wait, 2.0)
        async with asyncio.timeout(5):
            while chat_server.open_connections > 1:
                await asyncio.sleep(0.005)


async def test_a_refusing_port_is_told_and_the_server_that_comes_up_is_used() -> None:
    with ChatServer() as server:
        port, base_url = server.port, server.base_url
    async with provider_of(base_url) as provider:
        failure = failure_of(await reply_of(provider, request()))
        assert failure is not None
        assert failure.kind is FailureKind.CONNECTION_REFUSED
        assert "running" in failure.next_step
        with ChatServer(port):
            assert as_message(await reply_of(provider, request())).text == "Hello, world!"


@pytest.mark.parametrize(
    "listing",
    [
        forever(Send(b" " * 65536), Head(headers={"content-type": "application/json"})),
        forever(Send(b"no" * 32768), Head(500)),
        lambda _exchange: [Respond(200, "[" * 200_000)],
        lambda _exchange: [Respond(200, "[" + "[]," * 5_000_000)],
        lambda _exchange: [Respond(200, b"\xff\0", {"content-encoding": "gzip"})],
        lambda _exchange: [Respond(307, b"", {"location": "/v1/models"})],
    ],
    ids=[
        "endless",
        "an endless error",
        "deep",
        "of nothing",
        "gzip that is none",
        "a redirect loop",
    ],
)
async def test_a_listing_gone_wrong_is_told(chat_server: ChatServer, listing: object) -> None:
    chat_server.models_script = listing  # type: ignore[assignment]
    memory = psutil.Process().memory_info().rss
    async with provider_of(chat_server.base_url) as provider:
        with pytest.raises(ProviderError) as raised:
            async with keys_heard():
                await provider.list_models()
        assert psutil.Process().memory_info().rss - memory < MOST_GROWTH
        assert raised.value.failure.next_step
        assert as_message(await reply_of(provider, request())).text == "Hello, world!"


_WORDS = """
    choices delta message content text index id function name arguments input tool_calls type
    function_call role refusal reasoning reasoning_content reasoning_details thinking usage
    prompt_tokens completion_tokens total_tokens prompt_tokens_details cached_tokens timings
    prompt_n predicted_n prompt_progress processed total error code status_code detail metadata
    raw finish_reason model object x_groq custom
"""
_NAMES = st.sampled_from(_WORDS.split())
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**30, max_value=10**400)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["stop", "tool_calls", "clock", "{", "<think>", "</think>", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


def _chunks() -> st.SearchStrategy[list[object]]:
    delta = st.dictionaries(_NAMES, _JSON, max_size=4)
    fields = {"delta": delta, "message": delta, "index": _JSON, "finish_reason": _JSON}
    choice = st.fixed_dictionaries({}, optional={**fields, "text": _JSON})
    formed = st.fixed_dictionaries(
        {"choices": st.lists(choice, max_size=2)}, optional={"usage": _JSON, "error": _JSON}
    )
    return st.lists(formed | _JSON, min_size=1, max_size=4)


def test_chunks_of_any_shape_end_in_a_reply_or_in_words() -> None:
    """A hundred streams of wrong shapes, over one connection each."""

    @settings(max_examples=100)
    @given(_chunks())
    def check(chunks: list[object]) -> None:
        async def ask() -> list[ProviderEvent]:
            async with provider_of(server.base_url) as provider:
                return await reply_of(provider, request())

        texts = [json.dumps(chunk) for chunk in chunks]
        server.enqueue(*map(sse, texts), *text_chunks("!"), *ending())
        events = asyncio.run(ask())
        failure = failure_of(events)
        if failure is not None:
            assert failure.summary
            assert failure.next_step
        as_message(events)
        server.exchanges.clear()

    with ChatServer() as server:
        check()
