"""A conversation that comes a second time: what it brings to what is there already."""

from chatapp.core.messages import ChatMessage
from chatapp.core.records import StoredConversation


def is_later(theirs: StoredConversation, ours: StoredConversation) -> bool:
    """Whether theirs went on after ours did: then its messages and its path are the newer ones."""
    return theirs.header.updated_at > ours.header.updated_at


def added_messages(ours: StoredConversation, theirs: StoredConversation) -> tuple[ChatMessage, ...]:
    """What only theirs has, and of two messages with one id the later conversation's."""
    known = {message.message_id: message for message in ours.messages}
    is_newer = is_later(theirs, ours)
    return tuple(
        message
        for message in theirs.messages
        if message.message_id not in known or (is_newer and message != known[message.message_id])
    )
