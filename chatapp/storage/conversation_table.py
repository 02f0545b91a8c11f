"""The row of a conversation. All functions raise sqlite3.Error; the caller opened a transaction."""

import math
import sqlite3
import time

from chatapp.core.messages import ModelRef
from chatapp.core.records import ConversationHeader, TitleSource
from chatapp.storage import index
from chatapp.storage.rows import storable, storable_or_none

_TITLE_RANKS = [*TitleSource]


def reach_conversation(
    connection: sqlite3.Connection, conversation_id: str, at: float | None = None
) -> int:
    """The key of a conversation, which is made, or brought back, if need be.

    `at` is when it began, in seconds since the epoch; now if None.
    """
    began_at = time.time() if at is None else column_time(at)
    connection.execute(
        """
        INSERT INTO conversations (conversation_id, created_at, updated_at) VALUES (?, ?, ?)
        ON CONFLICT (conversation_id) DO UPDATE SET deleted_at = NULL WHERE deleted_at IS NOT NULL
        """,
        (storable(conversation_id), began_at, began_at),
    )
    key: int = connection.execute(
        "SELECT conversation_key FROM conversations WHERE conversation_id = ?",
        (storable(conversation_id),),
    ).fetchone()[0]
    return key


def note_progress(connection: sqlite3.Connection, conversation_key: int, at: float) -> None:
    """The conversation has gone on at a time, in seconds since the epoch."""
    connection.execute(
        "UPDATE conversations SET updated_at = max(updated_at, ?) WHERE conversation_key = ?",
        (column_time(at), conversation_key),
    )


def set_leaf(connection: sqlite3.Connection, conversation_key: int, leaf_id: str | None) -> None:
    """Note which path is shown."""
    connection.execute(
        "UPDATE conversations SET leaf_id = ? WHERE conversation_key = ?",
        (storable_or_none(leaf_id), conversation_key),
    )


def set_pin(connection: sqlite3.Connection, conversation_key: int, is_pinned: bool) -> None:
    """Note whether it stands above the others."""
    connection.execute(
        "UPDATE conversations SET is_pinned = ? WHERE conversation_key = ?",
        (is_pinned, conversation_key),
    )


def set_unsent_text(connection: sqlite3.Connection, conversation_key: int, text: str) -> None:
    """Note what stands in its composer."""
    connection.execute(
        "UPDATE conversations SET unsent_text = ? WHERE conversation_key = ?",
        (storable(text), conversation_key),
    )


def set_system(connection: sqlite3.Connection, conversation_key: int, system: str | None) -> None:
    """Note its own system prompt."""
    connection.execute(
        "UPDATE conversations SET system = ? WHERE conversation_key = ?",
        (storable_or_none(system), conversation_key),
    )


def set_times(
    connection: sqlite3.Connection, conversation_key: int, header: ConversationHeader
) -> None:
    """Take over when a conversation from elsewhere began and last went on."""
    connection.execute(
        "UPDATE conversations SET created_at = ?, updated_at = ? WHERE conversation_key = ?",
        (column_time(header.created_at), column_time(header.updated_at), conversation_key),
    )


def set_model(
    connection: sqlite3.Connection, conversation_key: int, model: ModelRef, is_first: bool = False
) -> None:
    """Note the model; one that is the first says nothing where there is one already."""
    connection.execute(
        """
        UPDATE conversations SET endpoint = ?, model = ?
        WHERE conversation_key = ? AND (NOT ? OR model = '')
        """,
        (storable(model.endpoint), storable(model.model), conversation_key, is_first),
    )


def set_title(
    connection: sqlite3.Connection,
    conversation_key: int,
    title: str,
    source: TitleSource,
    is_first: bool = False,
) -> None:
    """Note the title unless there is a better one; one that is the first, unless any."""
    title = storable(" ".join(title.split()))
    known, known_source = connection.execute(
        "SELECT title, title_source FROM conversations WHERE conversation_key = ?",
        (conversation_key,),
    ).fetchone()
    is_worse = _TITLE_RANKS.index(source) < _TITLE_RANKS.index(TitleSource(known_source))
    if not title or (known and (is_worse or is_first)):
        return
    if known:
        index.remove_title(connection, conversation_key, known)
    connection.execute(
        "UPDATE conversations SET title = ?, title_source = ? WHERE conversation_key = ?",
        (title, source.value, conversation_key),
    )
    index.add_title(connection, conversation_key, title)


def hide_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Delete a conversation so that it can come back."""
    connection.execute(
        "UPDATE conversations SET deleted_at = ? WHERE conversation_id = ?",
        (time.time(), storable(conversation_id)),
    )


def forget_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Delete a conversation for good, with its messages."""
    row = connection.execute(
        "SELECT conversation_key, title FROM conversations WHERE conversation_id = ?",
        (storable(conversation_id),),
    ).fetchone()
    if row is None:
        return
    conversation_key, title = row
    message_keys = connection.execute(
        "SELECT message_key FROM messages WHERE conversation_key = ?", (conversation_key,)
    ).fetchall()
    for (message_key,) in message_keys:
        index.remove_message(connection, message_key)
        connection.execute("DELETE FROM growth WHERE message_key = ?", (message_key,))
    if title:
        index.remove_title(connection, conversation_key, title)
    connection.execute("DELETE FROM messages WHERE conversation_key = ?", (conversation_key,))
    connection.execute("DELETE FROM conversations WHERE conversation_key = ?", (conversation_key,))


def column_time(seconds: float) -> float:
    """A time as a column can hold it; a file from elsewhere may say anything."""
    return seconds if math.isfinite(seconds) else 0.0
