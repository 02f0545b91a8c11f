"""Which of the exchanges that are kept is looked at."""

from collections.abc import Sequence

from chatapp.core.exchange_log import ExchangeLog


class ExchangeChoice:
    """The newest of `logs`, which grow and lose their first, until the person goes elsewhere."""

    def __init__(self, logs: Sequence[ExchangeLog]) -> None:
        self._logs = logs
        self._is_at_newest = True
        self.log: ExchangeLog | None = None
        """The one that is looked at; None before the first."""

    @property
    def number(self) -> int:
        """Which it is, from 1; 0 for one that is kept no longer."""
        return self._place() + 1

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._logs)

    def follow(self) -> bool:
        """Go to the newest, unless the person went elsewhere; tells whether that is another."""
        return self._is_at_newest and bool(self._logs) and self._go_to(len(self._logs) - 1)

    def flip(self, direction: int) -> bool:
        """Go to the one before or after, as far as they are kept; tells whether that is another."""
        if not self._logs:
            return False
        place = max(0, min(self._place() + direction, len(self._logs) - 1))
        self._is_at_newest = place == len(self._logs) - 1
        return self._go_to(place)

    def _go_to(self, place: int) -> bool:
        before, self.log = self.log, self._logs[place]
        return self.log is not before

    def _place(self) -> int:
        places = (place for place, log in enumerate(self._logs) if log is self.log)
        return next(places, -1)
