"""The provider against a server that misbehaves, over real sockets through the real SDK."""

import asyncio
import json
import threading
import time
from contextlib import aclosing
from typing import Any

import pytest

from chatapp.core.endpoints import Endpoint, Quirks, Secret
from chatapp.core.errors import Failure, FailureKind, ProviderError
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest, Sampling
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    RetryScheduled,
    TextDelta,
)
from chatapp.providers.model_listing import MOST_MODELS
from chatapp.providers.openai_chat import OpenAIChat, Patience, _tls_context
from tests.support.chat_server import (
    COMMENT,
    DONE,
    ChatServer,
    Drop,
    Head,
    Respond,
    Send,
    Stall,
    Wait,
    chunk,
    ending,
    reply,
    sse,
    text_chunks,
)
from tests.support.grammar import as_message, assert_legal

QUICK_TO_RETRY = Patience(backoff_s=0.01)
HASTY = Patience(first_byte_s=0.4, whole_reply_s=0.4, stall_s=0.4, ending_s=0.2, backoff_s=0.01)

KEY = "sk-secret-0123456789"


def provider_of(
    server: ChatServer,
    key: str | None = None,
    patience: Patience = QUICK_TO_RETRY,
    **fields: object,
) -> OpenAIChat:
    endpoint = Endpoint(
        name="test",
        base_url=server.base_url,
        api_key=Secret(key) if key else None,
        key_variable="TEST_API_KEY",
    )
    return OpenAIChat(
        Endpoint(**{name: getattr(endpoint, name) for name in endpoint.__slots__} | fields),
        patience,
    )


def request(text: str = "Hi", **fields: Any) -> ChatRequest:
    message = ChatMessage("user", None, Role.USER, (TextPart(text),), 0.0)
    return ChatRequest(model="test-model", messages=(message,), **fields)


async def collect(provider: OpenAIChat, asked: ChatRequest | None = None) -> list[ProviderEvent]:
    """All events of one reply; the provider is closed afterwards."""
    try:
        async with asyncio.timeout(20), aclosing(provider.stream(asked or request())) as batches:
            events = [event async for batch in batches for event in batch]
    finally:
        await provider.close()
    assert_legal(events)
    return events


def failure_of(events: list[ProviderEvent]) -> Failure:
    last = events[-1]
    assert isinstance(last, ResponseInterrupted)
    assert isinstance(last.cause, Failure)
    return last.cause


async def test_a_reply_streams_and_the_request_is_what_was_asked(chat_server: ChatServer) -> None:
    head = Head(headers={"content-type": "text/event-stream", "X-Request-Id": "req-1"})
    chat_server.enqueue(head, *reply("Hel", "lo"))
    events = await collect(
        provider_of(chat_server, KEY),
        request("你好", system="Be brief", sampling=Sampling(temperature=0.5, max_tokens=9)),
    )
    assert events[0] == ResponseStarted("test-model", "req-1")
    assert as_message(events).text == "Hello"
    assert ResponseFinished("stop") in events
    exchange = chat_server.chats[0]
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert exchange.body == {
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "你好"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 9,
    }


async def test_without_a_key_no_authorization_is_sent(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    await collect(provider_of(chat_server))
    headers = chat_server.chats[0].headers
    assert "authorization" not in headers
    assert "openai-organization" not in headers


async def test_loopback_is_never_reached_through_a_proxy(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert as_message(await collect(provider_of(chat_server))).text == "Hello, world!"


async def test_a_whole_reply_gives_the_same_events(chat_server: ChatServer) -> None:
    whole = {
        "model": "test-model",
        "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3},
    }
    chat_server.enqueue(Respond(200, whole))
    events = await collect(provider_of(chat_server), request(is_streamed=False))
    message = as_message(events)
    assert message.text == "Hello"
    assert message.usage is not None
    assert message.usage.total_tokens == 3
    assert "stream" not in chat_server.chats[0].body
    assert events[0] == ResponseStarted("test-model")


async def test_a_server_that_ignores_stream_is_read_whole(chat_server: ChatServer) -> None:
    whole = {"choices": [{"message": {"content": "Hello"}}]}
    chat_server.enqueue(Respond(200, whole))
    events = await collect(provider_of(chat_server))
    assert as_message(events).text == "Hello"
    assert events[-1] == ResponseFinished(None)


async def test_comments_are_heard_as_empty_batches(chat_server: ChatServer) -> None:
    gate = threading.Event()
    chat_server.enqueue(COMMENT, Wait(gate), *reply("Hi"))
    provider = provider_of(chat_server)
    async with aclosing(provider.stream(request())) as batches:
        assert await anext(batches) == []
        gate.set()
        rest = [event async for batch in batches for event in batch]
    await provider.close()
    assert as_message(rest).text == "Hi"


async def test_comments_keep_a_slow_reply_alive(chat_server: ChatServer) -> None:
    gates = [threading.Event() for _ in range(5)]
    steps = [step for gate in gates for step in (COMMENT, Wait(gate))]
    chat_server.enqueue(*steps, *reply("Hi"))
    provider = provider_of(chat_server, patience=HASTY)
    loop = asyncio.get_running_loop()
    for place, gate in enumerate(gates):
        loop.call_later(0.15 * (place + 1), gate.set)
    assert as_message(await collect(provider)).text == "Hi"


async def test_closing_the_generator_closes_the_response(chat_server: ChatServer) -> None:
    chat_server.enqueue(*text_chunks("Hel"), Stall())
    provider = provider_of(chat_server)
    batches = provider.stream(request())
    while not any(isinstance(event, TextDelta) for event in await anext(batches)):
        pass
    closed_at = time.monotonic()
    await batches.aclose()
    exchange = chat_server.chats[0]
    assert await asyncio.to_thread(exchange.disconnected.wait, 2.0)
    assert exchange.disconnected_at is not None
    assert exchange.disconnected_at - closed_at < 0.5
    await provider.close()


@pytest.mark.parametrize("has_head", [False, True], ids=["before the headers", "before a byte"])
async def test_cancelling_the_task_closes_the_response(
    chat_server: ChatServer, *, has_head: bool
) -> None:
    chat_server.enqueue(*([Head()] if has_head else []), Stall())
    provider = OpenAIChat(Endpoint("test", chat_server.base_url))
    task = asyncio.create_task(collect(provider))
    async with asyncio.timeout(5):
        while not chat_server.chats:
            await asyncio.sleep(0.005)
    cancelled_at = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    exchange = chat_server.chats[0]
    assert await asyncio.to_thread(exchange.disconnected.wait, 2.0)
    assert exchange.disconnected_at is not None
    assert exchange.disconnected_at - cancelled_at < 0.5


async def test_the_wait_before_a_retry_can_be_cancelled(chat_server: ChatServer) -> None:
    chat_server.enqueue(Respond(429, {}, {"retry-after": "20"}))
    provider = provider_of(chat_server)
    batches = provider.stream(request())
    assert await anext(batches) == [RetryScheduled(2, 20.0, "test wants fewer requests for now.")]
    waiting = asyncio.create_task(anext(batches))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await provider.close()
    assert len(chat_server.chats) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(chat_server: ChatServer, status: int) -> None:
    chat_server.enqueue(Respond(status, {"error": {"message": "Busy"}}))
    chat_server.enqueue(*reply("Hi"))
    events = await collect(provider_of(chat_server))
    retries = [event for event in events if isinstance(event, RetryScheduled)]
    assert [retry.attempt for retry in retries] == [2]
    assert as_message(events).text == "Hi"


async def test_a_connection_lost_before_the_answer_is_tried_again(chat_server: ChatServer) -> None:
    chat_server.enqueue(Drop())
    chat_server.enqueue(Drop(is_reset=True))
    chat_server.enqueue(*reply("Hi"))
    events = await collect(provider_of(chat_server))
    assert [type(event) for event in events[:3]] == [
        RetryScheduled,
        RetryScheduled,
        ResponseStarted,
    ]
    assert as_message(events).text == "Hi"


async def test_after_two_retries_the_failure_is_told(chat_server: ChatServer) -> None:
    chat_server.default = [Respond(503, {"error": {"message": "Loading model"}})]
    events = await collect(provider_of(chat_server))
    assert len(chat_server.chats) == 3
    failure = failure_of(events)
    assert failure.kind is FailureKind.OVERLOADED
    assert failure.server_words == "Loading model"


async def test_retry_after_is_kept_to_or_told(chat_server: ChatServer) -> None:
    chat_server.enqueue(Respond(429, {}, {"retry-after": "0.02"}))
    chat_server.enqueue(Respond(429, {}, {"retry-after": "3600"}))
    events = await collect(provider_of(chat_server))
    assert events[0] == RetryScheduled(2, 0.02, "test wants fewer requests for now.")
    failure = failure_of(events)
    assert failure.retry_after_s == 3600
    assert len(chat_server.chats) == 2


async def test_what_will_not_pass_is_not_tried_again(chat_server: ChatServer) -> None:
    quota = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    chat_server.enqueue(Respond(429, quota))
    failure = failure_of(await collect(provider_of(chat_server)))
    assert failure.kind is FailureKind.RATE_LIMITED
    assert "retry" not in failure.actions
    assert len(chat_server.chats) == 1


async def test_refused_stream_options_are_left_out_and_remembered(chat_server: ChatServer) -> None:
    refusal = {"detail": [{"loc": ["body", "stream_options"], "msg": "extra fields not permitted"}]}
    chat_server.enqueue(Respond(422, refusal))
    provider = provider_of(chat_server)
    for _ in range(2):
        async with aclosing(provider.stream(request())) as batches:
            events = [event async for batch in batches for event in batch]
        assert_legal(events)
        assert as_message(events).text == "Hello, world!"
    await provider.close()
    has_options = ["stream_options" in exchange.body for exchange in chat_server.chats]
    assert has_options == [True, False, False]


async def test_max_tokens_is_sent_under_its_newer_name_where_wanted(
    chat_server: ChatServer,
) -> None:
    words = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead."
    )
    chat_server.enqueue(Respond(400, {"error": {"message": words, "param": "max_tokens"}}))
    asked = request(sampling=Sampling(max_tokens=5))
    assert as_message(await collect(provider_of(chat_server), asked)).text == "Hello, world!"
    assert chat_server.chats[1].body["max_completion_tokens"] == 5
    assert "max_tokens" not in chat_server.chats[1].body


async def test_an_endpoint_known_to_refuse_options_never_gets_them(chat_server: ChatServer) -> None:
    quirks = Quirks(has_stream_options=False, max_tokens_field="max_completion_tokens")
    asked = request(sampling=Sampling(max_tokens=5))
    await collect(provider_of(chat_server, quirks=quirks), asked)
    body = chat_server.chats[0].body
    assert "stream_options" not in body
    assert body["max_completion_tokens"] == 5


async def test_silence_before_the_first_byte_times_out(chat_server: ChatServer) -> None:
    chat_server.enqueue(Stall())
    failure = failure_of(await collect(provider_of(chat_server, patience=HASTY)))
    assert failure.kind is FailureKind.TIMED_OUT
    assert await asyncio.to_thread(chat_server.chats[0].disconnected.wait, 2.0)


async def test_a_stall_keeps_the_text_and_offers_to_continue(chat_server: ChatServer) -> None:
    chat_server.enqueue(*text_chunks("Hel"), Stall())
    events = await collect(provider_of(chat_server, patience=HASTY))
    assert as_message(events).text == "Hel"
    failure = failure_of(events)
    assert failure.kind is FailureKind.CUT
    assert "continue" in failure.actions
    assert "0.4 s" in failure.summary


async def test_a_finished_reply_does_not_wait_for_its_formal_end(chat_server: ChatServer) -> None:
    chat_server.enqueue(*text_chunks("Hi"), chunk({}, "stop"), Stall())
    events = await collect(provider_of(chat_server, patience=HASTY))
    assert events[-1] == ResponseFinished("stop")


@pytest.mark.parametrize("is_reset", [False, True], ids=["ended early", "reset"])
async def test_a_cut_keeps_the_text_and_offers_to_continue(
    chat_server: ChatServer, *, is_reset: bool
) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("Hel"), Wait(gate), Drop(is_reset=is_reset))
    provider = provider_of(chat_server)
    events: list[ProviderEvent] = []
    async with aclosing(provider.stream(request())) as batches:
        async for batch in batches:
            events += batch
            if TextDelta("Hel") in batch:
                gate.set()
    await provider.close()
    assert_legal(events)
    assert as_message(events).text == "Hel"
    failure = failure_of(events)
    assert failure.kind is FailureKind.CUT
    assert failure.actions == ("continue", "retry")


async def test_an_orderly_end_of_the_body_without_an_end_of_the_reply_is_a_cut(
    chat_server: ChatServer,
) -> None:
    chat_server.enqueue(*text_chunks("Hel"))
    assert failure_of(await collect(provider_of(chat_server))).kind is FailureKind.CUT


async def test_a_web_page_is_no_api(chat_server: ChatServer) -> None:
    page = "<!DOCTYPE html><title>Welcome</title><script>x()</script><p>Log in &amp; go"
    chat_server.enqueue(Respond(200, page, {"content-type": "text/html"}))
    provider = provider_of(chat_server, base_url=chat_server.base_url + "/chat/completions/..")
    failure = failure_of(await collect(provider))
    assert failure.kind is FailureKind.NOT_AN_API
    assert failure.server_words == "Welcome: Log in & go"


async def test_a_missing_v1_is_hinted_at(chat_server: ChatServer) -> None:
    bare = chat_server.base_url.removesuffix("/v1")
    chat_server.enqueue(Respond(404, "404 page not found"))
    failure = failure_of(await collect(provider_of(chat_server, base_url=bare)))
    assert failure.kind is FailureKind.NOT_FOUND
    assert f"{bare}/v1" in failure.next_step
    assert failure.server_words == "404 page not found"


async def test_a_redirect_is_told_and_the_key_stays_here(chat_server: ChatServer) -> None:
    with ChatServer() as elsewhere:
        target = f"{elsewhere.base_url}/chat/completions"
        chat_server.enqueue(Respond(307, b"", {"location": target}))
        failure = failure_of(await collect(provider_of(chat_server, KEY)))
        assert target in failure.summary
        assert failure.status == 307
        assert not elsewhere.exchanges


async def test_the_key_never_comes_back_out(chat_server: ChatServer) -> None:
    body = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    chat_server.enqueue(Respond(401, body, {"x-request-id": "req-7"}))
    failure = failure_of(await collect(provider_of(chat_server, KEY)))
    assert failure.kind is FailureKind.KEY_REJECTED
    assert KEY not in repr(failure)
    assert "TEST_API_KEY" in failure.next_step
    assert failure.request_id == "req-7"
    assert failure.status == 401
    error = sse({"error": {"message": f"bad key {KEY}"}})
    chat_server.enqueue(error)
    failure = failure_of(await collect(provider_of(chat_server, KEY)))
    assert failure.server_words == "bad key ***"


async def test_a_missing_key_is_asked_for(chat_server: ChatServer) -> None:
    chat_server.enqueue(Respond(401, {"error": {"message": "Missing Authentication header"}}))
    failure = failure_of(await collect(provider_of(chat_server)))
    assert failure.kind is FailureKind.KEY_MISSING
    assert "TEST_API_KEY" in failure.next_step


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nb", "sk-a b"])
async def test_a_key_no_header_can_carry_is_told(chat_server: ChatServer, key: str) -> None:
    failure = failure_of(await collect(provider_of(chat_server, key)))
    assert failure.kind is FailureKind.KEY_REJECTED
    assert not chat_server.exchanges


async def test_a_refused_connection_names_the_place() -> None:
    with ChatServer() as server:
        base_url, port = server.base_url, server.port
    failure = failure_of(await collect(OpenAIChat(Endpoint("test", base_url), QUICK_TO_RETRY)))
    assert failure.kind is FailureKind.CONNECTION_REFUSED
    assert f"127.0.0.1:{port}" in failure.summary
    assert "running" in failure.next_step


async def test_an_unknown_host_is_told() -> None:
    endpoint = Endpoint("test", "http://no-such-host.invalid/v1")
    failure = failure_of(await collect(OpenAIChat(endpoint, QUICK_TO_RETRY)))
    assert failure.kind is FailureKind.NAME_NOT_FOUND
    assert "no-such-host.invalid" in failure.summary


async def test_tls_to_a_plain_server_is_told(chat_server: ChatServer) -> None:
    secure = chat_server.base_url.replace("http:", "https:")
    failure = failure_of(await collect(provider_of(chat_server, base_url=secure)))
    assert failure.kind is FailureKind.TLS
    assert "http://" in failure.next_step


@pytest.mark.parametrize(
    "base_url",
    ["", "localhost:8080/v1", "ftp://x/v1", "http://[bad/v1", "http://x:99999", "http://a b/v1"],
)
async def test_an_address_that_is_none_is_told(base_url: str) -> None:
    failure = failure_of(await collect(OpenAIChat(Endpoint("test", base_url), QUICK_TO_RETRY)))
    assert failure.kind is FailureKind.NOT_AN_API
    assert "http://" in failure.next_step


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ALL_PROXY", "socks9://127.0.0.1:9"), ("SSL_CERT_FILE", "/nowhere/to/be/found")],
)
async def test_an_environment_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    _tls_context.cache_clear()
    monkeypatch.setenv(variable, value)
    failure = failure_of(await collect(OpenAIChat(Endpoint("test", "https://acme.invalid/v1"))))
    assert variable in failure.next_step
    _tls_context.cache_clear()


async def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as server:
        proxy = f"http://127.0.0.1:{server.port}"
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    failure = failure_of(await collect(OpenAIChat(Endpoint("test", "https://acme.invalid/v1"))))
    assert failure.kind is FailureKind.CONNECTION_REFUSED
    assert "proxy" in failure.next_step


async def test_settings_that_no_json_can_carry_are_told(chat_server: ChatServer) -> None:
    asked = request(sampling=Sampling(temperature=float("nan")))
    assert "JSON" in failure_of(await collect(provider_of(chat_server), asked)).server_words


async def test_connections_are_used_again_and_none_leak(chat_server: ChatServer) -> None:
    provider = provider_of(chat_server)
    for _ in range(5):
        async with aclosing(provider.stream(request())) as batches:
            assert_legal([event async for batch in batches for event in batch])
    assert chat_server.open_connections == 1
    await provider.close()
    async with asyncio.timeout(5):
        while chat_server.open_connections:
            await asyncio.sleep(0.005)


async def test_a_flood_leaves_the_event_loop_to_others(chat_server: ChatServer) -> None:
    line = text_chunks("word ")[0]
    assert isinstance(line, Send)
    chat_server.enqueue(Send(line.data * 40_000), *ending())
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    provider = OpenAIChat(Endpoint("test", chat_server.base_url))
    batches = provider.stream(request())
    events = list(await anext(batches))
    counting = asyncio.create_task(count_turns())
    events += [event async for batch in batches for event in batch]
    counting.cancel()
    await provider.close()
    assert len(as_message(events).text) == 5 * 40_000
    assert turns > 20


async def test_nothing_after_done_counts(chat_server: ChatServer) -> None:
    chat_server.enqueue(*text_chunks("Hi"), chunk({}, "stop"), DONE, *text_chunks("more"))
    assert as_message(await collect(provider_of(chat_server))).text == "Hi"


@pytest.mark.parametrize(
    "listing",
    [
        {"data": [{"id": "b"}, {"id": "A"}, {"id": "b"}]},
        {"models": [{"name": "models/b"}, {"model": "A"}]},
        {"data": ["b", "A", None, 3, ""]},
        [{"id": "b"}, "A"],
    ],
)
async def test_models_are_listed_whatever_the_shape(
    chat_server: ChatServer, listing: object
) -> None:
    chat_server.models_script = [Respond(200, listing)]
    provider = provider_of(chat_server, KEY)
    assert await provider.list_models() == ("A", "b")
    await provider.close()


async def test_a_list_of_models_has_an_end_and_no_key_in_it(chat_server: ChatServer) -> None:
    listed = [
        {"id": "x" * 100_000},
        {"id": f"for {KEY}"},
        *({"id": f"m{i}"} for i in range(20_000)),
    ]
    entry = {"id": "wide", "context_length": 10**200}
    chat_server.models_script = [Respond(200, {"data": [entry, *listed]})]
    provider = provider_of(chat_server, KEY)
    models = await provider.list_models()
    assert len(models) == MOST_MODELS - 1
    assert models[0] == "for ***"
    assert max(map(len, models)) < 10
    assert provider.known_context_window("wide") is None
    await provider.close()


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (Respond(401, {"error": f"no {KEY}"}), FailureKind.KEY_REJECTED),
        (Respond(404, "nothing"), FailureKind.NOT_FOUND),
        (Respond(200, "<html>hi</html>"), FailureKind.NOT_AN_API),
        (Respond(200, {"status": "ok"}), FailureKind.NOT_AN_API),
        (Drop(), FailureKind.CONNECTION_LOST),
        (Stall(), FailureKind.TIMED_OUT),
    ],
)
async def test_a_failed_listing_says_why(
    chat_server: ChatServer, script: Respond | Drop | Stall, kind: FailureKind
) -> None:
    chat_server.models_script = [script]
    endpoint = Endpoint("test", chat_server.base_url, api_key=Secret(KEY))
    provider = OpenAIChat(endpoint, Patience(listing_s=0.3))
    with pytest.raises(ProviderError) as raised:
        await provider.list_models()
    await provider.close()
    assert raised.value.failure.kind is kind
    assert KEY not in json.dumps(repr(raised.value.failure))
