"""The conversations of this run of the program; one is in view, others may go on streaming."""

from collections.abc import Callable, Sequence

from chatapp.core.changes import Change
from chatapp.session.chat_session import ChatSession


class ConversationShelf:
    """Sessions, the one in view first, then those seen most recently.

    `listener` hears the changes of the session in view.
    """

    def __init__(self, session: ChatSession, listener: Callable[[Sequence[Change]], None]) -> None:
        self._sessions = [session]
        self._listener = listener
        self._unsubscribe = session.subscribe(listener)

    @property
    def current(self) -> ChatSession:
        """The session in view."""
        return self._sessions[0]

    @property
    def has_others(self) -> bool:
        """Whether there is anything besides the session in view."""
        return len(self._sessions) > 1

    def add(self, session: ChatSession) -> None:
        """Bring a new session into view; an old one in which nothing was said is dropped."""
        if not self.current.conversation.path:
            self._sessions.pop(0)
        self._sessions.insert(0, session)
        self._listen()

    def go_back(self) -> None:
        """Bring the session seen before into view; the present one goes to the end."""
        session = self._sessions.pop(0)
        if session.conversation.path or not self._sessions:
            self._sessions.append(session)
        self._listen()

    async def close(self) -> None:
        """End what is streaming."""
        for session in self._sessions:
            await session.close()

    def _listen(self) -> None:
        self._unsubscribe()
        self._unsubscribe = self.current.subscribe(self._listener)
