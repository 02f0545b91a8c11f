"""Conversations into the database, one transaction for each group of writes."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import assert_never

from chatapp.core.messages import ChatMessage, Role
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
    StoredConversation,
    SystemPromptChosen,
    TitleChosen,
    TitleSource,
    UnsentTextKept,
    Write,
)
from chatapp.storage.conversation_table import (
    forget_conversation,
    hide_conversation,
    note_progress,
    reach_conversation,
    set_leaf,
    set_model,
    set_pin,
    set_system,
    set_times,
    set_title,
    set_unsent_text,
)
from chatapp.storage.instances import Instance
from chatapp.storage.mending import mend_dead
from chatapp.storage.message_table import (
    forget_recovery,
    grow_reply,
    put_back_message,
    store_message,
    take_out_message,
)
from chatapp.storage.reading import first_line
from chatapp.storage.schema import require_known, transaction

_Missable = ReplyGrew | UnsentTextKept | PathChosen
"""What may be lost with the machine's power, but not with the program."""


class ConversationWriter:
    """Puts writes into a database that is open."""

    def __init__(
        self, connection: sqlite3.Connection, instance: Instance, path: Path | None
    ) -> None:
        self._connection = connection
        self._instance = instance
        self._path = path

    def write(self, writes: Sequence[Write]) -> None:
        """All of them or none. Raises sqlite3.Error, OSError and StorageError."""
        if any(isinstance(write, ReplyOpened | UnsentTextKept) for write in writes):
            self._instance.show_life()  # before any other instance can see what is begun
        # A commit with NORMAL survives our death, with FULL also that of the machine, for the
        # price of waiting until the disk has it. What the person wrote and how replies ended
        # is worth that; the growth of a reply, twice a second, is not.
        can_be_missed = all(isinstance(write, _Missable) for write in writes)
        self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if can_be_missed else 'FULL'}")
        with transaction(self._connection):
            require_known(self._connection, self._path)
            for write in writes:
                self._apply(write)

    def _apply(self, write: Write) -> None:
        connection = self._connection
        reach = partial(reach_conversation, connection)
        match write:
            case MessageWritten(conversation_id, message):
                self._go_on(reach(conversation_id, message.created_at), message)
            case ReplyOpened(conversation_id, opening):
                owner = self._instance.name
                self._go_on(reach(conversation_id, opening.created_at), opening, owner)
            case ReplyGrew(conversation_id, message_id, changes):
                owner = self._instance.name
                grow_reply(connection, reach(conversation_id), message_id, changes, owner)
            case MessageTakenOut(conversation_id, message_id, heir_id):
                take_out_message(connection, reach(conversation_id), message_id, heir_id)
            case MessagePutBack(conversation_id, message, child_ids, heir_id):
                put_back_message(connection, reach(conversation_id), message, child_ids, heir_id)
            case PathChosen(conversation_id, leaf_id):
                set_leaf(connection, reach(conversation_id), leaf_id)
            case ModelChosen(conversation_id, model):
                set_model(connection, reach(conversation_id), model)
            case TitleChosen(conversation_id, title, source):
                set_title(connection, reach(conversation_id), title, source)
            case PinChosen(conversation_id, is_pinned):
                set_pin(connection, reach(conversation_id), is_pinned)
            case UnsentTextKept(conversation_id, text):
                set_unsent_text(connection, reach(conversation_id), text)
            case SystemPromptChosen(conversation_id, system):
                set_system(connection, reach(conversation_id), system)
            case ConversationDeleted(conversation_id):
                hide_conversation(connection, conversation_id)
            case ConversationRestored(conversation_id):
                reach(conversation_id)
            case ConversationImported(conversation):
                self._import(conversation)
            case _:
                assert_never(write)

    def _go_on(self, conversation_key: int, message: ChatMessage, owner: str | None = None) -> None:
        """Store a message with which a conversation goes on, whoever died in it before."""
        connection = self._connection
        mend_dead(connection, self._instance, conversation_key)
        forget_recovery(connection, conversation_key)
        store_message(connection, conversation_key, message, owner)
        note_progress(connection, conversation_key, message.created_at)
        if message.model is not None:
            set_model(connection, conversation_key, message.model, is_first=True)
        if message.role is Role.USER:
            title, source = first_line(message.text), TitleSource.FIRST_MESSAGE
            set_title(connection, conversation_key, title, source, is_first=True)

    def _import(self, conversation: StoredConversation) -> None:
        connection, header = self._connection, conversation.header
        forget_conversation(connection, header.conversation_id)
        key = reach_conversation(connection, header.conversation_id)
        for message in conversation.messages:
            is_recovered = message.message_id == conversation.recovered_id
            store_message(connection, key, message, is_recovered=is_recovered)
        set_times(connection, key, header)
        set_model(connection, key, header.model)
        set_title(connection, key, header.title, header.title_source)
        set_pin(connection, key, header.is_pinned)
        set_leaf(connection, key, conversation.leaf_id)
        set_unsent_text(connection, key, conversation.unsent_text)
        set_system(connection, key, conversation.system)
