"""A tap that comes late hears of the last exchange from its begin, as far as that is kept."""

import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.exchange_log import ExchangeLog, WireLog
from chatapp.core.ports import ChatRequest
from chatapp.core.wire import MASK, Closing, WireEvent, WireTaps
from chatapp.core.wire_chunks import EventKind
from chatapp.providers import wire_scribe
from chatapp.providers.openai_chat import OpenAIChat
from tests.support.chat_server import (
    ChatServer,
    Respond,
    Script,
    Send,
    Wait,
    ending,
    reply,
    text_chunks,
)

REQUEST = ChatRequest("test-model", ())
KEY = "sk-very-secret-key"


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def chat(server: ChatServer, taps: WireTaps) -> OpenAIChat:
    return OpenAIChat(Endpoint("test", server.base_url, Secret(KEY)), taps=taps)


async def ask(provider: OpenAIChat) -> None:
    async for _batch in provider.stream(REQUEST):
        pass


def spoken(log: ExchangeLog) -> list[str]:
    texts = (entry.reading for entry in log.entries)
    return [reading.text for reading in texts if reading.kind is EventKind.TEXT]


@pytest.mark.parametrize("script", [reply("a", "b"), [Respond(400, {"error": {"message": KEY}})]])
async def test_what_nobody_watched_is_told_as_to_one_who_did(
    chat_server: ChatServer, script: Script
) -> None:
    chat_server.default = script
    seen, unseen = WireTaps([early := WireLog()]), WireTaps()
    for taps in (seen, unseen):
        await ask(provider := chat(chat_server, taps))
        await provider.close()
    unseen.add(late := WireLog(), with_past=True)
    for log, other in zip(late.exchanges, early.exchanges, strict=True):
        told, heard = log.exchange, other.exchange
        assert [(type(item), getattr(item, "data", "")) for item in told.items] == [
            (type(item), getattr(item, "data", "")) for item in heard.items
        ]
        assert log.end is not None
        assert other.end is not None
        assert log.end.closing is other.end.closing
        assert log.findings == other.findings
        assert not log.is_partial
        assert KEY not in repr(told)
        assert MASK in repr(told)


async def test_one_that_opens_in_the_middle_hears_all_of_it_once(chat_server: ChatServer) -> None:
    gate = threading.Event()
    half = b'data: {"choices":[{"delta":{"content":"half'
    rest = b' and half"}}]}\n\n'
    chat_server.default = [
        *text_chunks("a"),
        Send(half),
        Wait(gate),
        Send(rest),
        *text_chunks("b"),
        *ending(),
    ]
    taps, log = WireTaps(), WireLog()
    provider = chat(chat_server, taps)
    async with aclosing(provider.stream(REQUEST)) as batches:
        async for _batch in batches:
            if not taps.is_open:
                taps.add(log, with_past=True)
                gate.set()
    await provider.close()
    (exchange,) = log.exchanges
    assert spoken(exchange) == ["a", "half and half", "b"]
    assert exchange.end is not None
    assert exchange.end.closing is Closing.DONE
    assert exchange.ttft_s is not None


async def test_one_that_opens_again_hears_what_it_missed(chat_server: ChatServer) -> None:
    gates = [threading.Event() for _ in range(2)]
    chat_server.default = [
        *text_chunks("a"),
        Wait(gates[0]),
        *text_chunks("b"),
        Wait(gates[1]),
        *text_chunks("c"),
        *ending(),
    ]
    taps, logs = WireTaps(), [WireLog(), WireLog()]
    remove = taps.add(logs[0])
    provider = chat(chat_server, taps)
    async with aclosing(provider.stream(REQUEST)) as batches:
        async for _batch in batches:
            if not gates[0].is_set():
                remove()
                gates[0].set()
            elif not gates[1].is_set():
                taps.add(logs[1], with_past=True)
                gates[1].set()
    await provider.close()
    assert spoken(logs[0].exchanges[0]) == ["a"]
    assert spoken(logs[1].exchanges[0]) == ["a", "b", "c"]


async def test_of_a_long_exchange_nothing_is_kept(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_scribe, "KEPT_BYTES", 4096)
    gate = threading.Event()
    chat_server.default = [*text_chunks("x" * 5000), Wait(gate), *text_chunks("b"), *ending()]
    taps, log = WireTaps(), WireLog()
    provider = chat(chat_server, taps)
    async with aclosing(provider.stream(REQUEST)) as batches:
        async for _batch in batches:
            if not taps.is_open:
                taps.add(log, with_past=True)
                assert not log.exchanges
                gate.set()
    await provider.close()
    (exchange,) = log.exchanges
    assert exchange.is_partial
    assert exchange.ttft_s is None
    assert spoken(exchange) == ["b"]
    assert all(isinstance(item, WireEvent) for item in exchange.exchange.incoming)
