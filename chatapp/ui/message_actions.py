"""What the person does with a message in the transcript: edit it, retry it, search from it."""

from collections.abc import Callable

from chatapp.commands.command import Command
from chatapp.commands.reading import FIND
from chatapp.commands.registry import BY_NAME
from chatapp.core.conversation import Conversation
from chatapp.core.messages import Role
from chatapp.ui.widgets.composer import Composer


class MessageActions:
    """Turns keys pressed on a message into commands, and brings texts back to the composer.

    `conversation` returns the one in view; `warn` shows a sentence to the person.
    """

    def __init__(
        self,
        composer: Composer,
        conversation: Callable[[], Conversation],
        run: Callable[[Command], None],
        warn: Callable[[str], None],
    ) -> None:
        self._composer = composer
        self._conversation = conversation
        self._run = run
        self._warn = warn

    def act(self, name: str, message_id: str) -> None:
        """Run a command for the message; "edit" brings its text, or a reply's question, back."""
        last = self._conversation().last
        if name == "edit":
            self._edit(message_id)
        elif name == FIND.name or (last is not None and last.message_id == message_id):
            self._run(BY_NAME[name])
        else:
            self._warn("That works on the last message only.")

    def _edit(self, message_id: str) -> None:
        question = ""
        for message in self._conversation().path:
            if message.role is Role.USER:
                question = message.text
            if message.message_id == message_id:
                self._composer.draft = question
                self._composer.focus()
                return
