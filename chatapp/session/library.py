"""The conversations that are kept: finds them, opens them, begins new ones."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from chatapp.core.conversation import Conversation
from chatapp.core.errors import StorageError
from chatapp.core.messages import ChatMessage, ModelRef, interrupted
from chatapp.core.ports import ConversationStore
from chatapp.core.records import (
    ConversationDeleted,
    ConversationHeader,
    ConversationImported,
    ConversationRestored,
    MessageWritten,
    PinChosen,
    ReplyFigures,
    SearchHit,
    StoredConversation,
    TitleChosen,
    TitleSource,
)
from chatapp.session.chat_session import ChatSession
from chatapp.session.identity import new_id
from chatapp.session.recorder import PATIENCE_S, Price, Recorder
from chatapp.session.write_queue import WriteQueue

LAST_WRITES_S = 5.0
"""How long leaving the program may wait for the disk."""


class SessionMaker(Protocol):
    """Makes the session of a conversation."""

    def __call__(self, conversation: Conversation, recorder: Recorder) -> ChatSession:
        """Return a session with whatever else it needs."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedConversation:
    """A conversation that was read from disk, ready to go on."""

    session: ChatSession
    unsent_text: str = ""
    was_interrupted: bool = False
    is_live_elsewhere: bool = False


class Library:
    """Keeps conversations in the first of `stores` that can be opened.

    The last one should always open: it may forget. `say` shows a sentence to the person;
    `on_change` is called when what `headers` returns may have become other. What is asked
    before the store is open waits for it. Reading raises StorageError.
    """

    def __init__(
        self,
        stores: Sequence[ConversationStore],
        make_session: SessionMaker,
        say: Callable[[str], None],
        on_change: Callable[[], None],
        price: Price,
    ) -> None:
        self._stores = stores
        self._make_session = make_session
        self._say = say
        self._price = price
        self._queue = WriteQueue(say, on_change)
        self._opened: asyncio.Future[ConversationStore] | None = None
        self._opening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open a store; where that is not the one that was wanted, say why."""
        await asyncio.shield(self._begin_opening())

    def _begin_opening(self) -> "asyncio.Task[None]":
        """A task of its own, since who leaves meanwhile may have said something."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open_first(), name="open conversations")
        return self._opening

    async def _open_first(self) -> None:
        for store in self._stores:
            try:
                await store.open()
            except StorageError as error:
                self._say(f"{error} Nothing of this run is kept.")
            else:
                self._queue.start(store)
                self._store_opened.set_result(store)
                return
        self._store_opened.set_exception(StorageError("There is no place to keep conversations."))

    def begin(self, model: ModelRef) -> ChatSession:
        """Return the session of a new conversation, which is kept once something is said."""
        return self._session(new_id(), Conversation(model))

    async def resume(self, conversation_id: str) -> OpenedConversation:
        """Open a kept conversation; a reply that a crash broke off is marked as interrupted."""
        await self._queue.settled(PATIENCE_S)  # it may have been open here until now
        return self._resume(await (await self.store()).load(conversation_id))

    async def resume_unfinished(self) -> OpenedConversation | None:
        """Open the newest conversation if a crash broke it off, or it is only unsent text.

        While another program runs, unsent text is left to that.
        """
        headers = await self.headers()
        newest = max(headers, key=lambda header: header.updated_at, default=None)
        if newest is None:
            return None
        stored = await (await self.store()).load(newest.conversation_id)
        is_only_begun = not stored.messages and bool(stored.unsent_text)
        if is_only_begun and await self.has_neighbours():
            return None
        return self._resume(stored) if stored.recovered_id or is_only_begun else None

    async def has_neighbours(self) -> bool:
        """Whether another program runs, which may be where unsent text is written right now."""
        return await (await self.store()).has_neighbours()

    def fork(self, session: ChatSession, message_id: str, title: str) -> ChatSession:
        """Begin a conversation with a copy of the path up to a message."""
        standing = {each.message_id: each for each in _as_it_stands(session.conversation)}
        path = [standing[message.message_id] for message in session.conversation.path]
        copies = _copied(path, message_id)
        model, now = session.conversation.model, time.time()
        conversation_id = new_id()
        leaf_id = copies[-1].message_id if copies else None
        header = ConversationHeader(conversation_id, title, now, now, model, len(copies))
        copied = StoredConversation(header, copies, leaf_id, system=session.own_system)
        self._queue.put(ConversationImported(copied))
        return self._resume(copied).session

    async def store(self) -> ConversationStore:
        """The store, once it is open, for what goes in and out in bulk."""
        return await asyncio.shield(self._store_opened)

    async def stored(self, session: ChatSession) -> StoredConversation:
        """A conversation as it lies on disk; as it is here where the disk has not got all of it."""
        conversation = session.conversation
        is_written = await self._queue.settled(LAST_WRITES_S)
        if is_written and self._queue.has_all(each.message_id for each in conversation.messages):
            return await (await self.store()).load(session.conversation_id)
        return StoredConversation(
            await self._header_of(session),
            _as_it_stands(conversation),
            conversation.leaf_id,
            system=session.own_system,
        )

    async def _header_of(self, session: ChatSession) -> ConversationHeader:
        """The header of a conversation, also of one of which the disk knows nothing."""
        known_id, now = session.conversation_id, time.time()
        with suppress(StorageError):  # one that takes nothing may give nothing
            for header in await self.headers():
                if header.conversation_id == known_id:
                    return header
        model = session.conversation.model
        return ConversationHeader(known_id, "Conversation", now, now, model)

    async def headers(self) -> tuple[ConversationHeader, ...]:
        """All kept conversations, pinned ones first, then the newest."""
        return await (await self.store()).headers()

    async def search(self, words: str, limit: int) -> tuple[SearchHit, ...]:
        """Where the words stand."""
        return await (await self.store()).search(words, limit)

    async def recent_prompts(self) -> tuple[str, ...]:
        """What the person wrote last, newest first."""
        return await (await self.store()).recent_prompts()

    async def reply_figures(self, since: float | None = None) -> tuple[ReplyFigures, ...]:
        """What every reply since then cost in tokens, time and money."""
        return await (await self.store()).reply_figures(since)

    async def neighbour_revision(self) -> int:
        """A number that is another one once another program has written something."""
        return await (await self.store()).neighbour_revision()

    def rename(self, conversation_id: str, title: str) -> None:
        """Call a conversation what the person wants."""
        self._queue.put(TitleChosen(conversation_id, title, TitleSource.PERSON))

    def entitle(self, conversation_id: str, title: str) -> None:
        """Call a conversation what the model proposed, unless the person has named it."""
        self._queue.put(TitleChosen(conversation_id, title, TitleSource.MODEL))

    def pin(self, conversation_id: str, is_pinned: bool) -> None:
        """Let a conversation stand above the others, or no more."""
        self._queue.put(PinChosen(conversation_id, is_pinned))

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation; `restore` brings it back."""
        self._queue.put(ConversationDeleted(conversation_id))

    def restore(self, conversation_id: str) -> None:
        """Bring a deleted conversation back."""
        self._queue.put(ConversationRestored(conversation_id))

    async def close(self) -> str:
        """Write what waits, and let go of the store.

        Returns what the person has to know when the program ends, nothing if everything is kept.
        """
        if not self._queue.is_settled:
            await asyncio.wait([self._begin_opening()], timeout=LAST_WRITES_S)
        if self._opening is not None:
            self._opening.cancel()
        last_words = await self._queue.close(LAST_WRITES_S)
        if self._store_opened.done() and self._store_opened.exception() is None:
            await self._store_opened.result().close()
        return last_words

    @property
    def _store_opened(self) -> "asyncio.Future[ConversationStore]":
        """Made late, for it belongs to the running loop."""
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
        return self._opened

    def _resume(self, stored: StoredConversation) -> OpenedConversation:
        conversation_id = stored.header.conversation_id
        for message in stored.messages:
            if message.message_id == stored.recovered_id:
                self._queue.put(MessageWritten(conversation_id, message))
        conversation = Conversation(stored.header.model, stored.messages, stored.leaf_id)
        session = self._session(conversation_id, conversation)
        if stored.system is not None:
            session.options = replace(session.options, system=stored.system)
            session.own_system = stored.system
        return OpenedConversation(
            session,
            stored.unsent_text,
            was_interrupted=stored.recovered_id is not None,
            is_live_elsewhere=stored.is_live_elsewhere,
        )

    def _session(self, conversation_id: str, conversation: Conversation) -> ChatSession:
        recorder = Recorder(conversation_id, conversation, self._queue, self._price)
        return self._make_session(conversation, recorder)


def _as_it_stands(conversation: Conversation) -> tuple[ChatMessage, ...]:
    """All messages, one that is being streamed with what has come of it."""
    draft = conversation.draft
    return tuple(
        interrupted(draft) if draft and draft.message_id == message.message_id else message
        for message in conversation.messages
    )


def _copied(path: Sequence[ChatMessage], message_id: str) -> tuple[ChatMessage, ...]:
    """The path up to a message, with ids of its own."""
    copies: list[ChatMessage] = []
    for message in path:
        parent_id = copies[-1].message_id if copies else None
        copies.append(replace(message, message_id=new_id(), parent_id=parent_id))
        if message.message_id == message_id:
            break
    return tuple(copies)
