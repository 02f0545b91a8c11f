"""The rows of messages. All functions raise sqlite3.Error; the caller opened a transaction."""

import sqlite3
import time
from collections.abc import Iterable

from chatapp.core.changes import PartChange
from chatapp.core.messages import ChatMessage
from chatapp.storage import index
from chatapp.storage.conversation_table import column_time
from chatapp.storage.rows import body_of, growth_of, storable, storable_or_none


def store_message(
    connection: sqlite3.Connection,
    conversation_key: int,
    message: ChatMessage,
    owner: str | None = None,
    is_recovered: bool = False,
) -> None:
    """Put a message in the place of what was known of it; `owner` is the instance writing it."""
    message_key = _message_key(connection, conversation_key, message.message_id)
    if message_key is None:
        message_key = connection.execute(
            """
            INSERT INTO messages (conversation_key, message_id, role, created_at, body)
            VALUES (?, ?, '', 0, '')
            """,
            (conversation_key, storable(message.message_id)),
        ).lastrowid
        assert message_key is not None  # noqa: S101 - an INSERT has just set it
    else:
        index.remove_message(connection, message_key)
        connection.execute("DELETE FROM growth WHERE message_key = ?", (message_key,))
    connection.execute(
        """
        UPDATE messages SET parent_id = ?, role = ?, created_at = ?, body = ?, owner = ?,
            is_recovered = ?, removed_at = NULL
        WHERE message_key = ?
        """,
        (
            storable_or_none(message.parent_id),
            message.role.value,
            column_time(message.created_at),
            body_of(message),
            owner,
            is_recovered,
            message_key,
        ),
    )
    index.add_message(connection, message_key, message)


def grow_reply(
    connection: sqlite3.Connection,
    conversation_key: int,
    message_id: str,
    changes: Iterable[PartChange],
    owner: str,
) -> None:
    """Note what came for an open reply, at a cost that does not depend on what is there."""
    message_key = _message_key(connection, conversation_key, message_id)
    if message_key is None:
        return
    connection.execute(
        "INSERT INTO growth (message_key, changes) VALUES (?, ?)",
        (message_key, growth_of(changes)),
    )
    # another instance may have taken us for dead, where the file system knows no locks
    connection.execute(
        """
        UPDATE messages SET owner = ?, is_recovered = 0
        WHERE message_key = ? AND owner IS NULL AND is_recovered = 1
        """,
        (owner, message_key),
    )


def take_out_message(
    connection: sqlite3.Connection, conversation_key: int, message_id: str, heir_id: str | None
) -> None:
    """Hide a message; what hangs below it hangs below `heir_id`, or its parent for None."""
    message_key = _message_key(connection, conversation_key, message_id)
    if message_key is None:
        return
    index.remove_message(connection, message_key)
    connection.execute(
        """
        UPDATE messages
        SET parent_id = coalesce(?, (SELECT parent_id FROM messages WHERE message_key = ?))
        WHERE conversation_key = ? AND parent_id = ?
        """,
        (storable_or_none(heir_id), message_key, conversation_key, storable(message_id)),
    )
    connection.execute(
        "UPDATE messages SET removed_at = ?, is_recovered = 0 WHERE message_key = ?",
        (time.time(), message_key),
    )


def put_back_message(
    connection: sqlite3.Connection,
    conversation_key: int,
    message: ChatMessage,
    child_ids: Iterable[str],
    heir_id: str | None,
) -> None:
    """Show a message again, above those of `child_ids` that still hang where they were put.

    That is below `heir_id`, or below its parent for None.
    """
    store_message(connection, conversation_key, message)
    holder_id = message.parent_id if heir_id is None else heir_id
    for child_id in child_ids:
        connection.execute(
            """
            UPDATE messages SET parent_id = ?
            WHERE conversation_key = ? AND message_id = ? AND parent_id IS ?
            """,
            (
                storable(message.message_id),
                conversation_key,
                storable(child_id),
                storable_or_none(holder_id),
            ),
        )


def forget_recovery(connection: sqlite3.Connection, conversation_key: int) -> None:
    """The conversation has gone on: no reply of it waits to be taken up any more."""
    connection.execute(
        "UPDATE messages SET is_recovered = 0 WHERE conversation_key = ? AND is_recovered = 1",
        (conversation_key,),
    )


def _message_key(
    connection: sqlite3.Connection, conversation_key: int, message_id: str
) -> int | None:
    row = connection.execute(
        "SELECT message_key FROM messages WHERE conversation_key = ? AND message_id = ?",
        (conversation_key, storable(message_id)),
    ).fetchone()
    return None if row is None else int(row[0])
