"""What became different in a conversation: the union `Change`, which is all a view needs.

Law: a view that starts from a conversation and applies every later Change shows what a view
built from the final conversation shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chatapp.core.messages import (
    ALONE,
    ChatMessage,
    ModelRef,
    Part,
    RemovedMessage,
    SiblingPlace,
    ToolResultPart,
)
from chatapp.core.usage import Usage


class Phase(StrEnum):
    """What the conversation is doing."""

    IDLE = "idle"
    WAITING = "waiting"
    RETRYING = "retrying"
    READING_PROMPT = "reading prompt"
    REASONING = "reasoning"
    ANSWERING = "answering"
    CALLING_TOOL = "calling tool"
    AWAITING_APPROVAL = "awaiting your approval"
    RUNNING_TOOL = "running tool"

    @property
    def is_busy(self) -> bool:
        """Whether a turn is running."""
        return self is not Phase.IDLE


@dataclass(frozen=True, slots=True)
class MessageAdded:
    """A finished message was added at the end of the path; new, or seen before on a branch."""

    message: ChatMessage
    place: SiblingPlace = ALONE


@dataclass(frozen=True, slots=True)
class DraftOpened:
    """A reply begins at the end of the path, or one that is there already is opened again.

    `message` is the reply as it stands now, with the parts it already has.
    """

    message: ChatMessage
    place: SiblingPlace = ALONE


@dataclass(frozen=True, slots=True)
class PartOpened:
    """The draft got a new last part, still empty of text."""

    message_id: str
    part_index: int
    part: Part


@dataclass(frozen=True, slots=True)
class PartAppended:
    """A part of the draft grew by `text` (for a tool call: its arguments)."""

    message_id: str
    part_index: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallNamed:
    """A tool call of the draft learnt its name or id late."""

    message_id: str
    part_index: int
    part: Part


@dataclass(frozen=True, slots=True)
class ToolResultChanged:
    """A tool result of the draft has another status or content; `part` replaces it."""

    message_id: str
    part_index: int
    part: ToolResultPart


@dataclass(frozen=True, slots=True)
class ToolsDropped:
    """The server takes no tools with this model; the reply is made without them."""

    model: ModelRef


@dataclass(frozen=True, slots=True)
class DraftClosed:
    """The draft is finished; `message` takes its place."""

    message: ChatMessage


@dataclass(frozen=True, slots=True)
class PathCut:
    """The path now ends after its first `length` messages; others are kept as alternatives."""

    length: int


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """A message is gone from the tree; what hung below it hangs below another now.

    What that does to the path is told by PathCut and MessageAdded.
    """

    removed: RemovedMessage


@dataclass(frozen=True, slots=True)
class MessageRestored:
    """A removed message is back in the tree, with `child_ids` below it as before.

    Meanwhile they hung below the alternative `heir_id`, or below its parent where that is None.
    """

    message: ChatMessage
    child_ids: tuple[str, ...]
    heir_id: str | None = None


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """The conversation does something else now; `detail` says more in a few words."""

    phase: Phase
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UsageChanged:
    """The running response's token counts."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """The next request goes to another model."""

    model: ModelRef


PartChange = PartOpened | PartAppended | ToolCallNamed | ToolResultChanged
"""What can happen to a part of the draft."""

Change = (
    MessageAdded
    | DraftOpened
    | PartChange
    | ToolsDropped
    | DraftClosed
    | PathCut
    | MessageRemoved
    | MessageRestored
    | PhaseChanged
    | UsageChanged
    | ModelChanged
)


def merge_changes(changes: Iterable[Change]) -> list[Change]:
    """Join neighbouring growth of the same part, so that a frame handles it once."""
    merged: list[Change] = []
    growing: PartAppended | None = None
    texts: list[str] = []

    def close_growth() -> None:
        if growing is not None:
            merged.append(
                PartAppended(growing.message_id, growing.part_index, "".join(texts))
                if len(texts) > 1
                else growing
            )

    for change in changes:
        if isinstance(change, PartAppended):
            if (
                growing is not None
                and growing.part_index == change.part_index
                and growing.message_id == change.message_id
            ):
                texts.append(change.text)
                continue
            close_growth()
            growing, texts = change, [change.text]
        else:
            close_growth()
            growing, texts = None, []
            merged.append(change)
    close_growth()
    return merged
