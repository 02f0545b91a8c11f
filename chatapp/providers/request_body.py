"""The JSON of a request, its history repaired so that every server accepts it.

A conversation may have been stopped, cut or edited anywhere. What is sent is always legal:
no reply is empty, every tool call is followed by exactly one answer, no answer stands alone.
A finished summary stands for all before it, as the model's own answer to the request for one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never, runtime_checkable

from chatapp.core.context import sent_messages
from chatapp.core.endpoints import Quirks
from chatapp.core.messages import (
    CANCELLED_ANSWER,
    ChatMessage,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.ports import ChatRequest, JsonValue

_Wire = dict[str, JsonValue]

SUMMARY_QUESTION = "Please summarise our conversation so far."
"""What a summary answers, where a history begins with it: many templates want a user to speak
first, and roles to take turns. As the person's own words the summary would speak with their
authority, and it holds what tools and web pages said."""

_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")


@runtime_checkable
class BodyBuilder(Protocol):
    """A provider that can show what it would send."""

    def request_body(self, request: ChatRequest) -> dict[str, JsonValue]:
        """The body that would be sent for a request."""
        ...


def build_request_body(request: ChatRequest, quirks: Quirks) -> dict[str, JsonValue]:
    """Build the body of a chat completion request."""
    sent = sent_messages(request.messages)
    messages = _system_message(request.system) + _history(sent)
    is_continued = request.continues_last and sent[-1:] == request.messages[-1:]
    last_role = messages[-1]["role"] if messages else None
    if is_continued and quirks.continue_field and last_role == Role.ASSISTANT:
        messages[-1][quirks.continue_field] = True
    body: dict[str, JsonValue] = {"model": request.model, "messages": messages}
    if request.is_streamed:
        body["stream"] = True
        if quirks.has_stream_options:
            body["stream_options"] = {"include_usage": True}
    if request.sampling.temperature is not None:
        body["temperature"] = request.sampling.temperature
    if request.sampling.max_tokens is not None:
        body[quirks.max_tokens_field] = request.sampling.max_tokens
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                },
            }
            for tool in request.tools
        ]
        body["tool_choice"] = _tool_choice(request)
        if request.has_parallel_tool_calls is not None:
            body["parallel_tool_calls"] = request.has_parallel_tool_calls
    return body


def _tool_choice(request: ChatRequest) -> JsonValue:
    """As servers want it; one that is not offered is no choice, for all would be refused."""
    choice = request.tool_choice
    if choice in ("auto", "none", "required"):
        return choice
    if choice not in (tool.name for tool in request.tools):
        return "auto"
    return {"type": "function", "function": {"name": choice}}


@dataclass(frozen=True, slots=True)
class _Turn:
    """A stretch of one message that becomes one wire message and its calls' answers."""

    role: Role
    text: str
    calls: tuple[ToolCallPart, ...] = ()
    results: tuple[ToolResultPart, ...] = ()


def _system_message(system: str) -> list[_Wire]:
    text = _encodable(system)
    return [{"role": Role.SYSTEM.value, "content": text}] if text.strip() else []


def _history(messages: Sequence[ChatMessage]) -> list[_Wire]:
    wire: list[_Wire] = []
    if messages and messages[0].is_summary:
        wire.append({"role": Role.USER.value, "content": SUMMARY_QUESTION})
    used_ids: set[str] = set()
    for turn in _answered(turn for message in messages for turn in _turns(message)):
        if turn.role is not Role.ASSISTANT:
            wire.append({"role": turn.role.value, "content": turn.text})
        elif turn.calls:
            wire += _calling(turn, used_ids)
        elif turn.text.strip():
            wire.append({"role": turn.role.value, "content": turn.text})
    return wire


def _turns(message: ChatMessage) -> Iterator[_Turn]:
    """Cut a message where a reply goes on after its calls were answered."""
    texts: list[str] = []
    calls: list[ToolCallPart] = []
    results: list[ToolResultPart] = []
    for part in message.parts:
        if isinstance(part, ReasoningPart):
            continue
        if results and not isinstance(part, ToolResultPart):
            yield _Turn(message.role, "".join(texts), tuple(calls), tuple(results))
            texts, calls, results = [], [], []
        match part:
            case TextPart(text) | RefusalPart(text):
                texts.append(_encodable(text))
            case ToolCallPart():
                calls.append(part)
            case ToolResultPart():
                results.append(part)
            case _:
                assert_never(part)
    yield _Turn(message.role, "".join(texts), tuple(calls), tuple(results))


def _answered(turns: Iterable[_Turn]) -> Iterator[_Turn]:
    """Give answers that came in messages of their own to the reply that asked for them."""
    asking: _Turn | None = None
    for turn in turns:
        if turn.role is Role.TOOL:
            if asking is not None:
                results = asking.results + turn.results
                asking = _Turn(asking.role, asking.text, asking.calls, results)
            continue
        if asking is not None:
            yield asking
        asking = turn
    if asking is not None:
        yield asking


def _calling(turn: _Turn, used_ids: set[str]) -> list[_Wire]:
    """A reply that calls tools, and one answer for each call, in their order."""
    wire_calls: list[_Wire] = []
    answers: list[_Wire] = []
    unused = list(turn.results)
    for call in turn.calls:
        wire_id = _unique(call.tool_call_id, used_ids)
        arguments = _legal_arguments(call.arguments)
        function = {"name": _legal_name(call.name), "arguments": arguments or "{}"}
        wire_calls.append({"id": wire_id, "type": "function", "function": function})
        result = next((r for r in unused if r.tool_call_id == call.tool_call_id), None)
        if result is not None:
            unused.remove(result)
        if result is not None and result.status.is_final:
            content = _encodable(result.content)
        elif arguments is None:
            content = f"error: the arguments are not a JSON object: {_encodable(call.arguments)}"
        else:
            content = CANCELLED_ANSWER
        answers.append({"role": Role.TOOL.value, "tool_call_id": wire_id, "content": content})
    reply: _Wire = {
        "role": turn.role.value,
        "content": turn.text if turn.text.strip() else None,
        "tool_calls": wire_calls,
    }
    return [reply, *answers]


def _unique(tool_call_id: str, used_ids: set[str]) -> str:
    """An id that no other call of the history has; servers match answers by it."""
    base = _encodable(tool_call_id) or "call"
    unique, number = base, 2
    while unique in used_ids:
        unique, number = f"{base}_{number}", number + 1
    used_ids.add(unique)
    return unique


def _legal_name(name: str) -> str:
    return _NOT_IN_A_NAME.sub("_", name)[:64] or "unknown"


def _legal_arguments(arguments: str) -> str | None:
    """The arguments when they are a JSON object ("{}" when there are none), else None."""
    if not arguments.strip():
        return "{}"
    try:
        parsed = json.loads(arguments, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return _encodable(arguments) if isinstance(parsed, dict) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _encodable(text: str) -> str:
    """Text without lone surrogates, which no request can carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
