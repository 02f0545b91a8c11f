"""Conversations into the database, one transaction for each group of writes."""

import math
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from chatapp.core.messages import ChatMessage, ModelRef, Role
from chatapp.core.records import (
    ConversationDeleted,
    ConversationImported,
    ConversationRestored,
    MessagePutBack,
    MessageTakenOut,
    MessageWritten,
    ModelChosen,
    PathChosen,
    PinChosen,
    ReplyGrew,
    ReplyOpened,
    TitleChosen,
    TitleSource,
    UnsentTextKept,
    Write,
)
from chatapp.storage import index
from chatapp.storage.instances import Instance
from chatapp.storage.mending import mend_dead
from chatapp.storage.reading import first_line
from chatapp.storage.rows import body_of, growth_of, storable
from chatapp.storage.schema import require_known, transaction

_Careless = ReplyGrew | UnsentTextKept | PathChosen
"""What may be lost with the machine's power, but not with the program."""

_TITLE_RANKS = [*TitleSource]


class ConversationWriter:
    """Puts writes into a database that is open. Every method raises sqlite3.Error."""

    def __init__(
        self, connection: sqlite3.Connection, instance: Instance, path: Path | None
    ) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._instance = instance
        self._path = path

    def write(self, writes: Sequence[Write]) -> None:
        """All of them or none. Raises also StorageError and OSError."""
        if any(isinstance(write, ReplyOpened) for write in writes):
            self._instance.show_life()  # before any other instance can see the reply
        # A commit with NORMAL survives our death, with FULL also that of the machine, for the
        # price of waiting until the disk has it. What the person wrote and how replies ended
        # is worth that; the growth of a reply, twice a second, is not.
        is_careless = all(isinstance(write, _Careless) for write in writes)
        self._execute(f"PRAGMA synchronous = {'NORMAL' if is_careless else 'FULL'}")
        with transaction(self._connection):
            require_known(self._connection, self._path)
            for write in writes:
                self._apply(write)

    def _apply(self, write: Write) -> None:
        match write:
            case MessageWritten(conversation_id, message):
                self._put_message(self._conversation(conversation_id, message), message)
            case ReplyOpened(conversation_id, opening):
                conversation_key = self._conversation(conversation_id, opening)
                self._put_message(conversation_key, opening, owner=self._instance.name)
            case ReplyGrew():
                self._grow(write)
            case MessageTakenOut():
                self._take_out(write)
            case MessagePutBack():
                self._put_back(write)
            case PathChosen(conversation_id, leaf_id):
                self._execute(
                    "UPDATE conversations SET leaf_id = ? WHERE conversation_key = ?",
                    (_storable_or_none(leaf_id), self._conversation(conversation_id)),
                )
            case ModelChosen(conversation_id, model):
                self._set_model(self._conversation(conversation_id), model)
            case TitleChosen(conversation_id, title, source):
                self._set_title(self._conversation(conversation_id), title, source)
            case PinChosen(conversation_id, is_pinned):
                self._execute(
                    "UPDATE conversations SET is_pinned = ? WHERE conversation_key = ?",
                    (is_pinned, self._conversation(conversation_id)),
                )
            case UnsentTextKept(conversation_id, text):
                self._execute(
                    "UPDATE conversations SET unsent_text = ? WHERE conversation_key = ?",
                    (storable(text), self._conversation(conversation_id)),
                )
            case ConversationDeleted(conversation_id):
                self._execute(
                    "UPDATE conversations SET deleted_at = ? WHERE conversation_id = ?",
                    (time.time(), storable(conversation_id)),
                )
            case ConversationRestored(conversation_id):
                self._conversation(conversation_id)
            case ConversationImported():
                self._import(write)
            case _:
                assert_never(write)

    def _conversation(self, conversation_id: str, message: ChatMessage | None = None) -> int:
        """The key of a conversation, which is made, or brought back, if need be."""
        at = time.time() if message is None else _time(message.created_at)
        self._execute(
            """
            INSERT INTO conversations (conversation_id, created_at, updated_at) VALUES (?, ?, ?)
            ON CONFLICT (conversation_id) DO UPDATE SET deleted_at = NULL
            """,
            (storable(conversation_id), at, at),
        )
        key: int = self._execute(
            "SELECT conversation_key FROM conversations WHERE conversation_id = ?",
            (storable(conversation_id),),
        ).fetchone()[0]
        return key

    def _put_message(
        self, conversation_key: int, message: ChatMessage, owner: str | None = None
    ) -> None:
        """Store a message with which the conversation goes on, whoever died in it before."""
        mend_dead(self._connection, self._instance, conversation_key)
        self._execute(
            "UPDATE messages SET is_recovered = 0 WHERE conversation_key = ? AND is_recovered = 1",
            (conversation_key,),
        )
        self._store(conversation_key, message, owner)
        self._execute(
            "UPDATE conversations SET updated_at = max(updated_at, ?) WHERE conversation_key = ?",
            (_time(message.created_at), conversation_key),
        )
        if message.model is not None:
            self._set_model(conversation_key, message.model, is_first=True)
        if message.role is Role.USER:
            title = first_line(message.text)
            self._set_title(conversation_key, title, TitleSource.FIRST_MESSAGE, is_first=True)

    def _store(self, conversation_key: int, message: ChatMessage, owner: str | None = None) -> int:
        """Put a message in the place of what was known of it; returns its key."""
        message_key = self._message_key(conversation_key, message.message_id)
        if message_key is None:
            message_key = self._execute(
                """
                INSERT INTO messages (conversation_key, message_id, role, created_at, body)
                VALUES (?, ?, '', 0, '')
                """,
                (conversation_key, storable(message.message_id)),
            ).lastrowid
            assert message_key is not None  # noqa: S101 - an INSERT has just set it
        else:
            index.remove_message(self._connection, message_key)
            self._execute("DELETE FROM growth WHERE message_key = ?", (message_key,))
        self._execute(
            """
            UPDATE messages SET parent_id = ?, role = ?, created_at = ?, body = ?, owner = ?,
                is_recovered = 0, removed_at = NULL
            WHERE message_key = ?
            """,
            (
                _storable_or_none(message.parent_id),
                message.role.value,
                _time(message.created_at),
                body_of(message),
                owner,
                message_key,
            ),
        )
        index.add_message(self._connection, message_key, message)
        return message_key

    def _grow(self, write: ReplyGrew) -> None:
        """Note what came, at a cost that does not depend on what is there already."""
        conversation_key = self._conversation(write.conversation_id)
        message_key = self._message_key(conversation_key, write.message_id)
        if message_key is None:
            return
        self._execute(
            "INSERT INTO growth (message_key, changes) VALUES (?, ?)",
            (message_key, growth_of(write.changes)),
        )
        # another instance may have taken us for dead, where the file system knows no locks
        self._execute(
            """
            UPDATE messages SET owner = ?, is_recovered = 0
            WHERE message_key = ? AND owner IS NULL AND is_recovered = 1
            """,
            (self._instance.name, message_key),
        )

    def _take_out(self, write: MessageTakenOut) -> None:
        conversation_key = self._conversation(write.conversation_id)
        message_key = self._message_key(conversation_key, write.message_id)
        if message_key is None:
            return
        index.remove_message(self._connection, message_key)
        self._execute(
            """
            UPDATE messages
            SET parent_id = (SELECT parent_id FROM messages WHERE message_key = ?)
            WHERE conversation_key = ? AND parent_id = ?
            """,
            (message_key, conversation_key, storable(write.message_id)),
        )
        self._execute(
            "UPDATE messages SET removed_at = ?, is_recovered = 0 WHERE message_key = ?",
            (time.time(), message_key),
        )

    def _put_back(self, write: MessagePutBack) -> None:
        conversation_key = self._conversation(write.conversation_id)
        message = write.message
        self._store(conversation_key, message)
        for child_id in write.child_ids:
            self._execute(
                """
                UPDATE messages SET parent_id = ?
                WHERE conversation_key = ? AND message_id = ? AND parent_id IS ?
                """,
                (
                    storable(message.message_id),
                    conversation_key,
                    storable(child_id),
                    _storable_or_none(message.parent_id),
                ),
            )

    def _set_model(self, conversation_key: int, model: ModelRef, is_first: bool = False) -> None:
        """Note the model; one that is the first says nothing where there is one already."""
        self._execute(
            """
            UPDATE conversations SET endpoint = ?, model = ?
            WHERE conversation_key = ? AND (NOT ? OR model = '')
            """,
            (storable(model.endpoint), storable(model.model), conversation_key, is_first),
        )

    def _set_title(
        self, conversation_key: int, title: str, source: TitleSource, is_first: bool = False
    ) -> None:
        """Note the title unless there is a better one; one that is the first, unless any."""
        title = storable(" ".join(title.split()))
        known, known_source = self._execute(
            "SELECT title, title_source FROM conversations WHERE conversation_key = ?",
            (conversation_key,),
        ).fetchone()
        is_worse = _TITLE_RANKS.index(source) < _TITLE_RANKS.index(TitleSource(known_source))
        if not title or (known and (is_worse or is_first)):
            return
        if known:
            index.remove_title(self._connection, conversation_key, known)
        self._execute(
            "UPDATE conversations SET title = ?, title_source = ? WHERE conversation_key = ?",
            (title, source.value, conversation_key),
        )
        index.add_title(self._connection, conversation_key, title)

    def _import(self, write: ConversationImported) -> None:
        conversation = write.conversation
        header = conversation.header
        forget_conversation(self._connection, header.conversation_id)
        conversation_key = self._conversation(header.conversation_id)
        self._set_model(conversation_key, header.model)
        for message in conversation.messages:
            message_key = self._store(conversation_key, message)
            if message.message_id == conversation.recovered_id:
                self._execute(
                    "UPDATE messages SET is_recovered = 1 WHERE message_key = ?", (message_key,)
                )
        self._execute(
            """
            UPDATE conversations SET created_at = ?, updated_at = ?, is_pinned = ?, leaf_id = ?,
                unsent_text = ?
            WHERE conversation_key = ?
            """,
            (
                _time(header.created_at),
                _time(header.updated_at),
                header.is_pinned,
                _storable_or_none(conversation.leaf_id),
                storable(conversation.unsent_text),
                conversation_key,
            ),
        )
        self._set_title(conversation_key, header.title, header.title_source)

    def _message_key(self, conversation_key: int, message_id: str) -> int | None:
        row = self._execute(
            "SELECT message_key FROM messages WHERE conversation_key = ? AND message_id = ?",
            (conversation_key, storable(message_id)),
        ).fetchone()
        return None if row is None else int(row[0])


def forget_conversation(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Delete a conversation for good; the caller opened a transaction. Raises sqlite3.Error."""
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


def _storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _time(seconds: float) -> float:
    """A time as a column can hold it; a file from elsewhere may say anything."""
    return seconds if math.isfinite(seconds) else 0.0
