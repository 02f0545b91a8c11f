"""A conversation's messages as values: what was said, by whom, and how it ended."""

from dataclasses import dataclass, replace
from enum import StrEnum

from chatapp.core.errors import Failure
from chatapp.core.usage import Timing, Usage


class Role(StrEnum):
    """Who speaks, in the words of the chat completions API."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Ending(StrEnum):
    """How a reply ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    CUT = "cut"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The program died while the reply came; what had come is kept."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model at a configured endpoint, both by name."""

    endpoint: str
    model: str

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.model}"


@dataclass(frozen=True, slots=True)
class TextPart:
    """Visible text, Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What a reasoning model thought before it answered; never sent back."""

    text: str


@dataclass(frozen=True, slots=True)
class RefusalPart:
    """The model's own words for declining, where the server sends them apart."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A call the model makes; `arguments` is the JSON text as it came, valid or not."""

    tool_call_id: str
    name: str
    arguments: str


CANCELLED_ANSWER = "cancelled"
"""What the model is told of a call that was stopped before it was answered."""


class ToolStatus(StrEnum):
    """How far a tool call is, or how it ended."""

    AWAITING_APPROVAL = "awaiting approval"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    DENIED = "denied"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come of the call."""
        return self not in (ToolStatus.AWAITING_APPROVAL, ToolStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What became of a call: the tool's answer, or why there is none.

    `content` is what the model is told; while the tool runs, its latest word of progress.
    A call is answered by the part with its id in the same message.
    """

    tool_call_id: str
    content: str
    status: ToolStatus = ToolStatus.FINISHED
    elapsed_s: float | None = None

    @property
    def is_error(self) -> bool:
        """Whether the tool did not do what the model wanted."""
        return self.status.is_final and self.status is not ToolStatus.FINISHED


Part = TextPart | ReasoningPart | RefusalPart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One finished message.

    A reply with tool calls holds the whole turn: text, calls, their results, more text.

    `parent_id` makes a tree: messages with the same parent are alternatives.
    `created_at` is seconds since the epoch. The fields after it are None or
    empty except in a reply. A reply that failed before it said anything has no
    parts, and is never sent back to a server. `cost_usd` is an estimate at list prices.

    `is_summary` marks a reply that stands, once it is finished, for all messages before it:
    a server is sent the summary in their place.
    """

    message_id: str
    parent_id: str | None
    role: Role
    parts: tuple[Part, ...]
    created_at: float
    model: ModelRef | None = None
    ending: Ending = Ending.FINISHED
    finish_reason: str | None = None
    failure: Failure | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    cost_usd: float | None = None
    is_summary: bool = False

    @property
    def replaces_history(self) -> bool:
        """Whether a server is sent this in place of everything before it."""
        is_cut = self.finish_reason in ("length", "content_filter")
        is_whole = self.ending is Ending.FINISHED and not is_cut
        return self.is_summary and is_whole and bool(self.text.strip())

    @property
    def text(self) -> str:
        """The visible text, all text parts joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str:
        """All reasoning joined."""
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The calls this message makes, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def unanswered_calls(self) -> tuple[ToolCallPart, ...]:
        """The calls of which nothing final is known, in order."""
        answered = {
            part.tool_call_id
            for part in self.parts
            if isinstance(part, ToolResultPart) and part.status.is_final
        }
        return tuple(call for call in self.tool_calls if call.tool_call_id not in answered)


def interrupted(message: ChatMessage) -> ChatMessage:
    """A reply whose program died.

    Its tools died with it, and nobody is asked for approval any more: their calls are cancelled,
    also those to which nothing was said yet, so that they never run when the reply goes on.
    """
    answered = {part.tool_call_id for part in message.parts if isinstance(part, ToolResultPart)}
    unheard = (call for call in message.tool_calls if call.tool_call_id not in answered)
    return replace(
        message,
        parts=(
            *(_cancelled(part) for part in message.parts),
            *(
                ToolResultPart(call.tool_call_id, CANCELLED_ANSWER, ToolStatus.CANCELLED)
                for call in unheard
            ),
        ),
        ending=Ending.INTERRUPTED,
    )


def _cancelled(part: Part) -> Part:
    if not isinstance(part, ToolResultPart) or part.status.is_final:
        return part
    return replace(part, content=CANCELLED_ANSWER, status=ToolStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class RemovedMessage:
    """A message that was taken out of its tree, and where it was.

    `child_ids` hung below it, and hang below the alternative `heir_id` now, or below its parent
    where that is None. The message `came_after` came right before it, None where it was the
    first. Removals are undone the last one first.
    """

    message: ChatMessage
    child_ids: tuple[str, ...]
    came_after: str | None
    heir_id: str | None = None


@dataclass(frozen=True, slots=True)
class SiblingPlace:
    """Which of the alternatives below one parent a message is; `position` counts from 1."""

    position: int
    count: int


ALONE = SiblingPlace(1, 1)
"""The place of a message without alternatives."""
