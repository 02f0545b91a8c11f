"""A text that comes in pieces."""


class GrowingText:
    """Pieces that are joined when somebody reads them, and then kept as one."""

    def __init__(self, text: str = "") -> None:
        self._pieces = [text]

    def append(self, text: str) -> None:
        """Add text at the end, at the cost of that text alone."""
        self._pieces.append(text)

    @property
    def whole(self) -> str:
        """All that came so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]
