"""A conversation that comes a second time, put together with what is there already."""

from dataclasses import replace

from chatapp.core.records import StoredConversation


def merged(ours: StoredConversation, theirs: StoredConversation) -> StoredConversation | None:
    """Ours with what only theirs has; None when that is nothing.

    No message is lost: of two with one id the one of the later conversation stands, and so does
    the later one's choice of the path. Title and pin stay ours.
    """
    is_later = theirs.header.updated_at > ours.header.updated_at
    messages = {message.message_id: message for message in ours.messages}
    for message in theirs.messages:
        if is_later or message.message_id not in messages:
            messages[message.message_id] = message
    together = tuple(messages.values())
    if together == ours.messages:
        return None
    header = replace(
        ours.header,
        updated_at=max(ours.header.updated_at, theirs.header.updated_at),
        message_count=len(together),
    )
    leaf_id = theirs.leaf_id if is_later else ours.leaf_id
    return replace(ours, header=header, messages=together, leaf_id=leaf_id)
