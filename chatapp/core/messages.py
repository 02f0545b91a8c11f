"""A conversation's messages as values: what was said, by whom, and how it ended."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What a tool answered, or why it could not."""

    tool_call_id: str
    content: str
    is_error: bool = False


Part = TextPart | ReasoningPart | RefusalPart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One finished message.

    `parent_id` makes a tree: messages with the same parent are alternatives.
    `created_at` is seconds since the epoch. The fields after it are None or
    empty except in a reply. A reply that failed before it said anything has no
    parts, and is never sent back to a server.
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
