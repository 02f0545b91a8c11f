"""A place in a line of Markdown, counted in characters and, for tabs, in columns."""

import re

from chatapp.ui.transcript.block_patterns import CODE_INDENT

_BLANKS = re.compile(r"[ \t]*")


class LineCursor:
    """Moves through one line while containers take their markers off it."""

    __slots__ = (
        "_column",
        "_is_inside_tab",
        "_offset",
        "indent",
        "is_blank",
        "next_visible",
        "text",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self._offset = 0
        self._column = 0
        self._is_inside_tab = False
        self.look()

    @property
    def is_indented(self) -> bool:
        """Whether what follows is indented like code."""
        return self.indent >= CODE_INDENT

    @property
    def visible(self) -> str:
        """The line from its next visible character on."""
        return self.text[self.next_visible :]

    @property
    def rest(self) -> str:
        """The line from here on; what is left of a tab becomes blanks."""
        if self._is_inside_tab:
            blanks = " " * (CODE_INDENT - self._column % CODE_INDENT)
            return blanks + self.text[self._offset + 1 :]
        return self.text[self._offset :]

    def look(self) -> None:
        """Find the next visible character; sets `next_visible`, `indent` and `is_blank`."""
        match = _BLANKS.match(self.text, self._offset)
        assert match is not None  # noqa: S101 - the pattern matches the empty string
        self.next_visible = match.end()
        self.is_blank = self.next_visible == len(self.text)
        blanks = match[0]
        if "\t" not in blanks:
            self.indent = len(blanks)
            return
        column = self._column
        for character in blanks:
            column += CODE_INDENT - column % CODE_INDENT if character == "\t" else 1
        self.indent = column - self._column

    def skip_blanks(self) -> None:
        """Move to the next visible character."""
        self._column += self.indent
        self._offset = self.next_visible
        self._is_inside_tab = False
        self.indent = 0

    def skip_characters(self, count: int) -> None:
        """Move over characters that are no tabs."""
        self._offset += count
        self._column += count
        self.look()

    def skip_columns(self, count: int) -> int:
        """Move over at most `count` columns of blanks; returns how many there were."""
        wanted = count
        while count > 0 and self._offset < len(self.text):
            character = self.text[self._offset]
            if character == "\t":
                width = CODE_INDENT - self._column % CODE_INDENT
                self._is_inside_tab = width > count
                step = min(width, count)
                self._offset += 0 if self._is_inside_tab else 1
            elif character == " ":
                self._is_inside_tab = False
                step = 1
                self._offset += 1
            else:
                break
            self._column += step
            count -= step
        self.look()
        return wanted - count
