"""Other programs' messages made into ours.

They write a reply with tools as many messages: text, call, answer, more text. Here a reply is
one message that holds all of it, as long as no branch begins within.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from chatapp.core.errors import CodecError
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    Part,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.records import ConversationHeader, StoredConversation, TitleSource
from chatapp.core.usage import Timing, Usage
from chatapp.exporters.foreign_json import first_line

_LONGEST_TITLE = 300

_Figures = TypeVar("_Figures", Usage, Timing)


@dataclass(frozen=True, slots=True)
class SourceMessage:
    """A message as the other program has it.

    Without parts it is left out, and what is below it hangs on its parent. A result with an
    empty `tool_call_id` answers the first call that has no answer; where there is none, one to
    `tool_name` is made up.
    """

    source_id: str
    parent_id: str | None
    role: Role
    parts: tuple[Part, ...]
    tool_name: str = ""
    at: float | None = None
    model: ModelRef | None = None
    ending: Ending = Ending.FINISHED
    finish_reason: str | None = None
    usage: Usage | None = None
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class SourceConversation:
    """A conversation as the other program has it; parents come before their children."""

    conversation_id: str
    title: str
    model: ModelRef
    messages: Sequence[SourceMessage]
    leaf_id: str | None = None
    created_at: float | None = None
    updated_at: float | None = None


def build_conversation(source: SourceConversation) -> StoredConversation:
    """Make it ours. Raises CodecError when nothing was said in it."""
    messages, places = _build_messages(source)
    if not messages:
        raise CodecError("it has no messages")
    moments = [message.created_at for message in messages]
    title = first_line(source.title, _LONGEST_TITLE)
    header = ConversationHeader(
        conversation_id=source.conversation_id,
        title=title or _title(messages),
        created_at=min(moments) if source.created_at is None else source.created_at,
        updated_at=max(moments) if source.updated_at is None else source.updated_at,
        model=next((one.model for one in reversed(messages) if one.model), source.model),
        message_count=len(messages),
        title_source=TitleSource.MODEL if title else TitleSource.FIRST_MESSAGE,
    )
    leaf_id = None if source.leaf_id is None else places.get(source.leaf_id)
    return StoredConversation(header, messages, leaf_id or messages[-1].message_id)


def _title(messages: Sequence[ChatMessage]) -> str:
    said = (first_line(one.text) for one in messages if one.role is Role.USER)
    return next((line for line in said if line), "Untitled")


@dataclass(slots=True)
class _Growing:
    """One of our messages while it is put together; the parts of `opening` are not used."""

    opening: ChatMessage
    parts: list[Part] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    calls: int = 0

    def add(self, source: SourceMessage) -> None:
        """Take in a message, with what it says of the reply's end."""
        first, *rest = source.parts
        last = self.parts[-1] if self.parts else None
        if isinstance(last, TextPart) and isinstance(first, TextPart):
            self.parts[-1] = TextPart(f"{last.text}\n\n{first.text}")
        else:
            self._add_part(first, source.tool_name)
        for part in rest:
            self._add_part(part, source.tool_name)
        if source.role is Role.ASSISTANT:
            self.opening = replace(
                self.opening,
                model=source.model or self.opening.model,
                ending=source.ending,
                finish_reason=source.finish_reason,
                usage=_sum(self.opening.usage, source.usage),
                timing=_sum(self.opening.timing, source.timing),
            )

    def message(self) -> ChatMessage:
        """The message as it stands."""
        return replace(self.opening, parts=tuple(self.parts))

    def _add_part(self, part: Part, tool_name: str) -> None:
        if isinstance(part, ToolCallPart):
            self._add_call(part)
        elif isinstance(part, ToolResultPart):
            self._add_result(part, tool_name)
        else:
            self.parts.append(part)

    def _add_call(self, call: ToolCallPart) -> None:
        self.calls += 1
        call_id = call.tool_call_id or f"{self.opening.message_id}-{self.calls}"
        self.unanswered.append(call_id)
        self.parts.append(replace(call, tool_call_id=call_id))

    def _add_result(self, result: ToolResultPart, tool_name: str) -> None:
        """Answer a call, say more of the answer before, or make up the call that is not there."""
        if result.tool_call_id not in self.unanswered:
            last = self.parts[-1] if self.parts else None
            if self.unanswered and not result.tool_call_id:
                result = replace(result, tool_call_id=self.unanswered[0])
            elif isinstance(last, ToolResultPart) and result.tool_call_id in (
                "",
                last.tool_call_id,
            ):
                self.parts[-1] = replace(last, content=f"{last.content}\n\n{result.content}")
                return
            else:
                self._add_call(ToolCallPart(result.tool_call_id, tool_name, "{}"))
                result = replace(result, tool_call_id=self.unanswered[-1])
        self.unanswered.remove(result.tool_call_id)
        self.parts.append(result)


def _sum(first: _Figures | None, second: _Figures | None) -> _Figures | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _build_messages(
    source: SourceConversation,
) -> tuple[tuple[ChatMessage, ...], dict[str, str]]:
    """Our messages, and by the other program's ids which of ours holds each of its own."""
    child_counts = Counter(message.parent_id for message in source.messages)
    growing: dict[str | None, _Growing | None] = {None: None}
    branches: set[str] = set()
    built: list[_Growing] = []
    for message in source.messages:
        above = growing.get(message.parent_id)
        is_branch = child_counts[message.parent_id] > 1 or message.parent_id in branches
        if not message.parts:
            if is_branch:
                branches.add(message.source_id)
        elif above is None or is_branch or not _goes_on(above, message):
            above = _open(source, message, above)
            built.append(above)
            above.add(message)
        else:
            above.add(message)
        growing[message.source_id] = above
    places = {
        source_id: one.opening.message_id
        for source_id, one in growing.items()
        if source_id is not None and one is not None
    }
    return tuple(one.message() for one in built), places


def _goes_on(above: _Growing, message: SourceMessage) -> bool:
    return above.opening.role is Role.ASSISTANT and message.role in (Role.ASSISTANT, Role.TOOL)


def _open(source: SourceConversation, message: SourceMessage, above: _Growing | None) -> _Growing:
    inherited = above.opening.created_at if above else source.created_at or 0.0
    return _Growing(
        ChatMessage(
            message_id=f"{source.conversation_id}-{message.source_id}",
            parent_id=above.opening.message_id if above else None,
            role=Role.ASSISTANT if message.role is Role.TOOL else message.role,
            parts=(),
            created_at=inherited if message.at is None else message.at,
            model=message.model,
        )
    )
