"""What is kept in the place of a message that the store can never take."""

from dataclasses import replace
from pathlib import Path

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ChatMessage, Ending, Role, TextPart
from chatapp.core.records import MessagePutBack, MessageWritten, ReplyOpened, Write


def message_of(write: Write) -> ChatMessage | None:
    """The message that a write holds as a whole, or None."""
    match write:
        case MessageWritten(_, message) | ReplyOpened(_, message) | MessagePutBack(_, message):
            return message
        case _:
            return None


def with_stand_in(write: Write, place: Path | None) -> Write | None:
    """The write with a few words for its message, so that what follows hangs below something.

    `place` is where the message itself was put. None for a write without a message.
    """
    match write:
        case MessageWritten(here, message) | ReplyOpened(here, message):
            return MessageWritten(here, _stand_in(message, place))
        case MessagePutBack(_, message):
            return replace(write, message=_stand_in(message, place))
        case _:
            return None


def _stand_in(message: ChatMessage, place: Path | None) -> ChatMessage:
    where = "and is lost with this run" if place is None else f"and is in {place} instead"
    words = f"This message could not be kept with its conversation, {where}."
    if message.role is Role.ASSISTANT:
        failure = Failure(FailureKind.BUG, words)
        return replace(_emptied(message), ending=Ending.FAILED, failure=failure)
    return replace(_emptied(message), parts=(TextPart(words),))


def _emptied(message: ChatMessage) -> ChatMessage:
    """Whatever it was that did not fit, it is not here."""
    return ChatMessage(
        message_id=message.message_id,
        parent_id=message.parent_id,
        role=message.role,
        parts=(),
        created_at=message.created_at,
        model=message.model,
        is_summary=message.is_summary,
    )
