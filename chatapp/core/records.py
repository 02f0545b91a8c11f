"""What is kept of conversations beyond their messages, and what can be written down.

A `Write` is one fact to put on disk; a sequence of them is one transaction.
"""

from dataclasses import dataclass
from enum import StrEnum

from chatapp.core.changes import PartChange
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.core.usage import Timing, Usage


class TitleSource(StrEnum):
    """Where a conversation's title comes from; a later one is not replaced by an earlier one."""

    FIRST_MESSAGE = "first message"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ConversationHeader:
    """A conversation in a list. Times are seconds since the epoch.

    `title` is never empty; it is outside text. `message_count` counts the messages of all
    branches; 0 where there is only unsent text. `has_unsent_text` says that something was
    written there and not sent.
    """

    conversation_id: str
    title: str
    created_at: float
    updated_at: float
    model: ModelRef
    message_count: int = 0
    is_pinned: bool = False
    title_source: TitleSource = TitleSource.FIRST_MESSAGE
    has_unsent_text: bool = False


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A whole conversation as it lies on disk.

    `messages` are in the order in which they came; a reply whose program died is INTERRUPTED,
    and `recovered_id` names it when no program has taken it up since. A reply that another
    running program is writing is not among them; `is_live_elsewhere` says so. One that this
    program is writing is, as far as it lies there; `is_live_here` says so. `system` is the
    conversation's own system prompt, None where that of the settings holds.
    """

    header: ConversationHeader
    messages: tuple[ChatMessage, ...]
    leaf_id: str | None = None
    unsent_text: str = ""
    recovered_id: str | None = None
    is_live_elsewhere: bool = False
    is_live_here: bool = False
    system: str | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place where the words of a search were found.

    `message_id` is None when they stand in the title. `matches` are (start, end) places in
    `snippet`, in characters, in order, not overlapping. `at` is when the message was made.
    """

    conversation_id: str
    message_id: str | None
    title: str
    snippet: str
    matches: tuple[tuple[int, int], ...]
    at: float
    model: ModelRef | None


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """What a kept reply cost in tokens, time and money, without its words.

    `at` is when it was asked for, in seconds since the epoch. A reply that was stopped or broke
    off is not `is_finished`: its tokens were spent, its times say little.
    """

    model: ModelRef
    at: float
    usage: Usage | None = None
    timing: Timing | None = None
    cost_usd: float | None = None
    is_finished: bool = True


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A conversation of a file that cannot be read; those beside it may.

    `place` says which, in a few words, `reason` why. Both may hold outside text.
    """

    place: str
    reason: str


# What can be written


@dataclass(frozen=True, slots=True)
class MessageWritten:
    """A finished message, new or in place of what was known of it."""

    conversation_id: str
    message: ChatMessage


@dataclass(frozen=True, slots=True)
class ReplyOpened:
    """A reply begins to stream; `opening` is how it stands."""

    conversation_id: str
    opening: ChatMessage


@dataclass(frozen=True, slots=True)
class ReplyGrew:
    """An open reply became longer; the changes are those since the last write, in order."""

    conversation_id: str
    message_id: str
    changes: tuple[PartChange, ...]


@dataclass(frozen=True, slots=True)
class MessageTakenOut:
    """The person deleted a message; what hung below it hangs below `heir_id`.

    That is an alternative of it, or its parent where it is None.
    """

    conversation_id: str
    message_id: str
    heir_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessagePutBack:
    """A deleted message is back, with `child_ids` below it, which `heir_id` had meanwhile."""

    conversation_id: str
    message: ChatMessage
    child_ids: tuple[str, ...]
    heir_id: str | None = None


@dataclass(frozen=True, slots=True)
class PathChosen:
    """Which path is shown, by its last message."""

    conversation_id: str
    leaf_id: str | None


@dataclass(frozen=True, slots=True)
class ModelChosen:
    """The model of the conversation's next request."""

    conversation_id: str
    model: ModelRef


@dataclass(frozen=True, slots=True)
class TitleChosen:
    """What the conversation is called."""

    conversation_id: str
    title: str
    source: TitleSource


@dataclass(frozen=True, slots=True)
class PinChosen:
    """Whether the conversation stands above the others."""

    conversation_id: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class UnsentTextKept:
    """What stands in the composer and was not sent."""

    conversation_id: str
    text: str


@dataclass(frozen=True, slots=True)
class SystemPromptChosen:
    """The system prompt of the conversation alone; None for that of the settings."""

    conversation_id: str
    system: str | None


@dataclass(frozen=True, slots=True)
class ConversationDeleted:
    """The person deleted a conversation; whatever is written to it later brings it back."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class ConversationRestored:
    """A deleted conversation is back."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class ConversationImported:
    """A whole conversation from elsewhere, in place of one with its id."""

    conversation: StoredConversation


Write = (
    MessageWritten
    | ReplyOpened
    | ReplyGrew
    | MessageTakenOut
    | MessagePutBack
    | PathChosen
    | ModelChosen
    | TitleChosen
    | PinChosen
    | UnsentTextKept
    | SystemPromptChosen
    | ConversationDeleted
    | ConversationRestored
    | ConversationImported
)
