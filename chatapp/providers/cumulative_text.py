"""Servers that send the whole text so far where they should send what is new."""

_CERTAIN_STEPS = 3
_CERTAIN_LENGTH = 12
_CERTAIN_CHARACTERS = 8


class CumulativeFilter:
    """Makes increments of cumulative deltas, and leaves increments as they are.

    A delta that begins with the whole text before it is suspect and held back. After
    `_CERTAIN_STEPS` of them in a row from the very first, long and varied enough that no model
    repeats itself so ("ha", "haha"), the server is taken to be cumulative. One delta that does not
    fit clears it for good; then everything held comes out unchanged. So an ordinary
    stream is looked at for two deltas and never again.
    """

    def __init__(self) -> None:
        self._whole = ""
        self._shown_length = 0
        self._held: list[str] = []
        self._is_certain = False
        self._is_cleared = False

    @property
    def is_passive(self) -> bool:
        """Whether all further text passes through as it is."""
        return self._is_cleared

    @property
    def is_holding(self) -> bool:
        """Whether `finish` would give out anything."""
        return bool(self._held)

    def feed(self, text: str) -> list[str]:
        """Take in one delta, not empty; return the increments to show."""
        if self._is_cleared:
            return [text]
        if not self._whole:
            self._whole, self._shown_length = text, len(text)
            return [text]
        if self._is_certain:
            return self._grow(text)
        if len(text) > len(self._whole) and text.startswith(self._whole):
            return self._suspect(text)
        self._is_cleared = True
        return [*self.finish(), text]

    def finish(self) -> list[str]:
        """Give out what was held back: on doubt the deltas were increments."""
        held, self._held = self._held, []
        return held

    def _suspect(self, text: str) -> list[str]:
        before, self._whole = self._whole, text
        self._held.append(text)
        is_certain = (
            len(self._held) >= _CERTAIN_STEPS
            and len(text) >= _CERTAIN_LENGTH
            and len(set(text)) >= _CERTAIN_CHARACTERS
            and not _is_repetition(text, before)
        )
        if not is_certain:
            return []
        self._is_certain, self._held = True, []
        return [text[self._shown_length :]]

    def _grow(self, text: str) -> list[str]:
        if not text.startswith(self._whole):
            self._is_cleared = True
            return [text]
        added = text[len(self._whole) :]
        self._whole = text
        return [added] if added else []


def _is_repetition(text: str, unit: str) -> bool:
    """Whether `text` is nothing but `unit` over and over, as in a song's refrain."""
    return (unit * (len(text) // len(unit) + 1)).startswith(text)
