"""Deleting conversations and messages, and bringing them back, the last one first."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatapp.core.safe_text import safe_line
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library
from chatapp.ui.conversation_list import ConversationList
from chatapp.ui.conversation_shelf import ConversationShelf
from chatapp.ui.conversation_switch import ConversationSwitch
from chatapp.ui.storage_tasks import StorageTasks

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen


class Deletions:
    """What the person deleted in this run, each with its way back."""

    def __init__(
        self,
        screen: "ChatScreen",
        library: Library,
        shelf: ConversationShelf,
        listed: ConversationList,
        switch: ConversationSwitch,
        tasks: StorageTasks,
    ) -> None:
        self._screen = screen
        self._library = library
        self._shelf = shelf
        self._listed = listed
        self._switch = switch
        self._tasks = tasks
        self._undo: list[Callable[[], bool]] = []
        """Each brings something back; False where it cannot now."""
        self._in_turn = asyncio.Lock()
        """Conversations go and come back in the order of the keys, however long one takes."""

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation, whatever goes on in it."""
        if not self._listed.is_deleted(conversation_id):
            title = self._listed.title(conversation_id)
            self._listed.take_out(conversation_id)
            self._add_way_back(lambda: self._restore(conversation_id, title))
            self._tasks.begin(self._delete(conversation_id, title))

    async def _delete(self, conversation_id: str, title: str) -> None:
        async with self._in_turn:
            opened = self._shelf.find(conversation_id)
            if opened is not None:
                await opened.session.close()
                opened.session.end_keeping()
                if opened is self._shelf.in_view:
                    self._begin_beside_sidebar()
                self._shelf.drop(opened.session)
            self._library.delete(conversation_id)
        self._screen.context.say(_words(title))

    def delete_message(self, message_id: str, words: str) -> bool:
        """Take a message out of the conversation in view; False while a reply streams there.

        `words` are what the person is told of it, until it is undone.
        """
        session = self._shelf.current
        is_deleted = session.delete_message(message_id)
        if is_deleted:
            self._add_way_back(lambda: self._undo_message(session, words))
        return is_deleted

    def undo(self) -> None:
        """Bring back what was deleted last."""
        if not self._undo:
            self._screen.context.say("Nothing was deleted.")
        elif self._undo[-1]():
            self._undo.pop()
            self._screen.sidebar.offers_undo = bool(self._undo)

    def _add_way_back(self, way_back: Callable[[], bool]) -> None:
        self._undo.append(way_back)
        self._screen.sidebar.offers_undo = True

    def _begin_beside_sidebar(self) -> None:
        """Begin another conversation, and stay in the list if that is where one is."""
        has_focus = self._screen.sidebar.has_focus
        self._switch.begin()
        if has_focus:
            self._screen.sidebar.focus()

    def _restore(self, conversation_id: str, title: str) -> bool:
        self._listed.put_back(conversation_id)
        self._tasks.begin(self._bring_back(conversation_id, title))
        return True

    async def _bring_back(self, conversation_id: str, title: str) -> None:
        async with self._in_turn:
            self._library.restore(conversation_id)
            if not self._screen.sidebar.has_focus_within:
                self._switch.open(conversation_id)
        self._screen.context.take_back(_words(title))
        self._screen.context.say(f"Brought back “{safe_line(title)}”.")

    def _undo_message(self, session: ChatSession, words: str) -> bool:
        """Bring a message back, and its conversation into view; False while it is busy."""
        if session not in self._shelf.sessions:
            self._tasks.begin(self._undo_in_reopened(session, words))
            return True
        if session is not self._shelf.current:
            self._switch.show(session)
        message_id = session.undo_deletion()
        if message_id is None:
            self._screen.context.warn("A reply is streaming; stop it first.")
            return False
        self._screen.context.take_back(words)
        if self._screen.transcript.has_focus:
            self._screen.call_after_refresh(self._screen.transcript.reveal, message_id)
        return True

    async def _undo_in_reopened(self, closed: ChatSession, words: str) -> None:
        await self._switch.bring(closed.conversation_id)
        session = self._shelf.current
        if session.conversation_id == closed.conversation_id:
            session.inherit_deletions(closed)
            self._undo_message(session, words)


def _words(title: str) -> str:
    """What is told of a conversation that was deleted, until it is brought back."""
    return f"Deleted “{safe_line(title)}”. /undelete brings it back."
