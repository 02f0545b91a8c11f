"""The window of a model is found where its server, the price list or the person tells it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.context import ContextWindow
from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import ModelRef
from chatapp.core.ports import ChatRequest, PreparedProvider
from chatapp.providers.directory import EndpointDirectory
from chatapp.providers.local_model import LocalModel
from tests.support.chat_server import ChatServer, Respond, Stall


def no_embedded() -> PreparedProvider:
    raise AssertionError("nobody asked for the embedded model")


def directory_at(base_url: str, context_window: int | None = None) -> EndpointDirectory:
    endpoint = Endpoint("lab", base_url, needs_key=False)
    return EndpointDirectory([endpoint], no_embedded, context_window=context_window)


def listing(*entries: dict[str, Any]) -> list[Respond]:
    return [Respond(200, {"object": "list", "data": list(entries)})]


LLAMA_META = {"vocab_type": 2, "n_vocab": 49152, "n_ctx": 4096, "n_ctx_train": 8192}
OPENROUTER = {
    "id": "m",
    "context_length": 200_000,
    "top_provider": {"context_length": 131_072, "max_completion_tokens": None},
}


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        pytest.param({"id": "m", "owned_by": "llamacpp", "meta": LLAMA_META}, 4096, id="llama.cpp"),
        pytest.param({"id": "m", "owned_by": "vllm", "max_model_len": 32768}, 32768, id="vLLM"),
        pytest.param(OPENROUTER, 131_072, id="OpenRouter"),
        pytest.param({"id": "m", "context_length": 65536, "top_provider": None}, 65536, id="bare"),
        pytest.param({"id": "m", "context_window": 131_072}, 131_072, id="Groq"),
        pytest.param({"id": "m", "max_context_length": 32768}, 32768, id="Mistral"),
        pytest.param({"name": "models/m", "inputTokenLimit": 1_048_576}, 1_048_576, id="Gemini"),
        pytest.param({"id": "m", "context_length": "many", "max_model_len": True}, None, id="odd"),
        pytest.param({"id": "m", "context_length": -1, "meta": []}, None, id="nonsense"),
    ],
)
async def test_the_list_of_models_tells_it(
    chat_server: ChatServer, entry: dict[str, Any], tokens: int | None
) -> None:
    chat_server.models_script = listing(entry, {"id": "other"})
    directory = directory_at(chat_server.base_url)
    window = await directory.context_window(ModelRef("lab", "m"))
    assert window == (None if tokens is None else ContextWindow(tokens, "the server"))
    await directory.context_window(ModelRef("lab", "m"))
    await directory.close()
    assert [exchange.path for exchange in chat_server.exchanges] == ["/v1/models"]


async def test_a_list_that_was_fetched_anyway_is_not_fetched_again(chat_server: ChatServer) -> None:
    chat_server.models_script = listing({"id": "m", "max_model_len": 8192})
    directory = directory_at(chat_server.base_url)
    await directory.list_all(5.0, lambda _listed: None)
    window = await directory.context_window(ModelRef("lab", "m"))
    await directory.close()
    assert window == ContextWindow(8192, "the server")
    assert len(chat_server.exchanges) == 1


PS = {"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "context_length": 16384}]}
LM_STUDIO = {
    "data": [
        {"id": "a", "state": "loaded", "max_context_length": 32768, "loaded_context_length": 4096},
        {"id": "b", "state": "not-loaded", "max_context_length": 32768},
    ]
}
PROPS = {"default_generation_settings": {"n_ctx": 2048, "params": {}}, "total_slots": 1}


@pytest.mark.parametrize(
    ("owner", "ids", "place", "answer", "asked", "tokens"),
    [
        ("library", ("qwen3:8b", "gemma3:latest"), "/api/ps", PS, "qwen3:8b", 16384),
        ("library", ("qwen3:8b", "gemma3:latest"), "/api/ps", PS, "gemma3", None),
        ("organization_owner", ("a", "b"), "/api/v0/models", LM_STUDIO, "a", 4096),
        ("organization_owner", ("a", "b"), "/api/v0/models", LM_STUDIO, "b", 32768),
        ("llamacpp", ("only.gguf",), "/props", PROPS, "any name", 2048),
        ("llamacpp", ("only.gguf",), "/props", ["odd"], "any name", None),
        ("llamacpp", ("only.gguf",), "/props", "<html>", "any name", None),
    ],
)
async def test_some_servers_tell_it_at_a_place_of_their_own(
    chat_server: ChatServer,
    owner: str,
    ids: tuple[str, ...],
    place: str,
    answer: object,
    asked: str,
    tokens: int | None,
) -> None:
    entries = [{"id": name, "object": "model", "owned_by": owner} for name in ids]
    chat_server.models_script = listing(*entries)
    chat_server.scripts_by_path[place] = [Respond(200, answer)]
    directory = directory_at(chat_server.base_url)
    window = await directory.context_window(ModelRef("lab", asked))
    await directory.close()
    assert window == (None if tokens is None else ContextWindow(tokens, "the server"))
    assert [exchange.path for exchange in chat_server.exchanges] == ["/v1/models", place]


async def test_the_price_list_knows_the_models_of_its_services_without_a_request() -> None:
    endpoint = Endpoint("openai", "https://api.openai.com/v1", needs_key=False)
    directory = EndpointDirectory([endpoint], no_embedded)
    window = await directory.context_window(ModelRef("openai", "gpt-4o"))
    await directory.close()
    assert window == ContextWindow(128_000, "the price list")


@pytest.mark.parametrize("answer", [Respond(404, {}), Respond(200, "<html>"), Respond(500)])
async def test_where_nobody_tells_it_the_setting_holds(
    chat_server: ChatServer, answer: Respond
) -> None:
    chat_server.models_script = [answer]
    directory = directory_at(chat_server.base_url, context_window=16_000)
    model = ModelRef("lab", "m")
    expected = ContextWindow(16_000, "the setting context_window")
    assert [await directory.context_window(model) for _ in range(2)] == [expected] * 2
    await directory.close()
    assert len(chat_server.exchanges) == 1, "a server without a list was asked again"


async def test_nobody_waits_for_a_server_that_says_nothing(chat_server: ChatServer) -> None:
    chat_server.models_script = [Stall()]
    directory = directory_at(chat_server.base_url)
    task = asyncio.create_task(directory.context_window(ModelRef("lab", "m")))
    loop = asyncio.get_running_loop()
    longest = 0.0
    while not chat_server.exchanges:
        before = loop.time()
        await asyncio.sleep(0.005)
        longest = max(longest, loop.time() - before)
    task.cancel()
    await asyncio.wait([task])
    await directory.close()
    assert longest < 0.5


async def test_the_embedded_model_knows_what_it_will_be_started_with(tmp_path: Path) -> None:
    endpoint = Endpoint("local", "", needs_key=False, is_embedded=True)
    directory = EndpointDirectory([endpoint], lambda: LocalModel(tmp_path))
    window = await directory.context_window(ModelRef("local", "smollm2-135m-instruct"))
    body = directory.request_body("local", ChatRequest("smollm2-135m-instruct", ()))
    await directory.close()
    assert window == ContextWindow(4096, "the server")
    assert body["return_progress"] is True


async def test_the_body_is_shown_as_the_provider_would_send_it(chat_server: ChatServer) -> None:
    refusal = {"error": {"message": "Unrecognized request argument: stream_options"}}
    chat_server.enqueue(Respond(400, refusal))
    directory = directory_at(chat_server.base_url)
    request = ChatRequest("m", ())
    assert "stream_options" in directory.request_body("lab", request)
    async for _batch in directory.provider("lab").stream(request):
        pass
    shown = directory.request_body("lab", request)
    await directory.close()
    assert shown == chat_server.chats[-1].body
    assert "stream_options" not in shown
