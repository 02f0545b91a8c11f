"""What is done when nobody waits: deleted things go for good, and what the dead left is mended."""

import sqlite3
import time

from chatapp.core.messages import ChatMessage
from chatapp.storage import index
from chatapp.storage.instances import Instance
from chatapp.storage.reading import interrupted_reply
from chatapp.storage.rows import body_of
from chatapp.storage.schema import transaction
from chatapp.storage.writing import forget_conversation

KEPT_S = 30 * 24 * 3600.0
"""How long what the person deleted can be brought back."""


def tidy_one(connection: sqlite3.Connection, instance: Instance) -> bool:
    """Do one thing that is to be done, if there is one; returns whether there was.

    Raises sqlite3.Error, OSError and StorageError.
    """
    return _purge_one(connection) or _mend_one(connection, instance)


def _purge_one(connection: sqlite3.Connection) -> bool:
    before = time.time() - KEPT_S
    with transaction(connection):
        row = connection.execute(
            "SELECT conversation_id FROM conversations WHERE deleted_at < ? LIMIT 1", (before,)
        ).fetchone()
        if row is not None:
            forget_conversation(connection, row[0])
            return True
        # the row stays: what another instance wrote below it finds the way up through it
        emptied = connection.execute(
            "UPDATE messages SET body = '' WHERE removed_at < ? AND body != ''", (before,)
        )
        return emptied.rowcount > 0


def _mend_one(connection: sqlite3.Connection, instance: Instance) -> bool:
    """Turn a reply whose program died into a message, so that it can be found."""
    with transaction(connection):
        for message_key, owner, body in connection.execute(
            "SELECT message_key, owner, body FROM messages WHERE owner IS NOT NULL"
        ).fetchall():
            if not instance.is_running(owner):
                message = interrupted_reply(connection, message_key, body)
                _finish(connection, message_key, message)
                return True
    return False


def _finish(connection: sqlite3.Connection, message_key: int, message: ChatMessage) -> None:
    index.remove_message(connection, message_key)
    connection.execute(
        "UPDATE messages SET body = ?, owner = NULL, is_recovered = removed_at IS NULL"
        " WHERE message_key = ?",
        (body_of(message), message_key),
    )
    connection.execute("DELETE FROM growth WHERE message_key = ?", (message_key,))
    if connection.execute(
        "SELECT removed_at IS NULL FROM messages WHERE message_key = ?", (message_key,)
    ).fetchone()[0]:
        index.add_message(connection, message_key, message)
