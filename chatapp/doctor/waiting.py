"""What an examination waits for, told in words while it lasts."""

from collections.abc import Callable


def tell_nobody(_words: str) -> None:
    """Nobody watches."""


class Waiting:
    """Tells, at each change, all that is waited for now; an empty text when that is nothing.

    `tell` gets the words, `clean` takes secrets out of them.
    """

    def __init__(self, tell: Callable[[str], None], clean: Callable[[str], str]) -> None:
        self._tell = tell
        self._clean = clean
        self._details: dict[str, str] = {}

    def begin(self, what: str, detail: str = "") -> None:
        """Wait for `what` from now on; `detail` says what is asked of it, and how long at most."""
        self._details[what] = detail
        self._tell_all()

    def end(self, what: str) -> None:
        """Wait for it no longer."""
        if self._details.pop(what, None) is not None:
            self._tell_all()

    def close(self) -> None:
        """Tell nothing more: whoever watched may be gone."""
        self._tell = tell_nobody

    def _tell_all(self) -> None:
        listed = [
            f"{what} ({detail})" if detail else what for what, detail in self._details.items()
        ]
        self._tell(self._clean(f"waiting for {', '.join(listed)}") if listed else "")
