"""A text that folds to a line which says what it is."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from chatapp.core.safe_text import safe_line
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.growing_text import GrowingText
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.sections import FlowSection, Span, label_line
from chatapp.ui.transcript.text_flow import CodeBlock, FlowLine, TextFlow

_TAIL = 400
"""Characters of a growing text that a folded label looks at."""


class FoldSection:
    """A text folded to one line that says what it is; unfolded, the line and the text.

    Folded it neither parses nor lays out its text. Subclasses write the label.
    """

    def __init__(self, text: str, is_live: bool, is_unfolded: bool) -> None:
        self._text = GrowingText(text)
        self._tail = text[-_TAIL:]
        self._is_live = is_live
        self._width = 80
        self._palette: Palette | None = None
        self._body: FlowSection | None = None
        self._revision = 0
        self.is_unfolded = is_unfolded

    def make_flow(self, text: str, is_closed: bool) -> TextFlow:
        """The flow that shows the text when unfolded."""
        raise NotImplementedError

    def label(self, is_live: bool, tail: str) -> Sequence[Span]:
        """The line's pieces after the triangle; `tail` is the end of the text so far."""
        raise NotImplementedError

    @property
    def source(self) -> str:
        """The text as it came."""
        return self._text.whole

    @property
    def is_unfolded(self) -> bool:
        """Whether the text is shown."""
        return self._body is not None

    @is_unfolded.setter
    def is_unfolded(self, is_unfolded: bool) -> None:
        if is_unfolded == self.is_unfolded:
            return
        self._revision += 1
        self._body = None
        if is_unfolded:
            flow = self.make_flow(self.source, not self._is_live)
            self._body = FlowSection(flow, "│ ", inks.quote_bar)
            if self._palette is not None:
                self._body.layout(self._width, self._palette)

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        self._width, self._palette = width, palette
        if self._body is not None:
            self._body.layout(width, palette)

    @property
    def line_count(self) -> int:
        """One when folded."""
        return 1 + (self._body.line_count if self._body is not None else 0)

    @property
    def stable_line_count(self) -> int:
        """0 while text comes, for the label tells of it."""
        return 0 if self._is_live else self.line_count

    @property
    def revision(self) -> int:
        """Grows with every fold, and with the text's own."""
        return self._revision + (self._body.revision if self._body is not None else 0)

    def line(self, y: int) -> FlowLine:
        """The label, or a line of the text."""
        if y > 0 and self._body is not None:
            return self._body.line(y - 1)
        assert self._palette is not None  # noqa: S101 - lines are asked for after layout
        triangle = "▾ " if self.is_unfolded else "▸ "
        spans = [(triangle, inks.muted), *self.label(self._is_live, self._tail)]
        return label_line(spans, self._width, self._palette)

    def restart(self, text: str) -> None:
        """Another text takes the place of the one so far."""
        self._text, self._tail = GrowingText(text), text[-_TAIL:]
        if self._body is not None:
            self.is_unfolded = False
            self.is_unfolded = True
        self._revision += 1

    def choose(self, choice: bool | None) -> None:
        """The reader unfolds it, folds it, or leaves it alone, which is folded."""
        self.is_unfolded = bool(choice)

    def append(self, text: str) -> None:
        """More text came."""
        self._text.append(text)
        self._tail = (self._tail + text)[-_TAIL:]
        if self._body is not None:
            self._body.append(text)

    def close(self) -> None:
        """No more text will come."""
        self._is_live = False
        self._revision += 1
        if self._body is not None:
            self._body.close()

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """What is folded away is not offered for copying."""
        return ()

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown: line, start cell, end cell."""
        if self._body is None:
            return ()
        return tuple((y + 1, start, end) for y, start, end in self._body.find(needle))


def last_line(text: str, cells: int = 60) -> str:
    """The end of the last line that has something on it, made safe, at most `cells` wide."""
    lines = text.rstrip().splitlines()
    line = safe_line(lines[-1]) if lines else ""
    if cell_len(line) <= cells:
        return line
    return "…" + set_cell_size(line[::-1], cells - 1)[::-1].lstrip()
