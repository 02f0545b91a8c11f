"""How full a model's context window is: what a request fills it with, in tokens."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

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
from chatapp.core.ports import ChatRequest, ToolDeclaration
from chatapp.core.usage import Usage, estimate_tokens

TOKENS_PER_MESSAGE = 4
"""What a chat template adds around each message, about (OpenAI's cookbook counts 3 to 4)."""

REPLY_RESERVE = 1024
"""Tokens kept free for the reply where no setting limits it."""

WARNING_SHARE = 0.8
"""From this share of the window on a person should notice."""

_LARGEST_ERROR = 1.5
"""Up to this many times its estimate a text may really have; what is reported beyond that is
something we did not send, such as a prompt of the server's own."""


class CompactPolicy(StrEnum):
    """What happens when the next request would not fit into the window."""

    ASK = "ask"
    AUTO = "auto"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """How many tokens a model reads and writes at once, and in words who says so."""

    tokens: int
    source: str


@dataclass(frozen=True, slots=True)
class ContextFill:
    """What a request fills the window with, in tokens.

    The parts are estimates always; `is_estimated` says whether their sum is one too, or what
    the server reported. `other` is what it counts beyond all that we send. `reply_reserve` comes
    on top: what the reply may take.
    """

    system: int = 0
    user: int = 0
    replies: int = 0
    tool_results: int = 0
    tools: int = 0
    other: int = 0
    reply_reserve: int = REPLY_RESERVE
    is_estimated: bool = True

    @property
    def messages(self) -> int:
        """The conversation: what the person wrote, the replies and the tools' answers."""
        return self.user + self.replies + self.tool_results

    @property
    def total(self) -> int:
        """All of the request."""
        return self.system + self.messages + self.tools + self.other

    def with_reply(self, tokens: int) -> "ContextFill":
        """The same while a reply streams of which so many tokens have come, by estimate."""
        return replace(self, replies=self.replies + tokens, is_estimated=True) if tokens else self

    def share_of(self, window: ContextWindow) -> float:
        """How much of the window the request takes; more than 1 when it does not fit."""
        return self.total / window.tokens

    def fits(self, window: ContextWindow) -> bool:
        """Whether the request and a reply have room; a huge reserve counts as half the window."""
        return self.total + min(self.reply_reserve, window.tokens // 2) <= window.tokens


def sent_messages(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """Those messages of a path that a server is sent.

    They begin with the last finished summary, which stands for all before it. A summary that
    did not come to its end says nothing reliable and is left out.
    """
    sent: list[ChatMessage] = []
    for message in messages:
        if message.replaces_history:
            sent = [message]
        elif not message.is_summary:
            sent.append(message)
    return tuple(sent)


def estimate_prompt_tokens(request: ChatRequest) -> int:
    """Guess what the request's messages and tools cost, for servers that do not say."""
    return round(ContextMeter().estimate(request))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Estimates by kind, before rounding."""

    system: float = 0.0
    user: float = 0.0
    replies: float = 0.0
    tool_results: float = 0.0
    tools: float = 0.0

    @property
    def total(self) -> float:
        return self.system + self.user + self.replies + self.tool_results + self.tools

    def __add__(self, other: "_Tokens") -> "_Tokens":
        return _Tokens(
            self.system + other.system,
            self.user + other.user,
            self.replies + other.replies,
            self.tool_results + other.tool_results,
            self.tools + other.tools,
        )


class ContextMeter:
    """Tells the fill of requests; reads each message and each tool only once."""

    def __init__(self) -> None:
        self._messages: dict[str, tuple[ChatMessage, _Tokens]] = {}
        self._tools: dict[str, tuple[ToolDeclaration, float]] = {}
        self._system = ("", 0.0)

    def fill(self, request: ChatRequest) -> ContextFill:
        """What the request takes, corrected by what the server last reported for its model."""
        estimate = self._estimate(request)
        reported = self._reported_total(request)
        total = max(0.0, estimate.total + self._excess(request)) if reported is None else reported
        factor = min(total / estimate.total, _LARGEST_ERROR) if estimate.total else 0.0
        system, user, results, tools, all_parts = (
            round(tokens * factor)
            for tokens in (
                estimate.system,
                estimate.user,
                estimate.tool_results,
                estimate.tools,
                estimate.total,
            )
        )
        limit = request.sampling.max_tokens
        return ContextFill(
            system=system,
            user=user,
            replies=max(0, all_parts - system - user - results - tools),
            tool_results=results,
            tools=tools,
            other=max(0, round(total) - all_parts),
            reply_reserve=REPLY_RESERVE if limit is None else limit,
            is_estimated=reported is None,
        )

    def estimate(self, request: ChatRequest) -> float:
        """The tokens that the request takes by estimate alone."""
        return self._estimate(request).total

    def _estimate(self, request: ChatRequest) -> _Tokens:
        return self._beside(request) + self._sum(sent_messages(request.messages))

    def _beside(self, request: ChatRequest) -> _Tokens:
        """The system prompt and the tools."""
        if self._system[0] != request.system:
            self._system = request.system, estimate_tokens(request.system) + TOKENS_PER_MESSAGE
        tools = sum(self._of_tool(tool) for tool in request.tools)
        return _Tokens(system=self._system[1] if request.system else 0.0, tools=tools)

    def _sum(self, messages: Iterable[ChatMessage]) -> _Tokens:
        system = user = replies = results = 0.0
        for message in messages:
            tokens = self._of_message(message)
            system += tokens.system
            user += tokens.user
            replies += tokens.replies
            results += tokens.tool_results
        return _Tokens(system, user, replies, results)

    def _of_message(self, message: ChatMessage) -> _Tokens:
        known = self._messages.get(message.message_id)
        if known is None or known[0] is not message:
            known = self._messages[message.message_id] = message, _estimate_message(message)
        return known[1]

    def _of_tool(self, tool: ToolDeclaration) -> float:
        known = self._tools.get(tool.name)
        if known is None or known[0] is not tool:
            parameters = json.dumps(tool.parameters, ensure_ascii=False)
            tokens = estimate_tokens(f"{tool.name}{tool.description}{parameters}")
            known = self._tools[tool.name] = tool, tokens
        return known[1]

    def _reported_total(self, request: ChatRequest) -> int | None:
        """What the server's own figures make of it, where the path ends with what they count."""
        if not request.messages or request.messages[-1].is_summary:
            return None
        reply = request.messages[-1]
        usage = _reported_usage(reply, request.model)
        if usage is None or usage.responses > 1 or reply.tool_calls:
            return None
        if reply.reasoning and usage.reasoning_tokens is None:
            return None
        return usage.prompt_tokens + usage.completion_tokens - (usage.reasoning_tokens or 0)

    def _excess(self, request: ChatRequest) -> float:
        """How many tokens more than estimated this model had when it last reported."""
        for place in range(len(request.messages) - 1, -1, -1):
            reply = request.messages[place]
            if reply.replaces_history:  # what was counted before it is sent no more
                break
            usage = _reported_usage(reply, request.model)
            if usage is not None and not reply.is_summary:
                counted = replace(request, messages=request.messages[: place + 1])
                if (total := self._reported_total(counted)) is not None:
                    return total - self.estimate(counted)
                before = self._beside(request) + self._sum(sent_messages(request.messages[:place]))
                prompts = before.total * usage.responses + _repeated_tokens(reply)
                return (usage.prompt_tokens - prompts) / usage.responses
        return 0.0


def _reported_usage(message: ChatMessage, model: str) -> Usage | None:
    """The server's own figures, where the message is a reply of this model that has some."""
    usage = message.usage
    if usage is None or usage.is_estimated or not usage.prompt_tokens:
        return None
    return usage if message.model is not None and message.model.model == model else None


def _responses(reply: ChatMessage) -> list[list[Part]]:
    """The parts of each response in a reply that holds a whole turn, with its tools' answers."""
    responses: list[list[Part]] = [[]]
    for part in reply.parts:
        is_answered = any(isinstance(earlier, ToolResultPart) for earlier in responses[-1][-1:])
        if is_answered and not isinstance(part, ToolResultPart):
            responses.append([])
        responses[-1].append(part)
    return responses


def _repeated_tokens(reply: ChatMessage) -> float:
    """What the reply's own earlier responses add to the prompts of its later ones."""
    *earlier, _last = _responses(reply)
    return sum(
        _estimate_texts(_sent_texts(parts)) * (len(earlier) - place)
        for place, parts in enumerate(earlier)
    )


def _estimate_message(message: ChatMessage) -> _Tokens:
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    others = [part for part in message.parts if not isinstance(part, ToolResultPart)]
    own = TOKENS_PER_MESSAGE + _estimate_texts(_sent_texts(others))
    answers = TOKENS_PER_MESSAGE * len(results) + _estimate_texts(_sent_texts(results))
    match message.role:
        case Role.SYSTEM:
            return _Tokens(system=own, tool_results=answers)
        case Role.USER:
            return _Tokens(user=own, tool_results=answers)
        case Role.ASSISTANT:
            return _Tokens(replies=own, tool_results=answers)
        case Role.TOOL:
            return _Tokens(tool_results=own + answers)
        case _:
            assert_never(message.role)


def _estimate_texts(texts: Iterable[str]) -> float:
    return sum(map(estimate_tokens, texts))


def _sent_texts(parts: Sequence[Part]) -> Iterator[str]:
    """What a server is sent of a message: all but the reasoning."""
    for part in parts:
        match part:
            case TextPart(text) | RefusalPart(text):
                yield text
            case ToolCallPart(_, name, arguments):
                yield name + arguments
            case ToolResultPart(_, content):
                yield content
            case ReasoningPart():
                pass
            case _:
                assert_never(part)
