"""What arrives, one step above the wire: the union `StreamEvent` and its grammar.

One response, as every provider yields it::

    response = (RetryScheduled | ToolsRefused)* ResponseStarted
               (TextDelta | ReasoningDelta | RefusalDelta
               | ToolCallStarted | ToolCallDelta | UsageReported | PromptProgressed)*
               ( ResponseFinished UsageReported? | ResponseInterrupted )
             | (RetryScheduled | ToolsRefused)* ResponseInterrupted

A delta is never empty. Tool call indexes are ours: dense from 0 in the order in which calls
first appear, never reused within a response, and a ToolCallDelta names a started one. Of
several UsageReported the last counts.

The session adds what only it knows::

    turn = RequestSent response (tools response)* tools ResponseInterrupted? ReplyClosed
    tools = (ToolApprovalNeeded | ToolStarted | ToolProgressed | ToolFinished)*

where a stop, or a bug of ours, breaks off a response or `tools` anywhere with the last
ResponseInterrupted; and, between turns, UserSpoke, ModelSelected and what the person does to
the tree of messages (BranchSelected, MessageDeleted, DeletionUndone). In `tools` every call of
the response is finished once; a ToolFinished may come without anything before it.
"""

from dataclasses import dataclass
from enum import Enum

from chatapp.core.errors import Failure
from chatapp.core.messages import ModelRef, RemovedMessage, ToolStatus
from chatapp.core.usage import Timing, Usage


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """The request failed before a byte was shown and will be sent again after `wait_s` seconds."""

    attempt: int
    wait_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The server accepted the request; `served_model` is its own name for the model."""

    served_model: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class PromptProgressed:
    """A slow server says how much of the prompt it has read, in tokens."""

    processed: int
    total: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More visible text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """More of the model's words for declining."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A call to a tool appeared, or (same index again) an open one learnt its name or id late."""

    index: int
    tool_call_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of the JSON text of a call's arguments."""

    index: int
    arguments: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Token counts: the server's, or the session's estimate where the server gives none."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class ResponseFinished:
    """The server ended the response in order; `finish_reason` is its word for why."""

    finish_reason: str | None


class Interruption(Enum):
    """An interruption that is nobody's failure."""

    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ResponseInterrupted:
    """The response ended early: the person stopped it, or something failed."""

    cause: Interruption | Failure


@dataclass(frozen=True, slots=True)
class UserSpoke:
    """The person sent a message, to be answered by `model`.

    It goes on from the end of the path, or stands beside the message with the id `edits`.
    """

    message_id: str
    text: str
    model: ModelRef
    at: float
    edits: str | None = None


@dataclass(frozen=True, slots=True)
class RequestSent:
    """A request for a reply leaves.

    The reply hangs below `parent_id`. Where `message_id` names an existing reply, that
    reply is opened again and the response is added to it (a continuation). `is_summary`
    says that the reply will stand for everything before it.
    """

    message_id: str
    parent_id: str
    model: ModelRef
    at: float
    is_summary: bool = False


@dataclass(frozen=True, slots=True)
class ToolsRefused:
    """The server does not take tools with this model; the request was sent again without."""


@dataclass(frozen=True, slots=True)
class ToolApprovalNeeded:
    """The person has to say whether the call may run."""

    tool_call_id: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The tool runs."""

    tool_call_id: str


@dataclass(frozen=True, slots=True)
class ToolProgressed:
    """The running tool says how far it is."""

    tool_call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """The call is answered: `content` is what the model is told."""

    tool_call_id: str
    content: str
    status: ToolStatus = ToolStatus.FINISHED
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReplyClosed:
    """The turn is over; nothing more will come for this reply."""

    timing: Timing


@dataclass(frozen=True, slots=True)
class BranchSelected:
    """The person wants to see the branch with this message; below it as it was seen last."""

    message_id: str


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """The person deleted a message; a question takes its replies along, what follows stays."""

    message_id: str


@dataclass(frozen=True, slots=True)
class DeletionUndone:
    """The person wants back what one MessageDeleted took: `removed`, in the order it went.

    `leaf_id` is where the path ended before.
    """

    removed: tuple[RemovedMessage, ...]
    leaf_id: str | None


@dataclass(frozen=True, slots=True)
class ModelSelected:
    """The person chose the model for the next request."""

    model: ModelRef


ProviderEvent = (
    RetryScheduled
    | ResponseStarted
    | PromptProgressed
    | ToolsRefused
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ToolCallStarted
    | ToolCallDelta
    | UsageReported
    | ResponseFinished
    | ResponseInterrupted
)

ToolEvent = ToolApprovalNeeded | ToolStarted | ToolProgressed | ToolFinished

TreeEvent = BranchSelected | MessageDeleted | DeletionUndone

StreamEvent = (
    ProviderEvent | ToolEvent | UserSpoke | RequestSent | ReplyClosed | TreeEvent | ModelSelected
)
