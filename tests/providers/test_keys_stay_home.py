"""A key goes to the server it is for: not along with a redirect, and not before it is there."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import Failure, FailureKind, KeyUnavailable, ProviderError
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import ProviderEvent, ResponseInterrupted, TextDelta
from chatapp.providers.openai_chat import OpenAIChat
from tests.support.chat_server import ChatServer, Respond, reply

KEY = "sk-stays-home-0123456789"
REQUEST = ChatRequest("m", (ChatMessage("1", None, Role.USER, (TextPart("Hi"),), 0.0),))


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@dataclass
class Source:
    """Gives the next of `answers` each time; waits for `gate` where there is one."""

    answers: list[Secret | KeyUnavailable | None]
    gate: threading.Event | None = None
    fetched: list[str] = field(default_factory=list)
    hint: str = "Look behind the sofa."

    def fetch(self) -> Secret | None:
        self.fetched.append(threading.current_thread().name)
        if self.gate is not None:
            assert self.gate.wait(10)
        answer = self.answers.pop(0)
        if isinstance(answer, KeyUnavailable):
            raise answer
        return answer


async def collect(provider: OpenAIChat) -> list[ProviderEvent]:
    return [event async for batch in provider.stream(REQUEST) for event in batch]


async def failure_of(provider: OpenAIChat) -> Failure:
    last = (await collect(provider))[-1]
    assert isinstance(last, ResponseInterrupted)
    assert isinstance(last.cause, Failure)
    return last.cause


class TestRedirects:
    """The SDK's client, left alone, follows them: it takes Authorization off on the way to another
    host, but would bring along other headers and the whole conversation. Ours follows none.
    """

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("place", ["{}/chat/completions", "https://127.0.0.1:{}/v1"])
    async def test_nothing_follows_one(
        self, chat_server: ChatServer, elsewhere: ChatServer, status: int, place: str
    ) -> None:
        target = place.format(elsewhere.base_url if place.startswith("{") else elsewhere.port)
        redirect = Respond(status, b"", {"location": target, "set-cookie": "a=b"})
        chat_server.enqueue(redirect)
        chat_server.models_script = [redirect]
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, Secret(KEY)))
        try:
            failure = await failure_of(provider)
            with pytest.raises(ProviderError) as raised:
                await provider.list_models()
        finally:
            await provider.close()
        assert target in failure.summary
        assert target in raised.value.failure.summary
        assert "not sent to another address" in failure.next_step
        assert elsewhere.exchanges == []
        assert [e.headers["authorization"] for e in chat_server.exchanges] == [f"Bearer {KEY}"] * 2

    async def test_a_redirect_to_itself_is_not_followed_either(
        self, chat_server: ChatServer
    ) -> None:
        chat_server.enqueue(Respond(307, b"", {"location": "/v1/chat/completions"}))
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, Secret(KEY)))
        assert (await failure_of(provider)).status == 307
        await provider.close()
        assert len(chat_server.chats) == 1


class TestTheSdksOwnVariables:
    """The SDK sends headers of the environment to whatever server it is given."""

    @pytest.fixture(autouse=True)
    def variables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        custom = "X-Gateway-Key: gw-secret\nauthorization: Bearer env-secret"
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", custom)
        monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-secret")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")

    @pytest.mark.parametrize("key", [KEY, None])
    async def test_none_of_them_reaches_another(
        self, chat_server: ChatServer, key: str | None
    ) -> None:
        secret = Secret(key) if key else None
        provider = OpenAIChat(Endpoint("other", chat_server.base_url, secret))
        await collect(provider)
        await provider.list_models()
        await provider.close()
        assert len(chat_server.exchanges) == 2
        for exchange in chat_server.exchanges:
            assert exchange.headers.get("authorization") == (f"Bearer {key}" if key else None)
            sent = repr(exchange.headers)
            assert not [word for word in ("gw-", "env-", "admin-", "org-", "proj-") if word in sent]

    async def test_custom_ones_go_to_the_address_they_are_set_beside(
        self, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{chat_server.base_url}/")
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, Secret(KEY)))
        await collect(provider)
        await provider.close()
        (exchange,) = chat_server.chats
        assert exchange.headers["x-gateway-key"] == "gw-secret"
        assert exchange.headers["authorization"] == f"Bearer {KEY}"


class TestFetchedKeys:
    async def test_it_is_fetched_once_beside_the_loop_when_first_needed(
        self, chat_server: ChatServer
    ) -> None:
        source = Source([Secret(KEY)])
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, key_source=source))
        assert source.fetched == []
        await collect(provider)
        await collect(provider)
        await provider.list_models()
        await provider.close()
        assert len(source.fetched) == 1
        assert source.fetched[0] != threading.main_thread().name
        assert {e.headers.get("authorization") for e in chat_server.exchanges} == {f"Bearer {KEY}"}

    async def test_without_one_yet_the_request_goes_without_and_later_with_it(
        self, chat_server: ChatServer
    ) -> None:
        source = Source([None, Secret(KEY)])
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, key_source=source))
        chat_server.enqueue(Respond(401, {"error": {"message": "Missing key"}}))
        failure = await failure_of(provider)
        assert (failure.kind, failure.next_step) == (FailureKind.KEY_MISSING, source.hint)
        assert any(isinstance(event, TextDelta) for event in await collect(provider))
        await provider.close()
        sent = [exchange.headers.get("authorization") for exchange in chat_server.chats]
        assert sent == [None, f"Bearer {KEY}"]

    async def test_one_that_cannot_be_fetched_is_told_and_nothing_is_sent(
        self, chat_server: ChatServer
    ) -> None:
        source = Source([KeyUnavailable("the vault is shut"), Secret(KEY)])
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, key_source=source))
        failure = await failure_of(provider)
        assert failure.kind is FailureKind.KEY_MISSING
        assert "the vault is shut" in failure.summary
        assert failure.next_step == source.hint
        assert chat_server.exchanges == []
        await collect(provider)
        await provider.close()
        assert len(chat_server.chats) == 1

    async def test_a_refused_one_is_fetched_anew_for_the_next_request(
        self, chat_server: ChatServer
    ) -> None:
        source = Source([Secret("sk-expired"), Secret(KEY)])
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, key_source=source))
        chat_server.enqueue(Respond(401, {"error": {"message": "sk-expired is too old"}}))
        chat_server.enqueue(*reply("yes"))
        failure = await failure_of(provider)
        assert failure.kind is FailureKind.KEY_REJECTED
        assert "sk-expired" not in repr(failure)
        await collect(provider)
        await provider.close()
        sent = [exchange.headers["authorization"] for exchange in chat_server.chats]
        assert sent == ["Bearer sk-expired", f"Bearer {KEY}"]

    async def test_who_gives_up_waiting_leaves_the_fetch_to_the_next(
        self, chat_server: ChatServer
    ) -> None:
        source = Source([Secret(KEY)], gate=threading.Event())
        provider = OpenAIChat(Endpoint("home", chat_server.base_url, key_source=source))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await provider.list_models()
        assert source.gate is not None
        source.gate.set()
        await provider.list_models()
        await provider.close()
        assert len(source.fetched) == 1
