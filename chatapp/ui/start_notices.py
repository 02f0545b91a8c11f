"""What is wrong at the start, told until the person has begun."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp.ui.screen_context import ScreenContext


class StartNotices:
    """Warns in passing notices, and takes them away from over the first reply."""

    def __init__(self, context: "ScreenContext") -> None:
        self._context = context
        self._told: list[str] | None = []
        """What may still be on the screen; None once the person has begun."""

    def warn(self, text: str) -> None:
        """Tell of something that is wrong."""
        self._context.warn(text)
        if self._told is not None:
            self._told.append(text)

    def end(self) -> None:
        """The person has sent a message: make room for the reply."""
        told, self._told = self._told or [], None
        for text in told:
            self._context.take_back(text)
