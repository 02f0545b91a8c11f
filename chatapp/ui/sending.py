"""What becomes of a text that the person sends: a command, a message, or a question back."""

import asyncio
from typing import TYPE_CHECKING

from chatapp.commands.conversing import MODEL, STOP
from chatapp.commands.registry import misspelt, parse_slash, unknown_command
from chatapp.session.chat_session import ChatSession
from chatapp.session.compaction import Advice, why_unused
from chatapp.ui.widgets.composer import Composer

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen


class Sender:
    """Takes what the composer submits; what cannot be sent goes back there."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen
        self._doubted = ""
        self._summed_for = ("", "")
        self._summing: set[asyncio.Task[None]] = set()

    def submit(self, text: str, edits: str | None) -> None:
        """Run the command, or send the message; `edits` is the message it stands beside."""
        screen = self._screen
        if edits is None and (slash := parse_slash(text)):
            screen.run_command(*slash)
        elif edits is None and (name := unknown_command(text)) and text != self._doubted:
            self._doubted = text
            meant = misspelt(text)
            doubt = f"Did you mean /{meant.name}?" if meant else f"There is no command /{name}."
            self._give_back(text, edits, f"{doubt} Enter again sends it as it is.")
        elif not screen.shelf.current.conversation.model.model:
            screen.composer.give_back(text, edits)
            screen.run_command(MODEL)
        elif edits is None and self._must_sum_up(text):
            self._give_back(text, edits, "The context is full: it is summed up first, then sent.")
            task = asyncio.create_task(self._sum_up_and_send(text), name="sum up")
            self._summing.add(task)
            task.add_done_callback(self._summing.discard)
        else:
            self._send(text, edits)

    def close(self) -> None:
        """Send nothing more by itself."""
        for task in self._summing:
            task.cancel()

    def _send(self, text: str, edits: str | None = None) -> None:
        if self._screen.shelf.current.send(text, edits):
            self._doubted, self._summed_for = "", ("", "")
            self._screen.start_notices.end()
            self._screen.transcript.scroll_to_latest()
            return
        if self._screen.shelf.current.is_busy:
            stop = self._screen.keymap.key_of(STOP.name)
            words = f"A reply is streaming; {stop} stops it. Your message stays here."
            self._give_back(text, edits, words)
        else:
            words = "The message you edited is not shown any more; Enter sends this as a new one."
            self._give_back(text, None, words)

    def _give_back(self, text: str, edits: str | None, words: str) -> None:
        self._screen.composer.give_back(text, edits)
        self._screen.context.warn(words)

    def _must_sum_up(self, text: str) -> bool:
        """Whether a summary has to be asked for now; whatever comes of it, once for a text."""
        session = self._screen.shelf.current
        asked = (session.conversation_id, text)
        is_full = self._screen.gauge.advice(session) is Advice.COMPACT
        if asked == self._summed_for or not is_full or not session.can_compact:
            return False
        self._summed_for = asked
        return True

    async def _sum_up_and_send(self, text: str) -> None:
        """Send the text once there is a summary, unless the person has gone on meanwhile."""
        session, composer = self._screen.shelf.current, self._screen.composer
        session.compact()
        await session.wait()
        last = session.conversation.last
        if last is None or not last.replaces_history:
            why = why_unused(last) if last and last.is_summary else ""
            words = f"There is no summary. {why} Enter sends your message all the same."
            self._screen.context.warn(" ".join(words.split()))
        elif self._is_as_it_was(session, composer, text):
            composer.take_out()
            self._send(text)
        else:
            self._screen.context.warn("It is summed up; your message waits where you wrote it.")

    def _is_as_it_was(self, session: ChatSession, composer: Composer, text: str) -> bool:
        return self._screen.shelf.current is session and composer.draft == text
