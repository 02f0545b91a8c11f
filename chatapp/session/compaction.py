"""Compaction: letting the model sum up a conversation, so that the summary stands for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import assert_never

from chatapp.core.context import (
    CompactPolicy,
    ContextFill,
    ContextMeter,
    ContextWindow,
    sent_messages,
)
from chatapp.core.errors import FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.ports import ChatRequest

INSTRUCTION = """\
Summarise our conversation so far. Your summary will stand in place of everything above, and you \
will go on from it alone. Keep what is still of use: facts and figures, names, decisions and \
their reasons, what was tried and failed, file paths, code identifiers, code that matters, and \
open questions. If my last question has no answer yet, repeat it word for word. Leave out \
greetings and detours. Write short points under short headings, in the language of our \
conversation, and nothing besides the summary."""

_LEFT_OUT = "The oldest messages were too long to be shown here; say that the summary lacks them."

_SUMMARY_RESERVE = 2048
"""Tokens kept free for the summary, where the window is large enough."""

_USABLE_SHARE = 0.85
"""How much of the rest is filled: a token count before sending is an estimate."""

_CAPS = (8000, 4000, 2000, 1000, 500)
"""To how many characters texts are shortened, one after the other, until all of it fits."""


class Advice(StrEnum):
    """What to do about the next request."""

    SEND = "send"
    TELL = "tell"
    COMPACT = "compact"


def advise(policy: CompactPolicy, fill: ContextFill, window: ContextWindow | None) -> Advice:
    """Whether the next request fits, and if not, what the person wants then."""
    if window is None or fill.fits(window):
        return Advice.SEND
    match policy:
        case CompactPolicy.ASK:
            return Advice.TELL
        case CompactPolicy.AUTO:
            return Advice.COMPACT
        case CompactPolicy.OFF:
            return Advice.SEND
        case _:
            assert_never(policy)


def summary_request(request: ChatRequest, window: int | None = None) -> ChatRequest:
    """The request for a summary of what `request` would send, made to fit.

    `window` is the model's, in tokens. Where it is None and a server found the conversation too
    long, half of it is asked about, a quarter after two such answers, and so on. The system
    prompt stays: servers keep what they read of an unchanged beginning. The length of the reply
    is not limited, for half a summary is none.
    """
    asked = replace(
        request,
        tools=(),
        tool_choice="auto",
        has_parallel_tool_calls=None,
        sampling=replace(request.sampling, max_tokens=None),
        continues_last=False,
    )
    meter = ContextMeter()
    room = _room(request, window, meter)
    messages = _without_empty_end(sent_messages(request.messages))
    whole = replace(asked, messages=_with_instruction(messages, INSTRUCTION))
    if room is None or meter.estimate(whole).total <= room:
        return whole
    return _fitted(asked, messages, room, meter)


def _room(request: ChatRequest, window: int | None, meter: ContextMeter) -> float | None:
    """How many tokens, by estimate, the request may have; None for any number."""
    estimate = meter.estimate(request).total
    if window is None:
        refusals = _refusals(request.messages)
        return estimate / 2**refusals if refusals else None
    correction = meter.fill(request).total / max(estimate, 1.0)
    usable = (window - min(_SUMMARY_RESERVE, window // 4)) * _USABLE_SHARE
    return usable / max(correction, 1.0)


def _refusals(messages: tuple[ChatMessage, ...]) -> int:
    """How often in a row, at the end, a server found the conversation too long."""
    count = 0
    for message in reversed(messages):
        if message.failure is not None and message.failure.kind is FailureKind.CONTEXT_OVERFLOW:
            count += 1
        elif message.role is Role.ASSISTANT:
            break
    return count


def _fitted(
    asked: ChatRequest, messages: tuple[ChatMessage, ...], room: float, meter: ContextMeter
) -> ChatRequest:
    """Shorten the tools' answers, then all texts, then leave out the oldest messages."""
    shortened = messages
    for shorten in _shortenings():
        shortened = tuple(map(shorten, messages))
        whole = replace(asked, messages=_with_instruction(shortened, INSTRUCTION))
        if meter.estimate(whole).total <= room:
            return whole
    instruction = f"{INSTRUCTION}\n\n{_LEFT_OUT}"
    bare = replace(asked, messages=_with_instruction((), instruction))
    used = meter.estimate(bare).total
    first = len(shortened)
    while first > 0:
        used += meter.estimate(ChatRequest(asked.model, (shortened[first - 1],))).total
        if used > room and first < len(shortened):
            break
        first -= 1
    while first < len(shortened) - 1 and shortened[first].role is not Role.USER:
        first += 1
    return replace(asked, messages=_with_instruction(shortened[first:], instruction))


def _shortenings() -> Iterator[Callable[[ChatMessage], ChatMessage]]:
    """Ways to shorten a message, the gentlest first."""
    for cap in _CAPS:
        yield partial(_shortened, result_cap=cap, text_cap=None)
    for cap in _CAPS:
        yield partial(_shortened, result_cap=_CAPS[-1], text_cap=cap)


def _shortened(message: ChatMessage, *, result_cap: int, text_cap: int | None) -> ChatMessage:
    parts = tuple(_shortened_part(part, result_cap, text_cap) for part in message.parts)
    return message if parts == message.parts else replace(message, parts=parts)


def _shortened_part(part: Part, result_cap: int, text_cap: int | None) -> Part:
    match part:
        case ToolResultPart(content=content):
            return replace(part, content=_cut_middle(content, result_cap))
        case TextPart(text) | RefusalPart(text):
            return part if text_cap is None else replace(part, text=_cut_middle(text, text_cap))
        case ToolCallPart(arguments=arguments):
            if text_cap is None or len(arguments) <= text_cap:
                return part
            left_out = json.dumps({"left_out": f"{len(arguments)} characters"})
            return replace(part, arguments=left_out)
        case ReasoningPart():
            return part
        case _:
            assert_never(part)


def _cut_middle(text: str, cap: int) -> str:
    """At most about `cap` characters: more of the beginning than of the end."""
    if len(text) <= cap:
        return text
    head, tail = cap * 2 // 3, cap // 3
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[-tail:]}"


def _without_empty_end(messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """The messages without the replies at the end that say nothing, and so are not sent."""
    end = len(messages)
    while end and not _says_something(messages[end - 1]):
        end -= 1
    return messages[:end]


def _says_something(message: ChatMessage) -> bool:
    return message.role is not Role.ASSISTANT or any(
        isinstance(part, ToolCallPart)
        or (isinstance(part, TextPart | RefusalPart) and part.text.strip())
        for part in message.parts
    )


def _with_instruction(
    messages: tuple[ChatMessage, ...], instruction: str
) -> tuple[ChatMessage, ...]:
    """The messages with the instruction at the end, in the person's last one if that ends them.

    Some templates refuse two messages of the person in a row.
    """
    last = messages[-1] if messages else None
    if last is not None and last.role is Role.USER:
        merged = replace(last, parts=(*last.parts, TextPart(f"\n\n---\n\n{instruction}")))
        return (*messages[:-1], merged)
    asking = ChatMessage(
        message_id="summary-instruction",
        parent_id=last.message_id if last else None,
        role=Role.USER,
        parts=(TextPart(instruction),),
        created_at=last.created_at if last else 0.0,
    )
    return (*messages, asking)
