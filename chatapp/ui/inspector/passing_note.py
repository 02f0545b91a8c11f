"""A sentence below the list: what holds for all of it, or what a key came to."""

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from chatapp.ui.ink import MUTED, WARNING

SAID_FOR_S = 4.0


class PassingNote(Static):
    """Shows a standing sentence, and in its place for a few seconds one that was said."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._standing = ""
        self._timer: Timer | None = None
        self.display = False

    def stand(self, words: str) -> None:
        """Show this whenever nothing else is said; "" for nothing."""
        if words != self._standing:
            self._standing = words
            if self._timer is None:
                self._show(words, MUTED)

    def say(self, words: str) -> None:
        """Show this for a while."""
        self._stop_timer()
        self._timer = self.set_timer(SAID_FOR_S, self._pass)
        self._show(words, WARNING)

    def _pass(self) -> None:
        self._stop_timer()
        self._show(self._standing, MUTED)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _show(self, words: str, ink: str) -> None:
        self.display = bool(words)
        self.update(Content.styled(words, ink))
