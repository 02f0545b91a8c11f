"""Which conversation is in view: brings a new one there, one that is open, or one from disk."""

from dataclasses import replace
from typing import TYPE_CHECKING

from chatapp.core.safe_text import safe_line
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library, OpenedConversation
from chatapp.ui.conversation_list import ConversationList
from chatapp.ui.conversation_shelf import ConversationShelf, OpenConversation
from chatapp.ui.storage_tasks import StorageTasks

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen


class ConversationSwitch:
    """Puts one conversation aside, with what is unsent in it, and shows another."""

    def __init__(
        self,
        screen: "ChatScreen",
        library: Library,
        shelf: ConversationShelf,
        listed: ConversationList,
        tasks: StorageTasks,
    ) -> None:
        self._screen = screen
        self._library = library
        self._shelf = shelf
        self._listed = listed
        self._tasks = tasks
        self._views = 0
        """How often another conversation came into view, or was asked for."""

    def begin(self) -> None:
        """Put the conversation in view aside and begin another."""
        self.show(self._library.begin(self._shelf.current.conversation.model))

    def go_back(self) -> None:
        """Show the conversation that was in view before."""
        self._views += 1
        self.put_aside(self._screen.composer.unsent)
        self._shelf.go_back()
        self._screen.show_session()
        self._listed.show_rows()

    def open(self, conversation_id: str, message_id: str | None = None, words: str = "") -> None:
        """Show a kept conversation soon, and there the message, where `words` stand in it."""
        self._tasks.begin(self.bring(conversation_id, message_id, words))

    async def bring(
        self, conversation_id: str, message_id: str | None = None, words: str = ""
    ) -> None:
        """The same at once. Raises StorageError.

        Where the person wants something else by the time it is read, that stays in view.
        """
        self._views += 1
        view = self._views
        opened = self._shelf.find(conversation_id)
        if opened is not None and not self._is_behind(opened):
            self.show(opened.session)
        else:
            resumed = await self._library.resume(conversation_id)
            if view != self._views:
                return
            if opened is None:
                self.show_opened(resumed)
            else:
                self._replace(opened, resumed)
        if message_id is not None:
            self._shelf.current.show_message(message_id)
            self._screen.transcript.reveal(message_id, words)

    async def catch_up(self) -> None:
        """Read the conversation in view anew where more of it is on disk. Raises StorageError."""
        if self._is_behind(self._shelf.in_view):
            await self.bring(self._shelf.current.conversation_id)

    def _is_behind(self, opened: OpenConversation) -> bool:
        """Whether more is on disk, of another program or a file, as far as the list tells."""
        header = self._listed.header(opened.session.conversation_id)
        known_count = len(opened.session.conversation.messages)
        return bool(header and header.message_count > known_count) and not opened.session.is_busy

    def _replace(self, opened: OpenConversation, resumed: OpenedConversation) -> None:
        """Show a conversation as it was read anew, with what was left unsent here."""
        if opened is self._shelf.in_view:
            self.put_aside(self._screen.composer.unsent)
        self.show_opened(replace(resumed, unsent_text=opened.unsent_text))
        self._shelf.drop(opened.session)

    def show_opened(self, opened: OpenedConversation) -> None:
        """Show a conversation that was read from disk, and say what is odd about it."""
        model = self._shelf.current.conversation.model
        former = opened.session.conversation.model
        is_there = former.endpoint in self._screen.directory.endpoint_names
        if not is_there:
            opened.session.select_model(model)
        self.show(opened.session, opened.unsent_text)
        if not is_there and former.model:  # none was asked where nothing was sent
            words = f"{safe_line(str(former))} is not configured any more; {safe_line(str(model))}"
            self._screen.context.warn(f"{words} answers from now on.")
        if opened.was_interrupted:
            self._screen.context.say("The last reply was interrupted; what had come is here.")
        if opened.is_live_elsewhere:
            self._screen.context.say("Another chatapp writes a reply here; open it again later.")

    def show(self, session: ChatSession, unsent_text: str = "") -> None:
        """Show a session, an open one or a new one."""
        self._views += 1
        self.put_aside(self._screen.composer.unsent)
        self._shelf.show(session, unsent_text)
        self._screen.show_session()
        self._listed.show_rows()
        self._tasks.begin(self.read_prompts())

    async def read_prompts(self) -> None:
        """Read what was written in all conversations; the composer adds what is sent here."""
        self._screen.composer.prompts = await self._library.recent_prompts()

    def put_aside(self, unsent_text: str) -> None:
        """Keep what stands in the composer with the conversation in view."""
        opened = self._shelf.in_view
        if unsent_text.startswith("/") and "\n" not in unsent_text:
            unsent_text = ""  # a command that was not finished is nothing to keep
        if unsent_text != opened.unsent_text:
            opened.unsent_text = unsent_text
            opened.session.keep_unsent(unsent_text)
