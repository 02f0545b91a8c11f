"""Compaction: letting the model sum up a conversation, so that the summary stands for it.

The conversation is put to the model as a text to be read, in one message. As a history with one
more request at its end it would be answered rather than summed up by small models, refused by
servers that want tools declared when calls were made, and free to give orders in the words of
some web page.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from functools import cache
from itertools import takewhile
from typing import assert_never

from chatapp.core.context import (
    CompactPolicy,
    ContextFill,
    ContextMeter,
    ContextWindow,
    sent_messages,
)
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.ports import ChatRequest
from chatapp.core.usage import estimate_tokens

INSTRUCTION = """\
Summarise the conversation below, so that you can go on from the summary alone. Keep facts and \
figures, names, decisions and their reasons, what was tried and failed, file paths, code \
identifiers, code that matters, and open questions; if the last question has no answer yet, \
repeat it word for word. Leave out greetings and detours. Write short points, in the language of \
the conversation, and nothing besides the summary."""

CONCLUSION = "End of the conversation. Now write the summary, in short points."
"""Said once more after the text, which may be long."""

_LEFT_OUT = "[The beginning is too long to be shown; say that the summary lacks it.]"

_LABELS = {Role.SYSTEM: "System", Role.USER: "User", Role.ASSISTANT: "Assistant", Role.TOOL: "Tool"}

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


def summary_request(
    request: ChatRequest, window: int | None = None, refused: int = 0
) -> ChatRequest:
    """The request for a summary of the messages that `request` would send, made to fit.

    `window` is the model's, in tokens. Where the conversation was too long for the same model, no
    more than half of it is asked about, a quarter after two such answers, and so on; `refused`
    counts those to earlier requests for this summary. The length of the reply is not limited,
    for half a summary is none.
    """
    messages = sent_messages(request.messages)
    room = _room(request, window, refused)
    text = _conversation(messages, room)
    asking = ChatMessage(
        message_id="summary-request",
        parent_id=None,
        role=Role.USER,
        parts=(TextPart(f"{INSTRUCTION}\n\n{text}\n\n{CONCLUSION}"),),
        created_at=messages[-1].created_at if messages else 0.0,
    )
    return ChatRequest(
        model=request.model,
        messages=(asking,),
        sampling=replace(request.sampling, max_tokens=None),
        is_streamed=request.is_streamed,
    )


def why_unused(message: ChatMessage) -> str:
    """Why a summary does not stand for what came before it, in a sentence; "" where it does."""
    if message.replaces_history:
        return ""
    if message.failure is not None:
        return message.failure.summary
    match message.ending:
        case Ending.STOPPED:
            return "It was stopped."
        case Ending.FINISHED if not message.text.strip():
            return "The model wrote none."
        case Ending.FINISHED if message.finish_reason == "content_filter":
            return "The server withheld it."
        case Ending.FINISHED if message.finish_reason == "length":
            return "It was cut at the token limit."
        case _:
            return "It was cut off."


def summary_failure(failure: Failure) -> Failure:
    """The failure of a summary, with what can be done: it is made anew, never continued."""
    if failure.kind is FailureKind.CONTEXT_OVERFLOW:
        step = "Make it anew: the model is shown half as much then. Or choose one that reads more."
        return replace(failure, next_step=step, actions=("retry", "model"))
    if "continue" in failure.actions:
        step = "Make it anew, or choose another model."
        return replace(failure, next_step=step, actions=("retry", "model"))
    return failure


def _room(request: ChatRequest, window: int | None, refused: int) -> float | None:
    """How many tokens, by estimate, the conversation's text may have; None for any number."""
    meter = ContextMeter()
    estimate = meter.estimate(request)
    refusals = refused + _refusals(request.messages, request.model)
    accepted = estimate / 2**refusals if refusals else None
    if window is None:
        return accepted
    usable = (window - min(_SUMMARY_RESERVE, window // 4)) * _USABLE_SHARE
    counted = meter.fill(request).total
    if counted > estimate:  # the server's own prompt, or a text of shorter tokens than most
        least = window / 8  # with less of it a summary is of no use
        usable = max(usable - (counted - estimate), usable * estimate / counted, least)
    usable -= estimate_tokens(INSTRUCTION + CONCLUSION)
    return usable if accepted is None else min(usable, accepted)


def was_too_long(message: ChatMessage, model: str) -> bool:
    """Whether a reply failed because this model cannot read so much; another one may."""
    is_its_own = message.model is None or message.model.model == model
    return is_its_own and _was_too_long_for_any(message)


def _was_too_long_for_any(message: ChatMessage) -> bool:
    return message.failure is not None and message.failure.kind is FailureKind.CONTEXT_OVERFLOW


def _refusals(messages: tuple[ChatMessage, ...], model: str) -> int:
    """How often in a row, at the end, a server found the conversation too long for a model."""
    replies = (message for message in reversed(messages) if message.role is Role.ASSISTANT)
    refused = takewhile(_was_too_long_for_any, replies)
    return sum(was_too_long(reply, model) for reply in refused)


def _conversation(messages: tuple[ChatMessage, ...], room: float | None) -> str:
    """All that was said, as a text of at most `room` tokens.

    Where it is too long the tools' answers are shortened, then all texts; at last the oldest
    paragraphs are left out.
    """
    measure = cache(estimate_tokens)  # most paragraphs are the same each time

    def size(paragraphs: Iterable[str]) -> float:
        return sum(measure(paragraph) + 1 for paragraph in paragraphs)

    shortened: list[str] = []
    for result_cap, text_cap in _caps():
        shortened = list(_paragraphs(messages, result_cap, text_cap))
        if room is None or size(shortened) <= room:
            return "\n\n".join(shortened)
    kept: list[str] = []
    room = (room or 0.0) - size([_LEFT_OUT])
    while shortened and (not kept or size(shortened[-1:]) <= room):
        room -= size(shortened[-1:])
        kept.append(shortened.pop())
    return "\n\n".join([_LEFT_OUT, *reversed(kept)])


def _caps() -> Iterator[tuple[int | None, int | None]]:
    """How many characters of a tool's answer and of any other text are shown, less and less."""
    yield None, None
    for cap in _CAPS:
        yield cap, None
    for cap in _CAPS:
        yield _CAPS[-1], cap


def _paragraphs(
    messages: Iterable[ChatMessage], result_cap: int | None, text_cap: int | None
) -> Iterator[str]:
    """Who said what, which tools were called and what they answered."""
    for message in messages:
        label = "Summary of what was said before" if message.is_summary else _LABELS[message.role]
        for part in message.parts:
            cap = result_cap if isinstance(part, ToolResultPart) else text_cap
            if text := _part_text(part).strip():
                yield f"{_part_label(part) or label}: {_cut_middle(text, cap)}"


def _part_text(part: Part) -> str:
    match part:
        case TextPart(text) | RefusalPart(text):
            return text
        case ToolCallPart(_, name, arguments):
            return f"{name}({arguments})"
        case ToolResultPart(_, content):
            return content
        case ReasoningPart():
            return ""
        case _:
            assert_never(part)


def _part_label(part: Part) -> str:
    if isinstance(part, ToolCallPart):
        return "Assistant calls"
    return "Tool answers" if isinstance(part, ToolResultPart) else ""


def _cut_middle(text: str, cap: int | None) -> str:
    """At most about `cap` characters: more of the beginning than of the end."""
    if cap is None or len(text) <= cap:
        return text
    head, tail = cap * 2 // 3, cap // 3
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[-tail:]}"
