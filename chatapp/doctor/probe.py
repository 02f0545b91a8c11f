"""One small request to an endpoint, and what it showed."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest, Provider, Sampling, ToolDeclaration
from chatapp.core.stream_events import (
    ProviderEvent,
    ReasoningDelta,
    ResponseInterrupted,
    TextDelta,
    ToolCallStarted,
    ToolsRefused,
    UsageReported,
)

FIRST_WORD_S = 45.0
"""How long the first word may take; a local model may have to be loaded first."""

REST_S = 5.0
"""How long the rest may take; some models do not stop at one word, whatever they are told."""

_QUESTION = "Reply with the one word OK."
_MOST_TOKENS = 200
"""Enough for a model that thinks before it says one word."""

_TOOL = ToolDeclaration(
    "doctor_probe",
    "Does nothing; there is no reason to call it.",
    {"type": "object", "properties": {}},
)


@dataclass(slots=True)
class Probe:
    """What one small request to an endpoint showed; times in seconds since it was sent.

    `is_cut_short` says that it had not ended when enough was known, so that its end is not.
    """

    has_reasoning: bool = False
    has_usage: bool = False
    refused_tools: bool = False
    failure: Failure | None = None
    ttft_s: float | None = None
    elapsed_s: float = 0.0
    is_cut_short: bool = False


async def ask_for_one_word(provider: Provider, model: str) -> Probe:
    """Ask for one short reply, with a tool in the request that nobody needs."""
    message = ChatMessage("doctor", None, Role.USER, (TextPart(_QUESTION),), 0.0)
    sampling = Sampling(max_tokens=_MOST_TOKENS)
    request = ChatRequest(model, (message,), sampling=sampling, tools=(_TOOL,))
    probe = Probe()
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    try:
        async with (
            asyncio.timeout(FIRST_WORD_S) as patience,
            aclosing(provider.stream(request)) as batches,
        ):
            async for batch in batches:
                for event in batch:
                    _note(probe, event, loop.time() - sent_at)
                if probe.ttft_s is not None:
                    patience.reschedule(sent_at + probe.ttft_s + REST_S)
    except TimeoutError:
        probe.is_cut_short = probe.ttft_s is not None
        if not probe.is_cut_short:
            words = f"no word of a reply came within {FIRST_WORD_S:g} s"
            advice = "The model may be loading or slow; try again, or another model."
            probe.failure = Failure(FailureKind.TIMED_OUT, words, advice)
    return probe


def _note(probe: Probe, event: ProviderEvent, at: float) -> None:
    probe.elapsed_s = at
    match event:
        case TextDelta() | ReasoningDelta() | ToolCallStarted():
            probe.ttft_s = at if probe.ttft_s is None else probe.ttft_s
            probe.has_reasoning |= isinstance(event, ReasoningDelta)
        case UsageReported():
            probe.has_usage = True
        case ToolsRefused():
            probe.refused_tools = True
        case ResponseInterrupted(cause=Failure() as failure):
            probe.failure = failure
        case _:
            pass
