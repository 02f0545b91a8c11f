"""Messages and conversations as JSON values: what export files and the database hold.

Reading is strict about what it knows and lets pass what it does not, so that a file of a later
version that only says more can still be read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, assert_never

from chatapp.core.errors import CodecError, Failure, FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.ports import JsonValue
from chatapp.core.records import ConversationHeader, StoredConversation, TitleSource
from chatapp.core.usage import Timing, Usage

CODEC_VERSION = 1
"""One more when a value of before can no longer be read as it is."""

FORMAT = "chatapp"

JsonObject = dict[str, JsonValue]

_Choice = TypeVar("_Choice", bound=StrEnum)
_Value = TypeVar("_Value")


def conversation_to_json(conversation: StoredConversation) -> JsonObject:
    """The whole conversation, all branches."""
    header = conversation.header
    return {
        "format": FORMAT,
        "version": CODEC_VERSION,
        "id": header.conversation_id,
        "title": header.title,
        "title_source": header.title_source.value,
        "created_at": header.created_at,
        "updated_at": header.updated_at,
        "model": _model_to_json(header.model),
        "is_pinned": header.is_pinned,
        "leaf_id": conversation.leaf_id,
        "unsent_text": conversation.unsent_text,
        **({} if conversation.system is None else {"system": conversation.system}),
        "messages": [message_to_json(message) for message in conversation.messages],
    }


def conversation_from_json(value: JsonValue) -> StoredConversation:
    """Read what `conversation_to_json` made. Raises CodecError."""
    fields = _Fields.of(value, "the conversation")
    if fields.text("format", FORMAT) != FORMAT:
        raise CodecError("the file is not a conversation of chatapp")
    version = fields.count("version")
    if version > CODEC_VERSION:
        raise CodecError(f"the file has version {version}; this chatapp reads {CODEC_VERSION}")
    messages = tuple(
        _read_message(item, f"message {number}")
        for number, item in enumerate(fields.items("messages"), start=1)
    )
    unsent_text = fields.text("unsent_text", "")
    header = ConversationHeader(
        conversation_id=fields.text("id"),
        title=fields.text("title"),
        created_at=fields.number("created_at"),
        updated_at=fields.number("updated_at"),
        model=_read_model(fields.get("model"), "the conversation's model"),
        message_count=len(messages),
        is_pinned=fields.flag("is_pinned"),
        title_source=fields.choice("title_source", TitleSource, TitleSource.FIRST_MESSAGE),
        has_unsent_text=bool(unsent_text),
    )
    return StoredConversation(
        header=header,
        messages=messages,
        leaf_id=fields.optional("leaf_id", fields.text),
        unsent_text=unsent_text,
        system=fields.optional("system", fields.text),
    )


def message_to_json(message: ChatMessage) -> JsonObject:
    """One message; fields that say nothing are left out."""
    value: JsonObject = {
        "id": message.message_id,
        "parent_id": message.parent_id,
        "role": message.role.value,
        "parts": [part_to_json(part) for part in message.parts],
        "created_at": message.created_at,
        "model": None if message.model is None else _model_to_json(message.model),
        "ending": message.ending.value,
        "finish_reason": message.finish_reason,
        "failure": None if message.failure is None else _failure_to_json(message.failure),
        "usage": None if message.usage is None else _usage_to_json(message.usage),
        "timing": None if message.timing is None else _timing_to_json(message.timing),
        "cost_usd": message.cost_usd,
        "is_summary": message.is_summary or None,
    }
    return {key: item for key, item in value.items() if item is not None}


def message_from_json(value: JsonValue) -> ChatMessage:
    """Read what `message_to_json` made. Raises CodecError."""
    return _read_message(value, "the message")


def part_to_json(part: Part) -> JsonObject:
    """One part of a message; `type` tells its kind."""
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ReasoningPart(text):
            return {"type": "reasoning", "text": text}
        case RefusalPart(text):
            return {"type": "refusal", "text": text}
        case ToolCallPart(tool_call_id, name, arguments):
            return {"type": "tool_call", "id": tool_call_id, "name": name, "arguments": arguments}
        case ToolResultPart(tool_call_id, content, status, elapsed_s):
            return {
                "type": "tool_result",
                "tool_call_id": tool_call_id,
                "content": content,
                "status": status.value,
                "elapsed_s": elapsed_s,
            }
        case _:
            assert_never(part)


def part_from_json(value: JsonValue) -> Part:
    """Read what `part_to_json` made. Raises CodecError."""
    return _read_part(value, "the part")


def _read_message(value: JsonValue, place: str) -> ChatMessage:
    fields = _Fields.of(value, place)
    return ChatMessage(
        message_id=fields.text("id"),
        parent_id=fields.optional("parent_id", fields.text),
        role=fields.choice("role", Role),
        parts=tuple(
            _read_part(item, f"part {number} of {place}")
            for number, item in enumerate(fields.items("parts"), start=1)
        ),
        created_at=fields.number("created_at"),
        model=fields.part("model", _read_model),
        ending=fields.choice("ending", Ending, Ending.FINISHED),
        finish_reason=fields.optional("finish_reason", fields.text),
        failure=fields.part("failure", _read_failure),
        usage=fields.part("usage", _read_usage),
        timing=fields.part("timing", _read_timing),
        cost_usd=fields.optional("cost_usd", fields.number),
        is_summary=fields.flag("is_summary"),
    )


def _read_part(value: JsonValue, place: str) -> Part:
    fields = _Fields.of(value, place)
    match kind := fields.text("type"):
        case "text":
            return TextPart(fields.text("text"))
        case "reasoning":
            return ReasoningPart(fields.text("text"))
        case "refusal":
            return RefusalPart(fields.text("text"))
        case "tool_call":
            return ToolCallPart(fields.text("id"), fields.text("name"), fields.text("arguments"))
        case "tool_result":
            return ToolResultPart(
                fields.text("tool_call_id"),
                fields.text("content"),
                fields.choice("status", ToolStatus),
                fields.optional("elapsed_s", fields.number),
            )
        case _:
            raise CodecError(f"{place}: there is no kind of part called {kind!r}")


def _model_to_json(model: ModelRef) -> JsonObject:
    return {"endpoint": model.endpoint, "model": model.model}


def _read_model(value: JsonValue, place: str) -> ModelRef:
    fields = _Fields.of(value, place)
    return ModelRef(fields.text("endpoint"), fields.text("model"))


def _failure_to_json(failure: Failure) -> JsonObject:
    return {
        "kind": failure.kind.value,
        "summary": failure.summary,
        "next_step": failure.next_step,
        "actions": list(failure.actions),
        "status": failure.status,
        "server_words": failure.server_words,
        "request_id": failure.request_id,
        "retry_after_s": failure.retry_after_s,
    }


def _read_failure(value: JsonValue, place: str) -> Failure:
    fields = _Fields.of(value, place)
    actions = fields.items("actions")
    return Failure(
        kind=fields.choice("kind", FailureKind),
        summary=fields.text("summary"),
        next_step=fields.text("next_step", ""),
        actions=tuple(action for action in actions if isinstance(action, str)),
        status=fields.optional("status", fields.count),
        server_words=fields.text("server_words", ""),
        request_id=fields.text("request_id", ""),
        retry_after_s=fields.optional("retry_after_s", fields.number),
    )


def _usage_to_json(usage: Usage) -> JsonObject:
    several = {"responses": usage.responses} if usage.responses > 1 else {}
    return several | {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "is_estimated": usage.is_estimated,
    }


def _read_usage(value: JsonValue, place: str) -> Usage:
    fields = _Fields.of(value, place)
    return Usage(
        prompt_tokens=fields.count("prompt_tokens"),
        completion_tokens=fields.count("completion_tokens"),
        total_tokens=fields.count("total_tokens"),
        cached_tokens=fields.optional("cached_tokens", fields.count),
        reasoning_tokens=fields.optional("reasoning_tokens", fields.count),
        is_estimated=fields.flag("is_estimated"),
        responses=fields.optional("responses", fields.count) or 1,
    )


def _timing_to_json(timing: Timing) -> JsonObject:
    return {
        "ttft_s": timing.ttft_s,
        "generation_s": timing.generation_s,
        "elapsed_s": timing.elapsed_s,
    }


def _read_timing(value: JsonValue, place: str) -> Timing:
    fields = _Fields.of(value, place)
    return Timing(
        ttft_s=fields.optional("ttft_s", fields.number),
        generation_s=fields.number("generation_s"),
        elapsed_s=fields.number("elapsed_s"),
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a JSON object, read with their types; `place` names it in complaints."""

    values: Mapping[str, JsonValue]
    place: str

    @classmethod
    def of(cls, value: JsonValue, place: str) -> "_Fields":
        if not isinstance(value, Mapping):
            raise CodecError(f"{place} is no JSON object")
        return cls(value, place)

    def get(self, name: str) -> JsonValue:
        return self.values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def number(self, name: str) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        try:
            return float(value)
        except OverflowError:
            raise self._wrong(name, "a number of usual size") from None

    def count(self, name: str) -> int:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number")
        return value

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def items(self, name: str) -> Sequence[JsonValue]:
        value = self.values.get(name, ())
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._wrong(name, "a list")
        return value

    def choice(self, name: str, choices: type[_Choice], default: _Choice | None = None) -> _Choice:
        value = self.text(name, default)
        if value not in {choice.value for choice in choices}:
            raise self._wrong(name, f"one of {', '.join(choice.value for choice in choices)}")
        return choices(value)

    def optional(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        return None if self.values.get(name) is None else read(name)

    def part(self, name: str, read: Callable[[JsonValue, str], _Value]) -> _Value | None:
        value = self.values.get(name)
        return None if value is None else read(value, f"{name} of {self.place}")

    def _wrong(self, name: str, expected: str) -> CodecError:
        return CodecError(f"{name!r} of {self.place} is not {expected}")
