"""Where the person finds, opens, names and deletes conversations: behind sidebar and search."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatapp.commands.conversations import SIDEBAR
from chatapp.core.changes import Change, PhaseChanged
from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.core.ports import ConversationStore
from chatapp.core.records import ConversationHeader, SearchHit
from chatapp.core.safe_text import safe_line
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library
from chatapp.session.recorder import Recorder
from chatapp.session.titles import Titler
from chatapp.ui.conversation_list import ConversationList
from chatapp.ui.conversation_shelf import ConversationShelf
from chatapp.ui.conversation_switch import ConversationSwitch
from chatapp.ui.cost import estimate_cost
from chatapp.ui.deletions import Deletions
from chatapp.ui.file_desk import FileDesk
from chatapp.ui.storage_tasks import StorageTasks
from chatapp.ui.widgets.sidebar import Sidebar

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen


MOST_FOUND = 50
"""Places that a search shows."""


class LibraryDesk:
    """The chat screen's side of `ConversationsContext`, and what the sidebar asks for."""

    def __init__(
        self, screen: "ChatScreen", stores: Sequence[ConversationStore], model: ModelRef
    ) -> None:
        self._screen = screen
        self._stores = stores
        say, warn = screen.context.say, screen.context.warn
        self.library = Library(
            stores, self._make_session, warn, lambda: self._listed.refresh(), self._price
        )
        self._titler = self._make_titler()
        self.shelf = ConversationShelf(
            screen.hear, self._tell_news, lambda: self._listed.show_rows()
        )
        self.shelf.show(self.library.begin(model))
        self._tasks = StorageTasks(warn)
        self._listed = ConversationList(self.library, self.shelf, screen.sidebar, self._tasks)
        self._switch = ConversationSwitch(
            screen, self.library, self.shelf, self._listed, self._tasks
        )
        self._deletions = Deletions(
            screen, self.library, self.shelf, self._listed, self._switch, self._tasks
        )
        self._files = FileDesk(self.library, say, warn)

    async def open(self) -> None:
        """Open the store, and what a crash broke off."""
        await self.library.open()
        if not self._stores[0].is_lasting:
            self._screen.context.say("Temporary: nothing of this run is kept.")
        await self._tasks.told(self._take_up())
        await self._tasks.told(self._listed.read())
        await self._tasks.told(self._tell_unsent())
        await self._tasks.told(self._switch.read_prompts())

    async def _take_up(self) -> None:
        opened = await self.library.resume_unfinished()
        if opened is None or not self.shelf.in_view.is_empty or self._screen.composer.unsent:
            return
        if self._screen.settings.is_model_by_flag:
            opened.session.select_model(self.shelf.current.conversation.model)
        self._switch.show_opened(opened)

    async def _tell_unsent(self) -> None:
        """Say where text waits that was not sent, if that is where one was last."""
        current_id = self.shelf.current.conversation_id
        others = (each for each in self._listed.headers if each.conversation_id != current_id)
        newest = max(others, key=lambda header: header.updated_at, default=None)
        if newest is None or not newest.has_unsent_text or await self.library.has_neighbours():
            return
        key = self._screen.keymap.key_of(SIDEBAR.name)
        words = f"Unsent text waits in “{safe_line(newest.title)}”; {key} lists it."
        self._screen.context.say(words)

    async def close(self) -> str:
        """Keep what is in the composer, stop what streams, write the last words.

        Returns what the person has to know, nothing if everything is kept.
        """
        self.put_aside(self._screen.composer.unsent)
        self._tasks.cancel()
        if self._titler is not None:
            self._titler.close()
        await self.shelf.close()
        return await self.library.close()

    # What commands ask for

    def begin(self) -> None:
        """Put the conversation in view aside and begin another."""
        self._switch.begin()

    def go_back(self) -> None:
        """Show the conversation that was in view before."""
        self._switch.go_back()

    def open_search(self) -> None:
        """Show the search over all conversations."""
        self._tasks.begin(self._search())

    def toggle_sidebar(self) -> None:
        """Show the list of conversations, or hide it."""
        sidebar = self._screen.sidebar
        sidebar.display = not sidebar.display
        if sidebar.display:
            self._listed.follow()
            sidebar.focus()
        else:
            self._screen.composer.focus()

    def leave_sidebar(self) -> None:
        """Go back to typing; a list that lies over the chat is put away."""
        sidebar = self._screen.sidebar
        sidebar.display = sidebar.display and not sidebar.has_class("-over")
        self._screen.composer.focus()

    def rename(self, title: str) -> None:
        """Give the conversation in view a title."""
        if title.strip():
            self.library.rename(self.shelf.current.conversation_id, title.strip())
            self._screen.context.say(f"It is called “{safe_line(title)}” now.")

    def pin(self) -> None:
        """Let the conversation in view stand above the others, or no more; say which."""
        is_pinned = self._listed.toggle_pin(self.shelf.current.conversation_id)
        words = "Pinned: it stands above the others." if is_pinned else "No longer pinned."
        self._screen.context.say(words)

    def delete(self) -> None:
        """Delete the conversation in view."""
        self._deletions.delete_conversation(self.shelf.current.conversation_id)

    def undo_deletion(self) -> None:
        """Bring back what was deleted last."""
        self._deletions.undo()

    def fork(self, message_id: str | None = None) -> None:
        """Go on in a copy of the conversation in view, up to a message."""
        session = self.shelf.current
        last = message_id or session.conversation.leaf_id
        if last is not None:
            title = f"{self._listed.title(session.conversation_id)} (copy)"
            self._switch.show(self.library.fork(session, last, title))
            self._screen.context.say("Going on in a copy; the original stays as it is.")

    def export(self, argument: str) -> None:
        """Write the conversation in view to a file."""
        self._tasks.begin(self._files.export(self.shelf.current, argument))

    def import_file(self, argument: str) -> None:
        """Take in the conversations of a file."""
        self._tasks.begin(self._take_in(argument))

    async def _take_in(self, argument: str) -> None:
        await self._files.take_in(argument)
        await self._listed.read()
        await self._switch.catch_up()

    # What the sidebar and the messages ask for

    def serve(self, request: Sidebar.Request) -> None:
        """Do what the person asked for in the list of conversations."""
        match request:
            case Sidebar.Opened(conversation_id):
                self.leave_sidebar()
                self._switch.open(conversation_id)
            case Sidebar.Renamed(conversation_id, title):
                self.library.rename(conversation_id, title)
            case Sidebar.PinToggled(conversation_id):
                self._listed.toggle_pin(conversation_id)
            case Sidebar.DeleteRequested(conversation_id):
                self._deletions.delete_conversation(conversation_id)
            case Sidebar.UndoRequested():
                self.undo_deletion()
            case _:
                self.leave_sidebar()

    def delete_message(self, message_id: str, words: str) -> bool:
        """Take a message out of the conversation in view; it can be brought back.

        `words` are what the person is told of it, until it is.
        """
        return self._deletions.delete_message(message_id, words)

    def put_aside(self, unsent_text: str) -> None:
        """Keep what stands in the composer with the conversation in view."""
        self._switch.put_aside(unsent_text)

    async def _search(self) -> None:
        # the screen is not needed before the first search
        from chatapp.ui.screens.search_screen import SearchScreen

        recent = await self.library.headers()
        if self._screen.app.screen.is_modal:  # the key was pressed again meanwhile
            return
        screen = SearchScreen(self._find, recent, limit=MOST_FOUND)
        self._screen.app.push_screen(screen, lambda found: self._take_found(found, screen.words))

    async def _find(self, words: str) -> Sequence[SearchHit]:
        return await self.library.search(words, MOST_FOUND)

    def _take_found(self, found: SearchHit | ConversationHeader | None, words: str) -> None:
        match found:
            case SearchHit(conversation_id, message_id):
                self._switch.open(conversation_id, message_id, words)
            case ConversationHeader(conversation_id):
                self._switch.open(conversation_id)
            case None:
                pass

    # What sessions need, and what they tell out of view

    def _make_titler(self) -> Titler | None:
        is_wanted = self._screen.settings.has_model_titles
        return Titler(self._screen.directory, self.library.entitle) if is_wanted else None

    def _make_session(self, conversation: Conversation, recorder: Recorder) -> ChatSession:
        open_sessions = self.shelf.sessions
        options = open_sessions[0].options if open_sessions else None
        session = self._screen.sessions.make(conversation, recorder, options)
        if self._titler is not None:
            self._titler.watch(session)
        return session

    def _price(self, message: ChatMessage) -> float | None:
        if message.model is None or message.usage is None:
            return None
        base_url = self._screen.base_url(message.model.endpoint)
        cost = estimate_cost(message.model, message.usage, base_url)
        return float(cost.usd) if cost else None

    def _tell_news(self, session: ChatSession, change: Change) -> None:
        title = safe_line(self._listed.title(session.conversation_id))
        if isinstance(change, PhaseChanged):
            self._screen.context.warn(f"“{title}” waits for your approval.")
        else:
            self._screen.context.say(f"“{title}” has its reply.")
