"""The conversations that are open; one is in view, others may go on streaming."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from chatapp.core.changes import Change, DraftClosed, Phase, PhaseChanged
from chatapp.session.chat_session import ChatSession

MOST_IDLE = 12
"""So many conversations stay open out of view, to come back at once; others are read anew."""

Listener = Callable[[Sequence[Change]], None]


@dataclass(eq=False, slots=True)
class OpenConversation:
    """A session and what belongs to it on the screen alone."""

    session: ChatSession
    unsent_text: str = ""
    is_unread: bool = False
    unsubscribe: Callable[[], None] = field(default=lambda: None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said, and nothing is about to be."""
        return not self.session.conversation.messages and not self.unsent_text


class ConversationShelf:
    """Open conversations, the one in view first, then those seen most recently.

    Empty only until the first is shown.

    `listener` hears the changes of the one in view, `on_news` of those out of view that a
    reply ended or waits for the person; `on_marks` says that a mark in a list has changed.
    """

    def __init__(
        self,
        listener: Listener,
        on_news: Callable[[ChatSession, Change], None],
        on_marks: Callable[[], None],
    ) -> None:
        self._listener = listener
        self._on_news = on_news
        self._on_marks = on_marks
        self._open: list[OpenConversation] = []
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def in_view(self) -> OpenConversation:
        """The conversation in view."""
        return self._open[0]

    @property
    def current(self) -> ChatSession:
        """The session in view."""
        return self._open[0].session

    @property
    def sessions(self) -> tuple[ChatSession, ...]:
        """All open sessions."""
        return tuple(opened.session for opened in self._open)

    @property
    def has_others(self) -> bool:
        """Whether there is anything besides the session in view."""
        return len(self._open) > 1

    def find(self, conversation_id: str) -> OpenConversation | None:
        """The open conversation with this id."""
        for opened in self._open:
            if opened.session.conversation_id == conversation_id:
                return opened
        return None

    def show(self, session: ChatSession, unsent_text: str = "") -> None:
        """Bring a session into view, an open one or a new one; an empty old one is dropped."""
        if self._open and self.in_view.is_empty and self.current is not session:
            self._drop(self.in_view)
        opened = next((one for one in self._open if one.session is session), None)
        if opened is None:
            opened = OpenConversation(session, unsent_text)
            opened.unsubscribe = session.subscribe(lambda changes: self._hear(opened, changes))
        else:
            self._open.remove(opened)
        opened.is_unread = False
        self._open.insert(0, opened)
        self._close_idle()

    def go_back(self) -> None:
        """Bring the session seen before into view; the present one goes to the end."""
        present, before = self.in_view, self._open[1]
        self.show(before.session)
        if present in self._open:
            self._open.remove(present)
            self._open.append(present)

    def drop(self, session: ChatSession) -> None:
        """Close a session that is out of view."""
        for opened in self._open[1:]:
            if opened.session is session:
                self._drop(opened)

    async def close(self) -> None:
        """End what is streaming."""
        for session in self.sessions:
            await session.close()
        if self._closing:
            await asyncio.wait(self._closing)

    def _drop(self, opened: OpenConversation) -> None:
        self._open.remove(opened)
        opened.unsubscribe()
        if opened.session.is_busy:
            task = asyncio.create_task(opened.session.close(), name="close a conversation")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _close_idle(self) -> None:
        for opened in [*self._idle()][MOST_IDLE:]:
            self._drop(opened)

    def _idle(self) -> Iterator[OpenConversation]:
        for opened in self._open[1:]:
            if opened.session.conversation_id and not opened.session.is_busy:
                yield opened

    def _hear(self, opened: OpenConversation, changes: Sequence[Change]) -> None:
        is_in_view = opened is self.in_view
        if is_in_view:
            self._listener(changes)
        for change in changes:
            if not isinstance(change, DraftClosed | PhaseChanged):
                continue
            if isinstance(change, DraftClosed):
                opened.is_unread = not is_in_view
            if not is_in_view and _is_news(change):
                self._on_news(opened.session, change)
            self._on_marks()


def _is_news(change: Change) -> bool:
    """Whether a person should know of it, though it happens out of view."""
    if isinstance(change, PhaseChanged):
        return change.phase is Phase.AWAITING_APPROVAL
    return isinstance(change, DraftClosed)
