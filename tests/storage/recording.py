"""Writes a conversation down as it happens, and opens stores."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from chatapp.core.changes import (
    DraftClosed,
    DraftOpened,
    MessageAdded,
    MessageRemoved,
    MessageRestored,
    ModelChanged,
    PartAppended,
    PartChange,
    PartOpened,
    ToolCallNamed,
    ToolResultChanged,
)
from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.records import (
    MessagePutBack,
    MessageTakenOut,
    MessageWritten,
    ModelChosen,
    PathChosen,
    ReplyGrew,
    ReplyOpened,
    Write,
)
from chatapp.core.stream_events import StreamEvent
from chatapp.storage.sqlite_store import SqliteStore

MODEL = ModelRef("lab", "model-a")
NOW = 1_700_000_000.0

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


@asynccontextmanager
async def opened(path: Path | None, **options: float) -> AsyncGenerator[SqliteStore, None]:
    store = SqliteStore(path, **options)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


def said(text: str, message_id: str = "u", **fields: Any) -> ChatMessage:
    known: dict[str, Any] = {
        "message_id": message_id,
        "parent_id": None,
        "role": Role.USER,
        "parts": (TextPart(text),),
        "created_at": NOW,
        "model": MODEL,
    }
    return ChatMessage(**{**known, **fields})


def replied(text: str, message_id: str = "r", parent_id: str = "u", **fields: Any) -> ChatMessage:
    return said(text, message_id, parent_id=parent_id, role=Role.ASSISTANT, **fields)


def writes_of(
    conversation: Conversation, events: Sequence[StreamEvent], name: str = "c"
) -> Iterator[list[Write]]:
    """Apply the events one by one and yield what each gives to write, as `Recorder` does."""
    for event in events:
        leaf_id = conversation.leaf_id
        known_ids = {message.message_id for message in conversation.messages}
        writes: list[Write] = []
        growth: list[PartChange] = []
        for change in conversation.apply(event):
            match change:
                case MessageAdded(message) if message.message_id in known_ids:
                    pass
                case MessageAdded(message) | DraftClosed(message):
                    writes.append(MessageWritten(name, message))
                case DraftOpened(message):
                    writes.append(ReplyOpened(name, message))
                case PartOpened() | PartAppended() | ToolCallNamed() | ToolResultChanged():
                    growth.append(change)
                case MessageRemoved(removed):
                    gone_id, heir_id = removed.message.message_id, removed.heir_id
                    writes.append(MessageTakenOut(name, gone_id, heir_id))
                case MessageRestored(message, child_ids, heir_id):
                    known_ids.add(message.message_id)
                    writes.append(MessagePutBack(name, message, child_ids, heir_id))
                case ModelChanged(model):
                    writes.append(ModelChosen(name, model))
                case _:
                    pass
        if growth:
            writes.append(ReplyGrew(name, growth[0].message_id, tuple(growth)))
        if conversation.leaf_id != leaf_id:
            writes.append(PathChosen(name, conversation.leaf_id))
        yield writes
