"""Lines too long to be edited in place, and the short marks that stand for them."""

import re

MAX_LINE_LENGTH = 8_000
"""Characters of a pasted line that are edited in place; TextArea wraps a whole line per key."""

_LONG_LINE = re.compile(rf"[^\n]{{{MAX_LINE_LENGTH + 1},}}")


class LongLines:
    """The lines that marks stand for; one line has one mark."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """The text with a mark in place of each line that is too long."""
        return text if len(text) <= MAX_LINE_LENGTH else _LONG_LINE.sub(self._mark, text)

    def unfold(self, text: str) -> str:
        """The text with its marks replaced by their lines."""
        for line, mark in self._marks.items():
            text = text.replace(mark, line)
        return text

    def forget(self) -> None:
        """No text has marks any more."""
        self._marks.clear()

    def _mark(self, line: re.Match[str]) -> str:
        number = len(self._marks) + 1
        mark = f"\u27e6line {number}: {len(line[0]):,} characters\u27e7"
        return self._marks.setdefault(line[0], mark)
