"""Keeps one conversation on disk: every change becomes a write."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import assert_never

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    MessageRemoved,
    MessageRestored,
    ModelChanged,
    PartAppended,
    PartChange,
    PartOpened,
    PathCut,
    PhaseChanged,
    ToolCallNamed,
    ToolResultChanged,
    ToolsDropped,
    UsageChanged,
)
from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage
from chatapp.core.records import (
    MessagePutBack,
    MessageTakenOut,
    MessageWritten,
    ModelChosen,
    PathChosen,
    ReplyGrew,
    ReplyOpened,
    SystemPromptChosen,
    UnsentTextKept,
    Write,
)
from chatapp.session.write_queue import WriteQueue

Price = Callable[[ChatMessage], float | None]
"""What a reply cost in US dollars, where that is known; may take its time."""

PATIENCE_S = 2.0
"""How long a request waits for the disk. A slower disk is said to be slow, and kept up with."""


class Recorder:
    """Hears the changes of one conversation and puts them into the queue.

    What is there already, because it was read from disk, is not written again. `price` is
    asked in a thread once a reply is closed, or comes back without one.
    """

    def __init__(
        self,
        conversation_id: str,
        conversation: Conversation,
        queue: WriteQueue,
        price: Price = lambda _message: None,
    ) -> None:
        self.conversation_id = conversation_id
        self._conversation = conversation
        self._queue = queue
        self._price = price
        self._is_ended = False
        self._open_id: str | None = None
        self._known_ids = {message.message_id for message in conversation.messages}
        self._leaf_id = conversation.leaf_id
        self._pricing: set[asyncio.Task[None]] = set()

    def hear(self, changes: Sequence[Change]) -> None:
        """Write down what became different."""
        writes: list[Write] = []
        for is_growth, group in groupby(changes, lambda change: isinstance(change, PartChange)):
            if is_growth:
                growth = tuple(change for change in group if isinstance(change, PartChange))
                writes.append(ReplyGrew(self.conversation_id, growth[0].message_id, growth))
            else:
                writes += [write for change in group for write in self._writes(change)]
        if self._conversation.leaf_id != self._leaf_id:
            self._leaf_id = self._conversation.leaf_id
            writes.append(PathChosen(self.conversation_id, self._leaf_id))
        if writes:
            is_urgent = not all(isinstance(write, ReplyGrew) for write in writes)
            self._put(*writes, is_urgent=is_urgent)

    @property
    def is_ended(self) -> bool:
        """Whether the conversation is deleted."""
        return self._is_ended

    def end(self) -> None:
        """Write nothing more: the conversation is deleted."""
        self._is_ended = True

    def keep_unsent(self, text: str) -> None:
        """Write down what stands in the composer, which has been gathered there already."""
        self._put(UnsentTextKept(self.conversation_id, text), is_urgent=True)

    def keep_system(self, system: str | None) -> None:
        """Write down the conversation's own system prompt; None for that of the settings."""
        self._put(SystemPromptChosen(self.conversation_id, system), is_urgent=True)

    async def settled(self) -> bool:
        """Wait a while until everything is on disk; returns whether it is."""
        return await self._queue.settled(PATIENCE_S)

    def _writes(self, change: Change) -> list[Write]:
        here = self.conversation_id
        match change:
            case MessageAdded(message) if message.message_id in self._known_ids:
                return []
            case MessageAdded(message):
                self._known_ids.add(message.message_id)
                return [MessageWritten(here, message)]
            case DraftOpened(message):
                self._known_ids.add(message.message_id)
                self._open_id = message.message_id
                return [ReplyOpened(here, message)]
            case DraftClosed(message):
                self._open_id = None
                self._price_later(message)
                return [MessageWritten(here, message)]
            case MessageRemoved(removed):
                message_id = removed.message.message_id
                self._known_ids.discard(message_id)
                return [MessageTakenOut(here, message_id, removed.heir_id)]
            case MessageRestored(message, child_ids, heir_id):
                self._known_ids.add(message.message_id)
                if message.cost_usd is None:  # the conversation does not know what the disk knew
                    self._price_later(message)
                return [MessagePutBack(here, message, child_ids, heir_id)]
            case ModelChanged(model) if self._known_ids:
                return [ModelChosen(here, model)]
            case ModelChanged() | PathCut() | PhaseChanged() | UsageChanged() | ToolsDropped():
                return []
            case PartOpened() | PartAppended() | ToolCallNamed() | ToolResultChanged():
                return []  # growth, which is gathered
            case _:
                assert_never(change)

    def _price_later(self, message: ChatMessage) -> None:
        if message.usage is not None:
            task = asyncio.create_task(self._write_price(message), name="price a reply")
            self._pricing.add(task)
            task.add_done_callback(self._pricing.discard)

    async def _write_price(self, message: ChatMessage) -> None:
        cost_usd = await asyncio.to_thread(self._price, message)
        latest = self._conversation.message(message.message_id)
        # meanwhile it may have been deleted, or hang elsewhere, or be open again to go on
        if cost_usd is None or latest is None or latest.message_id == self._open_id:
            return
        if replace(latest, parent_id=message.parent_id) == message:
            priced = replace(latest, cost_usd=cost_usd)
            self._put(MessageWritten(self.conversation_id, priced), is_urgent=False)

    def _put(self, *writes: Write, is_urgent: bool) -> None:
        if not self._is_ended:
            self._queue.put(*writes, is_urgent=is_urgent)
