"""The real default model behind the real client, as the session uses it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from chatapp.core.errors import Failure, FailureKind, LocalModelError, ProviderError
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest, PreparedProvider, Sampling, ToolDeclaration
from chatapp.core.preparation import Preparation, Ready, Starting, Unavailable
from chatapp.core.stream_events import (
    Interruption,
    PromptProgressed,
    ProviderEvent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from chatapp.extras import LOCAL, install_command
from chatapp.providers import local_model as local_model_module
from chatapp.providers.local_model import LocalModel
from chatapp.providers.model_download import EmbeddedModel
from chatapp.session.compaction import summary_request

WEATHER = ToolDeclaration(
    "get_weather",
    "Get the current weather for a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest_asyncio.fixture
async def local_model(real_model: EmbeddedModel) -> AsyncIterator[LocalModel]:
    local_model = LocalModel(real_model.path.parent)
    yield local_model
    await local_model.close()


def asking(
    text: str, *, max_tokens: int = 32, tools: tuple[ToolDeclaration, ...] = ()
) -> ChatRequest:
    message = ChatMessage("1", None, Role.USER, (TextPart(text),), created_at=0.0)
    sampling = Sampling(temperature=0.0, max_tokens=max_tokens)
    return ChatRequest("smollm2-135m-instruct", (message,), sampling=sampling, tools=tools)


async def answer(local_model: LocalModel, request: ChatRequest) -> list[ProviderEvent]:
    return [event async for batch in local_model.stream(request) for event in batch]


def text_of(events: Sequence[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def children() -> list[psutil.Process]:
    return psutil.Process().children()


async def test_first_request_starts_it_and_is_answered(local_model: LocalModel) -> None:
    provider: PreparedProvider = local_model
    assert await provider.list_models() == ("smollm2-135m-instruct",)
    events = await answer(local_model, asking("Hello"))
    assert isinstance(events[0], ResponseStarted)
    assert text_of(events).strip()
    (usage,) = [event.usage for event in events if isinstance(event, UsageReported)]
    assert usage.prompt_tokens > 10
    assert 0 < usage.completion_tokens <= 32
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert not usage.is_estimated
    assert any(isinstance(event, ResponseFinished) for event in events)


async def test_reading_a_long_prompt_is_seen(local_model: LocalModel) -> None:
    events = await answer(local_model, asking("Count these words: " + "word " * 700, max_tokens=1))
    progress = [event for event in events if isinstance(event, PromptProgressed)]
    assert [step.processed for step in progress] == sorted(step.processed for step in progress)
    assert progress[0].processed < progress[-1].processed == progress[-1].total
    assert progress[-1].total > 700


async def test_everyone_who_prepares_shares_one_process(local_model: LocalModel) -> None:
    steps: list[list[Preparation]] = [[], [], []]
    await asyncio.gather(*(local_model.prepare(each.append) for each in steps))
    assert [each[0] for each in steps] == [Starting()] * 3
    assert [each[-1] for each in steps] == [Ready()] * 3
    assert len(children()) == 1
    again: list[Preparation] = []
    await local_model.prepare(again.append)
    assert again == [Ready()]


async def test_tools_are_really_called(local_model: LocalModel) -> None:
    request = asking("What is the weather in Paris right now?", max_tokens=120, tools=(WEATHER,))
    events = await answer(local_model, request)
    assert [e.name for e in events if isinstance(e, ToolCallStarted)] == ["get_weather"]
    arguments = "".join(e.arguments for e in events if isinstance(e, ToolCallDelta))
    assert "Paris" in arguments


async def test_closing_the_stream_stops_the_model(local_model: LocalModel) -> None:
    await local_model.prepare(lambda _: None)
    (process,) = children()
    async with aclosing(local_model.stream(asking("Write a story.", max_tokens=3000))) as batches:
        async for batch in batches:
            if text_of(batch):
                break
    async with asyncio.timeout(10):
        while process.cpu_percent(0.2) > 20:
            await asyncio.sleep(0)


async def test_crash_is_told_and_the_next_request_starts_it_again(
    local_model: LocalModel,
) -> None:
    await local_model.prepare(lambda _: None)
    (process,) = children()
    events: list[ProviderEvent] = []
    async for batch in local_model.stream(asking("Write a story.", max_tokens=3000)):
        events += batch
        if text_of(batch) and process.is_running():
            process.kill()
    assert isinstance(events[-1], ResponseInterrupted)
    assert isinstance(events[-1].cause, Failure)
    assert events[-1].cause.kind is FailureKind.LOCAL_MODEL
    assert "was killed" in events[-1].cause.summary
    assert text_of(await answer(local_model, asking("Hello"))).strip()


async def test_crash_between_requests_goes_unnoticed(local_model: LocalModel) -> None:
    await local_model.prepare(lambda _: None)
    (process,) = children()
    process.kill()
    async with asyncio.timeout(10):
        while local_model._is_running:  # the event loop hears of it a moment later
            await asyncio.sleep(0.01)
    events = await answer(local_model, asking("Hello"))
    assert text_of(events).strip()


async def test_close_in_the_middle_is_fast_and_leaves_nothing(local_model: LocalModel) -> None:
    async for batch in local_model.stream(asking("Write a story.", max_tokens=3000)):
        if text_of(batch):
            async with asyncio.timeout(1.0):
                await local_model.close()
    assert children() == []


async def test_close_while_it_starts_leaves_nothing(local_model: LocalModel) -> None:
    asked = asyncio.create_task(answer(local_model, asking("Hello")))
    preparing = asyncio.create_task(local_model.prepare(lambda _: None))
    async with asyncio.timeout(10):
        while not children():
            await asyncio.sleep(0.01)
        await local_model.close()
        await preparing
    assert await asked == [ResponseInterrupted(Interruption.STOPPED)]
    assert children() == []


async def test_who_stops_waiting_stops_nobody_else(local_model: LocalModel) -> None:
    leaving_heard: list[Preparation] = []
    staying_heard: list[Preparation] = []
    leaving = asyncio.create_task(local_model.prepare(leaving_heard.append))
    staying = asyncio.create_task(local_model.prepare(staying_heard.append))
    async with asyncio.timeout(30):
        while not children():
            await asyncio.sleep(0.01)
        leaving.cancel()
        await staying
    assert staying_heard[-1] == Ready()
    assert Ready() not in leaving_heard


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
async def test_ctrl_c_in_the_terminal_does_not_reach_it(local_model: LocalModel) -> None:
    await local_model.prepare(lambda _: None)
    (process,) = children()
    process.send_signal(signal.SIGINT)
    assert text_of(await answer(local_model, asking("Hello"))).strip()
    assert children() == [process]


async def outcome(local_model: LocalModel) -> Failure:
    """Prepare and ask where neither can succeed; both must tell the same."""
    steps: list[Preparation] = []
    await local_model.prepare(steps.append)
    assert isinstance(steps[-1], Unavailable)
    (event,) = await answer(local_model, asking("Hello"))
    assert event == ResponseInterrupted(steps[-1].failure)
    return steps[-1].failure


async def test_without_the_library_it_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalModel, "is_installed", staticmethod(lambda: False))
    local_model = LocalModel(tmp_path)
    failure = await outcome(local_model)
    assert f"`{install_command(LOCAL)}`" in failure.summary
    assert "OPENAI_BASE_URL" in failure.next_step
    with pytest.raises(ProviderError, match="xllamacpp"):
        await local_model.list_models()
    await local_model.close()


async def test_failed_download_says_how_to_go_on_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[Path] = []

    async def fail(_source: None, folder: Path, _report: object) -> EmbeddedModel:
        attempts.append(folder)
        raise LocalModelError("No network.")

    monkeypatch.setattr(LocalModel, "is_installed", staticmethod(lambda: True))
    monkeypatch.setattr(local_model_module, "pull", fail)
    local_model = LocalModel(tmp_path)
    failure = await outcome(local_model)
    assert failure.summary == "No network."
    assert attempts == [tmp_path, tmp_path]
    await local_model.close()


async def test_a_conversation_is_summed_up_and_goes_on_from_the_summary(
    local_model: LocalModel,
) -> None:
    said = (
        (Role.USER, "My name is Ada. I build a sailing boat named Petrel. It is 7.2 m long."),
        (Role.ASSISTANT, "Nice to meet you, Ada! A boat named Petrel sounds lovely."),
        (Role.USER, "We take a gaff rig. The mast of Petrel shall be 5.5 m high."),
        (Role.ASSISTANT, "A gaff rig with a mast of 5.5 m fits Petrel well."),
    )
    path = tuple(
        ChatMessage(str(number), None, role, (TextPart(text),), 0.0)
        for number, (role, text) in enumerate(said)
    )
    asked = summary_request(ChatRequest(local_model.model_id, path), window=4096)
    # a model this small may not find an end
    bounded = replace(asked, sampling=Sampling(temperature=0.0, max_tokens=120))
    text = text_of(await answer(local_model, bounded))
    assert "Petrel" in text, text
    summary = ChatMessage("s", "3", Role.ASSISTANT, (TextPart(text),), 0.0, is_summary=True)
    question = ChatMessage("q", "s", Role.USER, (TextPart("What is the boat's name?"),), 0.0)
    further = ChatRequest(
        local_model.model_id, (*path, summary, question), sampling=Sampling(max_tokens=16)
    )
    events = await answer(local_model, further)
    assert any(isinstance(event, ResponseFinished) for event in events)
    assert await local_model.find_context_window(local_model.model_id) == 4096
