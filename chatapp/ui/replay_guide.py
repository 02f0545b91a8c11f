"""Leads through a recording that is played: what it is, what was asked, how far it has come."""

from typing import TYPE_CHECKING

from textual.content import Content

from chatapp.core.safe_text import safe_line, safe_text
from chatapp.session.chat_session import ChatSession

if TYPE_CHECKING:
    from chatapp.providers.playback import Playback
    from chatapp.ui.chat_screen import ChatScreen


class ReplayGuide:
    """Puts the recorded questions into the composer one by one, so that Enter plays the replies."""

    def __init__(self, screen: "ChatScreen", playback: "Playback") -> None:
        self._screen = screen
        self._playback = playback
        self._told: tuple[ChatSession, int] | None = None
        self._place = ""

    def follow(self) -> None:
        """Tell where the replay is now; offer the next question to an empty composer, once."""
        session, played = self._screen.shelf.current, self._playback.played
        self._show_place(is_playing=session.is_busy)
        if session.is_busy or self._told == (session, played):
            return
        has_played_more = self._told is not None and self._told[1] != played
        self._told = (session, played)
        composer = self._screen.composer
        if self._playback.is_over:
            if has_played_more:
                self._screen.context.say(self._last_words())
        elif not composer.unsent:
            composer.draft = _offered_question(self._playback)

    def _show_place(self, *, is_playing: bool) -> None:
        playback = self._playback
        if is_playing:
            words = f"playing {self._number_playing()} of {playback.length}"
        elif playback.is_over:
            words = f"all {playback.length} played"
        else:
            words = f"Enter plays {playback.next_number} of {playback.length}"
        place = f"replay of {safe_line(playback.name)} \u00b7 {words}"
        if place != self._place:
            self._place = place
            self._screen.composer.border_subtitle = Content(place)

    def _number_playing(self) -> int:
        """Which exchange is played now: the one taken last, or the next until it is taken."""
        before = self._told[1] if self._told else 0
        is_taken = self._playback.played > before
        return self._playback.last_number if is_taken else self._playback.next_number

    def _last_words(self) -> str:
        length = self._playback.length
        if length == 1:
            return "The exchange was played. A message plays it once more."
        return f"All {length} exchanges were played. A message plays them once more."


def replay_notes(playback: "Playback") -> tuple[str, ...]:
    """What a person is to know before the first exchange, in lines."""
    count = f"{playback.length} exchange{'' if playback.length == 1 else 's'}"
    when = f", recorded {playback.recorded_at:%Y-%m-%d %H:%M}" if playback.recorded_at else ""
    where = f" at {playback.recording.base_url}" if playback.recording.base_url else ""
    how = (
        "What was asked stands below: Enter plays the reply."
        if _offered_question(playback)
        else "What was asked is not in it: any message plays the reply."
    )
    about = f"Replay of {playback.name}: {count}{when}{where}."
    return safe_line(about), how, "Nothing is sent, and nothing is kept."


def _offered_question(playback: "Playback") -> str:
    """The next question as a text to send; empty where Enter could run it as a command."""
    question = playback.next_question
    return "" if safe_text(question).strip().startswith("/") else question
