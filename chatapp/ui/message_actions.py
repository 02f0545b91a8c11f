"""What the person can do to a message: edit, make anew, flip, delete, copy to a new chat."""

from collections.abc import Callable

from chatapp.commands.command import Command
from chatapp.commands.registry import BY_NAME
from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, Role
from chatapp.session.chat_session import ChatSession
from chatapp.ui.library_desk import LibraryDesk
from chatapp.ui.transcript.transcript_view import TranscriptView
from chatapp.ui.widgets.composer import Composer

_BUSY = "A reply is streaming; stop it first."


class MessageActions:
    """Carries out the keys pressed on a message.

    `run` runs a command; `warn` shows a sentence to the person.
    """

    def __init__(
        self,
        composer: Composer,
        transcript: TranscriptView,
        desk: LibraryDesk,
        run: Callable[[Command], None],
        warn: Callable[[str], None],
    ) -> None:
        self._composer = composer
        self._transcript = transcript
        self._desk = desk
        self._run = run
        self._warn = warn

    def act(self, name: str, message_id: str) -> None:
        """Do what the key with this name asks of the message.

        A key may come when the message has gone already, by the key before it.
        """
        actions: dict[str, Callable[[str], None]] = {
            "edit": self._edit,
            "regenerate": self._regenerate,
            "previous-branch": lambda chosen: self._flip(chosen, -1),
            "next-branch": lambda chosen: self._flip(chosen, 1),
            "delete": self._delete,
            "undelete": lambda _chosen: self._desk.undo_deletion(),
            "fork": self._desk.fork,
        }
        if name != "undelete" and self._session.conversation.message(message_id) is None:
            return
        if name in actions:
            actions[name](message_id)
        elif name != "continue" or self._is_last(message_id):
            self._run(BY_NAME[name])
        else:
            self._warn("Only the last reply can go on.")

    @property
    def _session(self) -> ChatSession:
        return self._desk.shelf.current

    def _is_last(self, message_id: str) -> bool:
        return self._session.conversation.leaf_id == message_id

    def _edit(self, message_id: str) -> None:
        """Bring the message, or the one a reply answers, back to be sent anew beside itself."""
        question: ChatMessage | None = None
        for message in self._session.conversation.path:
            if message.role is Role.USER:
                question = message
            if message.message_id == message_id:
                break
        if question is not None:
            self._composer.begin_edit(question.message_id, question.text)

    def _regenerate(self, message_id: str) -> None:
        if self._session.retry(message_id):
            self._transcript.scroll_to_latest()
        else:
            self._warn(_BUSY if self._session.is_busy else "There is no question to answer.")

    def _flip(self, message_id: str, step: int) -> None:
        if not self._session.flip(message_id, step):
            family = self._session.conversation.siblings(message_id)
            alone = "This message has no alternatives; r makes one of a reply, e of a question."
            self._warn(_BUSY if self._session.is_busy else alone if len(family) < 2 else "No more.")

    def _delete(self, message_id: str) -> None:
        words = _words_of_deletion(self._session.conversation, message_id)
        self._warn(words if self._desk.delete_message(message_id, words) else _BUSY)


def _words_of_deletion(conversation: Conversation, message_id: str) -> str:
    """What to say once a message is deleted, while it is still there."""
    message = conversation.message(message_id)
    if message is None or message.role is not Role.USER:
        kind = "summary" if message is not None and message.is_summary else "reply"
        return f"Deleted the {kind}; u brings it back."
    match len(conversation.with_replies(message_id)) - 1:
        case 0:
            return "Deleted the question; u brings it back."
        case 1:
            return "Deleted the question and its reply; u brings both back."
        case count:
            return f"Deleted the question and its {count} replies; u brings them all back."
