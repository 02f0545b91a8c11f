"""Where the person finds, opens, names and deletes conversations: behind sidebar and search."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chatapp.core.changes import Change, Phase, PhaseChanged
from chatapp.core.conversation import Conversation
from chatapp.core.errors import StorageError
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.core.ports import ConversationStore
from chatapp.core.records import ConversationHeader, SearchHit
from chatapp.core.safe_text import safe_line
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library, OpenedConversation
from chatapp.session.recorder import Recorder
from chatapp.session.titles import Titler
from chatapp.ui.conversation_shelf import ConversationShelf, OpenConversation
from chatapp.ui.cost import estimate_cost
from chatapp.ui.file_desk import FileDesk
from chatapp.ui.widgets.sidebar import Sidebar, SidebarRow

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
        self.library = Library(
            stores, self._make_session, screen.context.warn, self.refresh, self._price
        )
        self._titler = self._make_titler()
        self.shelf = ConversationShelf(screen.hear, self._tell_news, self._show_rows)
        self.shelf.show(self.library.begin(model))
        self._files = FileDesk(self.library, screen.context.say, screen.context.warn)
        self._headers: tuple[ConversationHeader, ...] = ()
        self._deleted_ids: set[str] = set()
        """What is deleted here and maybe still on disk."""
        self._undo: list[Callable[[], bool]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_change = False
        """Whether the list has changed since the last reading of it began."""
        self._reading = asyncio.Lock()
        self._views = 0
        """How often another conversation came into view, or was asked for."""

    async def open(self) -> None:
        """Open the store, and what a crash broke off."""
        await self.library.open()
        if not self._stores[0].is_lasting:
            self._screen.context.say("Temporary: nothing of this run is kept.")
        await self._tell_failure(self._take_up())
        await self._tell_failure(self._read())
        await self._tell_failure(self._read_prompts())

    async def _take_up(self) -> None:
        opened = await self.library.resume_unfinished()
        if opened is not None and self.shelf.in_view.is_empty and not self._screen.composer.unsent:
            self._show_opened(opened)

    async def close(self) -> bool:
        """Keep what is in the composer, stop what streams, write the last words.

        Returns whether everything is kept.
        """
        self.put_aside(self._screen.composer.unsent)
        for task in self._tasks:
            task.cancel()
        if self._titler is not None:
            self._titler.close()
        await self.shelf.close()
        return await self.library.close()

    # What commands ask for

    def begin(self) -> None:
        """Put the conversation in view aside and begin another."""
        self._show(self.library.begin(self.shelf.current.conversation.model))

    def go_back(self) -> None:
        """Show the conversation that was in view before."""
        self._views += 1
        self.put_aside(self._screen.composer.unsent)
        self.shelf.go_back()
        self._screen.show_session()
        self._show_rows()

    def open_search(self) -> None:
        """Show the search over all conversations."""
        self._spawn(self._search())

    def toggle_sidebar(self) -> None:
        """Show the list of conversations, or hide it."""
        sidebar = self._screen.sidebar
        sidebar.display = not sidebar.display
        if sidebar.display:
            self._show_rows()
            self.refresh()  # another program may have written something
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

    def pin(self) -> None:
        """Let the conversation in view stand above the others, or no more."""
        self._toggle_pin(self.shelf.current.conversation_id)

    def delete(self) -> None:
        """Delete the conversation in view."""
        self._spawn(self._delete(self.shelf.current.conversation_id))

    def undo_deletion(self) -> None:
        """Bring back what was deleted last."""
        if not self._undo:
            self._screen.context.say("Nothing was deleted.")
        elif self._undo[-1]():
            self._undo.pop()

    def fork(self, message_id: str | None = None) -> None:
        """Go on in a copy of the conversation in view, up to a message."""
        session = self.shelf.current
        last = message_id or session.conversation.leaf_id
        if last is not None:
            title = f"{self._title(session.conversation_id)} (copy)"
            self._show(self.library.fork(session, last, title))

    def export(self, argument: str) -> None:
        """Write the conversation in view to a file."""
        self._spawn(self._files.export(self.shelf.current, argument))

    def import_file(self, argument: str) -> None:
        """Take in the conversations of a file."""
        self._spawn(self._take_in(argument))

    async def _take_in(self, argument: str) -> None:
        await self._files.take_in(argument)
        await self._read()
        if self._is_behind(self.shelf.in_view):
            await self._open(self.shelf.current.conversation_id)

    # What the sidebar and the messages ask for

    def serve(self, request: Sidebar.Request) -> None:
        """Do what the person asked for in the list of conversations."""
        match request:
            case Sidebar.Opened(conversation_id):
                self.leave_sidebar()
                self._spawn(self._open(conversation_id))
            case Sidebar.Renamed(conversation_id, title):
                self.library.rename(conversation_id, title)
            case Sidebar.PinToggled(conversation_id):
                self._toggle_pin(conversation_id)
            case Sidebar.DeleteRequested(conversation_id):
                self._spawn(self._delete(conversation_id))
            case Sidebar.UndoRequested():
                self.undo_deletion()
            case _:
                self.leave_sidebar()

    def delete_message(self, message_id: str) -> bool:
        """Take a message out of the conversation in view; it can be brought back."""
        session = self.shelf.current
        is_deleted = session.delete_message(message_id)
        if is_deleted:
            self._undo.append(lambda: self._undo_message(session))
        return is_deleted

    def put_aside(self, unsent_text: str) -> None:
        """Keep what stands in the composer with the conversation in view."""
        opened = self.shelf.in_view
        if unsent_text.startswith("/") and "\n" not in unsent_text:
            unsent_text = ""  # a command that was not finished is nothing to keep
        if unsent_text != opened.unsent_text:
            opened.unsent_text = unsent_text
            opened.session.keep_unsent(unsent_text)

    def _toggle_pin(self, conversation_id: str) -> None:
        if conversation_id in self._deleted_ids:  # a key for a row that has just gone
            return
        header = self._header(conversation_id)
        self.library.pin(conversation_id, not (header and header.is_pinned))

    def refresh(self) -> None:
        """Read the list of conversations anew; once for all that changes while it is read."""
        if not self._has_change:
            self._has_change = True
            self._spawn(self._read_change())

    async def _read_change(self) -> None:
        async with self._reading:
            self._has_change = False
            await self._read()

    async def _read(self) -> None:
        self._headers = await self.library.headers()
        self._deleted_ids &= {header.conversation_id for header in self._headers}
        self._show_rows()

    async def _read_prompts(self) -> None:
        """Read what was written in all conversations; the composer adds what is sent here."""
        self._screen.composer.prompts = await self.library.recent_prompts()

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
                self._spawn(self._open(conversation_id, message_id, words))
            case ConversationHeader(conversation_id):
                self._spawn(self._open(conversation_id))
            case None:
                pass

    async def _open(
        self, conversation_id: str, message_id: str | None = None, words: str = ""
    ) -> None:
        self._views += 1
        view = self._views
        opened = self.shelf.find(conversation_id)
        if opened is not None and not self._is_behind(opened):
            self._show(opened.session)
        else:
            resumed = await self.library.resume(conversation_id)
            if view != self._views:  # the person wants something else by now
                return
            if opened is None:
                self._show_opened(resumed)
            else:
                self._replace(opened, resumed)
        if message_id is not None:
            self.shelf.current.show_message(message_id)
            self._screen.transcript.reveal(message_id, words)

    def _is_behind(self, opened: OpenConversation) -> bool:
        """Whether more is on disk, of another program or a file, as far as the list tells."""
        header = self._header(opened.session.conversation_id)
        known_count = len(opened.session.conversation.messages)
        return bool(header and header.message_count > known_count) and not opened.session.is_busy

    def _replace(self, opened: OpenConversation, resumed: OpenedConversation) -> None:
        """Show a conversation as it was read anew, with what was left unsent here."""
        if opened is self.shelf.in_view:
            self.put_aside(self._screen.composer.unsent)
        self._show_opened(replace(resumed, unsent_text=opened.unsent_text))
        self.shelf.drop(opened.session)

    async def _delete(self, conversation_id: str) -> None:
        if conversation_id in self._deleted_ids:
            return
        self._deleted_ids.add(conversation_id)
        title = self._title(conversation_id)
        opened = self.shelf.find(conversation_id)
        if opened is not None:
            await opened.session.close()
            opened.session.end_keeping()
            if opened is self.shelf.in_view:
                self._begin_beside_sidebar()
            self.shelf.drop(opened.session)
        self.library.delete(conversation_id)
        self._undo.append(lambda: self._restore(conversation_id))
        self._show_rows()
        self._screen.context.say(f"Deleted “{safe_line(title)}”. /undelete brings it back.")

    def _begin_beside_sidebar(self) -> None:
        """Begin another conversation, and stay in the list if that is where one is."""
        has_focus = self._screen.sidebar.has_focus
        self.begin()
        if has_focus:
            self._screen.sidebar.focus()

    def _restore(self, conversation_id: str) -> bool:
        self._deleted_ids.discard(conversation_id)
        self.library.restore(conversation_id)
        if not self._screen.sidebar.has_focus_within:
            self._spawn(self._open(conversation_id))
        return True

    def _undo_message(self, session: ChatSession) -> bool:
        """Bring a message back, and its conversation into view; False while it is busy."""
        if session not in self.shelf.sessions:
            self._spawn(self._undo_in_reopened(session))
            return True
        if session is not self.shelf.current:
            self._show(session)
        is_undone = session.undo_deletion() is not None
        if not is_undone:
            self._screen.context.warn("A reply is streaming; stop it first.")
        return is_undone

    async def _undo_in_reopened(self, closed: ChatSession) -> None:
        await self._open(closed.conversation_id)
        session = self.shelf.current
        if session.conversation_id == closed.conversation_id:
            session.inherit_deletions(closed)
            self._undo_message(session)

    def _show_opened(self, opened: OpenedConversation) -> None:
        model = self.shelf.current.conversation.model
        former = opened.session.conversation.model
        is_there = former.endpoint in self._screen.directory.endpoint_names
        if not is_there:
            opened.session.select_model(model)
        self._show(opened.session, opened.unsent_text)
        if not is_there:
            words = f"{safe_line(str(former))} is not configured any more; {safe_line(str(model))}"
            self._screen.context.warn(f"{words} answers from now on.")
        if opened.was_interrupted:
            self._screen.context.say("The last reply was interrupted; what had come is here.")
        if opened.is_live_elsewhere:
            self._screen.context.say("Another chatapp writes a reply here; open it again later.")

    def _show(self, session: ChatSession, unsent_text: str = "") -> None:
        self._views += 1
        self.put_aside(self._screen.composer.unsent)
        self.shelf.show(session, unsent_text)
        self._screen.show_session()
        self._show_rows()
        self._spawn(self._read_prompts())

    def _show_rows(self) -> None:
        sidebar = self._screen.sidebar
        if sidebar.display:
            listed = (
                each for each in self._headers if each.conversation_id not in self._deleted_ids
            )
            sidebar.show([self._row(header) for header in listed])

    def _row(self, header: ConversationHeader) -> SidebarRow:
        opened = self.shelf.find(header.conversation_id)
        phase = opened.session.conversation.phase if opened else None
        return SidebarRow(
            header,
            is_current=opened is self.shelf.in_view,
            is_running=bool(phase and phase.is_busy),
            is_unread=bool(opened and opened.is_unread),
            awaits_person=phase is Phase.AWAITING_APPROVAL,
        )

    def _tell_news(self, session: ChatSession, change: Change) -> None:
        title = safe_line(self._title(session.conversation_id))
        if isinstance(change, PhaseChanged):
            self._screen.context.warn(f"“{title}” waits for your approval.")
        else:
            self._screen.context.say(f"“{title}” has its reply.")

    def _header(self, conversation_id: str) -> ConversationHeader | None:
        for header in self._headers:
            if header.conversation_id == conversation_id:
                return header
        return None

    def _title(self, conversation_id: str) -> str:
        header = self._header(conversation_id)
        return header.title if header else "the conversation"

    def _make_titler(self) -> Titler | None:
        is_wanted = self._screen.settings.has_model_titles
        return Titler(self._screen.directory, self.library.entitle) if is_wanted else None

    def _make_session(self, conversation: Conversation, recorder: Recorder) -> ChatSession:
        open_sessions = self.shelf.sessions
        options = open_sessions[0].options if open_sessions else self._screen.first_options()
        session = self._screen.new_session(conversation, recorder, options)
        if self._titler is not None:
            self._titler.watch(session)
        return session

    def _price(self, message: ChatMessage) -> float | None:
        if message.model is None or message.usage is None:
            return None
        base_url = self._screen.base_url(message.model.endpoint)
        cost = estimate_cost(message.model, message.usage, base_url)
        return float(cost.usd) if cost else None

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._tell_failure(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_failure(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except StorageError as error:
            self._screen.context.warn(str(error))
