"""The directory finds models and makes providers no sooner than they are needed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest

from chatapp.core.endpoints import Endpoint, ModelList
from chatapp.core.errors import FailureKind, ProviderError
from chatapp.core.messages import ModelRef
from chatapp.core.ports import ChatRequest
from chatapp.core.preparation import Preparation, Ready
from chatapp.core.stream_events import ProviderEvent
from chatapp.providers.directory import EndpointDirectory
from chatapp.providers.presets import PRESETS
from tests.support.chat_server import ChatServer, Stall


class Embedded:
    """A prepared provider that only counts."""

    def __init__(self) -> None:
        self.is_closed = False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        yield ()

    async def list_models(self) -> tuple[str, ...]:
        raise AssertionError("listing its model must not start it")

    async def prepare(self, report: Callable[[Preparation], None]) -> None:
        report(Ready())

    async def close(self) -> None:
        self.is_closed = True


LOCAL = Endpoint("local", "", needs_key=False, models=("small",), is_embedded=True)


def directory_of(*endpoints: Endpoint, embedded: Embedded | None = None) -> EndpointDirectory:
    return EndpointDirectory([*endpoints, LOCAL], lambda: embedded or Embedded())


async def test_each_endpoint_is_asked_at_once_and_answers_as_it_can(
    chat_server: ChatServer,
) -> None:
    with ChatServer() as gone:
        refused = Endpoint("refused", gone.base_url, needs_key=False)
    with ChatServer() as stalling:
        stalling.models_script = [Stall()]
        directory = directory_of(
            Endpoint("slow", stalling.base_url, needs_key=False, models=("mine",)),
            refused,
            Endpoint("good", chat_server.base_url, needs_key=False, models=("extra", "test-model")),
        )
        answers: list[ModelList] = []
        await directory.list_all(1.5, answers.append)
        await directory.close()
    by_name = {answer.endpoint: answer for answer in answers}
    assert [answer.endpoint for answer in answers][-1] == "slow"
    assert by_name["local"] == ModelList("local", ("small",))
    assert by_name["good"].models == ("extra", "test-model", "other-model")
    assert by_name["good"].failure is None
    for name, kind in (
        ("refused", FailureKind.CONNECTION_REFUSED),
        ("slow", FailureKind.TIMED_OUT),
    ):
        failure = by_name[name].failure
        assert failure is not None
        assert failure.kind is kind
    assert by_name["slow"].models == ("mine",)


async def test_a_missing_model_name_is_the_first_listed(chat_server: ChatServer) -> None:
    directory = directory_of(Endpoint("server", chat_server.base_url, needs_key=False))
    named = ModelRef("server", "named")
    assert await directory.resolve(named) == named
    assert not chat_server.exchanges
    chat_server.models = ["only"]
    assert await directory.resolve(ModelRef("server", "")) == ModelRef("server", "only")
    chat_server.models = []
    with pytest.raises(ProviderError) as raised:
        await directory.resolve(ModelRef("server", ""))
    assert raised.value.failure.kind is FailureKind.MODEL_NOT_FOUND
    await directory.close()


async def test_the_embedded_provider_is_one_and_is_closed() -> None:
    embedded = Embedded()
    directory = directory_of(embedded=embedded)
    assert directory.provider("local") is embedded
    assert directory.prepared_provider("local") is embedded
    await directory.close()
    assert embedded.is_closed


async def test_other_endpoints_need_no_preparation() -> None:
    directory = directory_of(Endpoint("other", "http://127.0.0.1:9/v1", needs_key=False))
    assert directory.prepared_provider("other") is None
    assert directory.provider("other") is directory.provider("other")
    with pytest.raises(KeyError):
        directory.provider("nowhere")
    await asyncio.wait_for(directory.close(), 1)


def test_the_sdk_waits_until_it_is_needed() -> None:
    program = (
        "import sys, chatapp.providers.directory, chatapp.providers.presets as p;"
        "assert not {'openai', 'httpx2', 'textual'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_presets_are_sound() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS) >= 12
    for preset in PRESETS:
        assert not preset.base_url.endswith("/")
        assert "/" not in preset.name
        if preset.key_variable is None:
            assert preset.base_url.startswith("http://localhost:")
        else:
            assert preset.base_url.startswith("https://")
            assert preset.default_model
