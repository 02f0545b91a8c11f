"""Keeps the words of messages and titles as the search needs them.

A word index that stores no text is told what to forget, so it must be told the very words that it
was given: they are always cut anew from the row's `body` or `title`, before that changes.
"""

import random
import sqlite3

from chatapp.core.errors import CodecError
from chatapp.core.messages import ChatMessage
from chatapp.storage.rows import message_in, searchable_text
from chatapp.storage.words import words

_LATEST_SECOND = 2**40


def add_message(connection: sqlite3.Connection, message_key: int, message: ChatMessage) -> None:
    """Let a message be found that is not found yet. Raises sqlite3.Error."""
    found = words(searchable_text(message))
    if not found:
        return
    search_key = _free_search_key(connection, message.created_at)
    connection.execute(
        "UPDATE messages SET search_key = ? WHERE message_key = ?", (search_key, message_key)
    )
    connection.execute(
        "INSERT INTO message_words (rowid, words) VALUES (?, ?)", (search_key, " ".join(found))
    )


def remove_message(connection: sqlite3.Connection, message_key: int) -> None:
    """Let a message not be found any more. Raises sqlite3.Error."""
    row = connection.execute(
        "SELECT search_key, body FROM messages WHERE message_key = ? AND search_key IS NOT NULL",
        (message_key,),
    ).fetchone()
    if row is None:
        return
    search_key, body = row
    try:
        found = words(searchable_text(message_in(body)))
    except CodecError:  # a damaged row: its entry stays, and leads nowhere without the key
        found = []
    if found:
        connection.execute(
            "INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', ?, ?)",
            (search_key, " ".join(found)),
        )
    connection.execute(
        "UPDATE messages SET search_key = NULL WHERE message_key = ?", (message_key,)
    )


def add_title(connection: sqlite3.Connection, conversation_key: int, title: str) -> None:
    """Let a conversation be found by its title. Raises sqlite3.Error."""
    connection.execute(
        "INSERT INTO title_words (rowid, words) VALUES (?, ?)",
        (conversation_key, " ".join(words(title))),
    )


def remove_title(connection: sqlite3.Connection, conversation_key: int, title: str) -> None:
    """Let it not be found by the title that it had. Raises sqlite3.Error."""
    connection.execute(
        "INSERT INTO title_words (title_words, rowid, words) VALUES ('delete', ?, ?)",
        (conversation_key, " ".join(words(title))),
    )


def _free_search_key(connection: sqlite3.Connection, created_at: float) -> int:
    """A row number that rises with the time of the message, so that the newest come out first.

    Where many messages claim the same second, some get a place soon after it.
    """
    # written so that no time of an imported file, be it infinite or none, is out of range
    second = int(created_at) if 0 <= created_at < _LATEST_SECOND else 0
    key, reach = second, 2
    while connection.execute("SELECT 1 FROM messages WHERE search_key = ?", (key,)).fetchone():
        key, reach = second + random.randrange(reach), reach * 2  # noqa: S311 - no secret
    return key
