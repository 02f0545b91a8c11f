"""The conversation's place on the screen: greeting, messages, and the line that searches them."""

import time
from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip

from chatapp.core.messages import ModelRef
from chatapp.session.chat_session import ChatSession
from chatapp.ui import clipboard
from chatapp.ui.transcript.transcript_view import TranscriptView
from chatapp.ui.widgets.empty_state import EmptyState
from chatapp.ui.widgets.find_bar import FindBar


class TranscriptPane(Vertical):
    """Shows a session's conversation, finds text in it, and copies out of it."""

    DEFAULT_CSS = """
    TranscriptPane {
        height: 1fr;
    }
    """

    def __init__(
        self,
        model: ModelRef,
        *,
        key_of: Callable[[str], str],
        is_local: bool,
        config_path: str,
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.greeting = EmptyState(
            model, key_of=key_of, is_local=is_local, config_path=config_path, notes=notes
        )
        self.transcript = TranscriptView(key_of=key_of, clock=time.monotonic)
        self.find_bar = FindBar()

    def compose(self) -> ComposeResult:
        """Lay out the greeting, the messages and the search line."""
        yield self.greeting
        yield self.transcript
        yield self.find_bar

    def render_lines(self, crop: Region) -> list[Strip]:
        """Nothing: what it holds covers it. Textual asks all widgets for all lines every frame."""
        return []

    def show(self, session: ChatSession) -> None:
        """Show the session's conversation from scratch."""
        conversation = session.conversation
        self.find_bar.display = False
        self.transcript.show(
            conversation.path, conversation.draft, conversation.model, conversation.places()
        )

    def show_greeting(self, is_wanted: bool, model: ModelRef, *, is_local: bool) -> None:
        """Greet in place of an empty conversation, or stop greeting."""
        self.greeting.display = is_wanted
        self.transcript.display = not is_wanted
        if is_wanted:
            self.greeting.show(model, is_local=is_local)

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard in the background and say which way it went."""

        async def copy_and_tell() -> None:
            way = await clipboard.copy(text, self.app)
            self.notify(f"Copied {what} to the {way}.", markup=False)

        self.run_worker(copy_and_tell(), group="copy")

    @on(TranscriptView.CopyRequested)
    def _copy_requested(self, event: TranscriptView.CopyRequested) -> None:
        event.stop()
        self.copy(event.text, event.what)

    @on(FindBar.Changed)
    def _find(self, event: FindBar.Changed) -> None:
        event.stop()
        self.transcript.find(event.text)
        self._show_count()

    @on(FindBar.Next)
    def _find_next(self, event: FindBar.Next) -> None:
        event.stop()
        self.transcript.find_next()
        self._show_count()

    @on(FindBar.Previous)
    def _find_previous(self, event: FindBar.Previous) -> None:
        event.stop()
        self.transcript.find_previous()
        self._show_count()

    @on(TranscriptView.MatchStepped)
    def _tell_step(self, event: TranscriptView.MatchStepped) -> None:
        event.stop()
        self._show_count()

    @on(FindBar.Closed)
    def _end_find(self, event: FindBar.Closed) -> None:
        event.stop()
        self.transcript.end_find()
        self.post_message(TranscriptView.TypingRequested(""))

    def _show_count(self) -> None:
        self.find_bar.show_count(self.transcript.find_position, self.transcript.match_count)
