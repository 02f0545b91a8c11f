"""Turns replies whose program died into messages."""

import sqlite3

from chatapp.core.errors import StorageError
from chatapp.storage import index
from chatapp.storage.instances import Instance
from chatapp.storage.reading import interrupted_reply
from chatapp.storage.rows import body_of


def mend_dead(
    connection: sqlite3.Connection, instance: Instance, conversation_key: int | None = None
) -> bool:
    """Finish the replies that no living instance writes, in one conversation or in all.

    One that cannot be read stays as it is, which is told when its conversation is opened.
    Returns whether any were finished; the caller opened a transaction. Raises sqlite3.Error and
    OSError.
    """
    # the sign keeps SQLite with the index of open replies, which are few
    rows = connection.execute(
        """
        SELECT message_key, owner, body, removed_at IS NULL AS is_shown FROM messages
        WHERE owner IS NOT NULL AND (? IS NULL OR +conversation_key = ?)
        """,
        (conversation_key, conversation_key),
    ).fetchall()
    dead = [row for row in rows if not instance.is_running(row["owner"])]
    finished = [
        _finish(connection, row["message_key"], row["body"], bool(row["is_shown"])) for row in dead
    ]
    return any(finished)


def _finish(connection: sqlite3.Connection, message_key: int, body: str, is_shown: bool) -> bool:
    try:
        message = interrupted_reply(connection, message_key, body)
    except StorageError:
        return False
    index.remove_message(connection, message_key)
    connection.execute(
        "UPDATE messages SET body = ?, owner = NULL, is_recovered = ? WHERE message_key = ?",
        (body_of(message), is_shown, message_key),
    )
    connection.execute("DELETE FROM growth WHERE message_key = ?", (message_key,))
    if is_shown:
        index.add_message(connection, message_key, message)
    return True
