"""The list of all conversations, as far as it is known: what the sidebar shows."""

import asyncio
import time
from dataclasses import replace

from chatapp.core.changes import Phase
from chatapp.core.records import ConversationHeader
from chatapp.session.library import Library
from chatapp.ui.conversation_shelf import ConversationShelf
from chatapp.ui.storage_tasks import StorageTasks
from chatapp.ui.widgets.sidebar import Sidebar
from chatapp.ui.widgets.sidebar_rows import SidebarRow

LOOK_S = 1.0
"""How often a list on the screen looks whether another program has written something."""

MOST_READING = 0.05
"""The part of the time for which a long list is read, however much others write."""


class ConversationList:
    """Reads the headers when something has changed, and puts them and their marks on the screen."""

    def __init__(
        self, library: Library, shelf: ConversationShelf, sidebar: Sidebar, tasks: StorageTasks
    ) -> None:
        self._library = library
        self._shelf = shelf
        self._sidebar = sidebar
        self._tasks = tasks
        self._headers: tuple[ConversationHeader, ...] = ()
        self._deleted_ids: set[str] = set()
        """What is deleted here and maybe still on disk."""
        self._has_change = False
        """Whether the list has changed since the last reading of it began."""
        self._reading = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    @property
    def headers(self) -> tuple[ConversationHeader, ...]:
        """All kept conversations, as they were when they were read last."""
        return self._headers

    def header(self, conversation_id: str) -> ConversationHeader | None:
        """A conversation in short."""
        for header in self._headers:
            if header.conversation_id == conversation_id:
                return header
        return None

    def title(self, conversation_id: str) -> str:
        """What a conversation is called; outside text."""
        header = self.header(conversation_id)
        return header.title if header else "the conversation"

    def is_deleted(self, conversation_id: str) -> bool:
        """Whether a conversation was deleted here."""
        return conversation_id in self._deleted_ids

    def take_out(self, conversation_id: str) -> None:
        """List a deleted conversation no more, though it may be on disk for another moment."""
        self._deleted_ids.add(conversation_id)
        self.show_rows()

    def put_back(self, conversation_id: str) -> None:
        """List a conversation again that is brought back."""
        self._deleted_ids.discard(conversation_id)

    def toggle_pin(self, conversation_id: str) -> bool:
        """Pin a conversation, or no more; returns whether it is pinned now.

        The list shows it before it is on disk, so that the next key finds it done.
        """
        header = self.header(conversation_id)
        is_pinned = not (header and header.is_pinned)
        if not self.is_deleted(conversation_id):  # a key for a row that has just gone
            self._library.pin(conversation_id, is_pinned)
            self._headers = tuple(
                replace(each, is_pinned=is_pinned) if each is header else each
                for each in self._headers
            )
            self.show_rows()
        return is_pinned

    def refresh(self) -> None:
        """Read the list anew; once for all that changes while it is read."""
        if not self._has_change:
            self._has_change = True
            self._tasks.begin(self.read())

    async def read(self) -> None:
        """Read the list and show it. Raises StorageError."""
        async with self._reading:
            self._has_change = False
            self._headers = await self._library.headers()
        self._deleted_ids &= {header.conversation_id for header in self._headers}
        self.show_rows()

    def follow(self) -> None:
        """Show the list, and what other programs do to it for as long as it is on the screen."""
        self.show_rows()
        if self._following is None or self._following.done():
            self._following = self._tasks.begin(self._follow_neighbours())
        else:
            self.refresh()

    async def _follow_neighbours(self) -> None:
        known: int | None = None
        while self._sidebar.display:
            began = time.monotonic()
            revision = await self._library.neighbour_revision()
            if revision != known:  # asked before the list is read, so that nothing is missed
                known = revision
                await self.read()
            await asyncio.sleep(max(LOOK_S, (time.monotonic() - began) / MOST_READING))

    def show_rows(self) -> None:
        """Put what is known on the screen, if it has a place there."""
        if self._sidebar.display:
            listed = (each for each in self._headers if not self.is_deleted(each.conversation_id))
            self._sidebar.show([self._row(header) for header in listed])

    def _row(self, header: ConversationHeader) -> SidebarRow:
        opened = self._shelf.find(header.conversation_id)
        phase = opened.session.conversation.phase if opened else None
        return SidebarRow(
            header,
            is_current=opened is self._shelf.in_view,
            is_running=bool(phase and phase.is_busy),
            is_unread=bool(opened and opened.is_unread),
            awaits_person=phase is Phase.AWAITING_APPROVAL,
        )
