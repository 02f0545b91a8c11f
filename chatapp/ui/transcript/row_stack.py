"""Lines one below the other: single lines, and texts of which some show only their end."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from chatapp.ui.transcript import inks
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.sections import FlowSection, Span, label_line
from chatapp.ui.transcript.text_flow import CodeBlock, FlowLine, TextFlow
from chatapp.ui.transcript.text_line import TextLine, find_in_lines

BAR = "│ "
INSET_BAR = "│   "

Place = tuple[int, int, int]
"""A match: line index, start cell, end cell."""


class Rows(Protocol):
    """Some lines that are laid out already."""

    @property
    def line_count(self) -> int:
        """How many."""
        ...

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        ...

    def find(self, needle: str) -> tuple[Place, ...]:
        """Where `needle` is shown, in any case."""
        ...

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The blocks of code in them."""
        ...


class LineRow:
    """One line."""

    line_count = 1

    def __init__(self, line: FlowLine) -> None:
        self._line = line

    def line(self, y: int) -> FlowLine:
        """The line."""
        if y:
            raise IndexError(y)
        return self._line

    def find(self, needle: str) -> tuple[Place, ...]:
        """Where `needle` is shown."""
        line = TextLine((), self._line.text, self._line.start_cell)
        return tuple(find_in_lines([line], needle))

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """None."""
        return ()


def bar_row(spans: Sequence[Span], width: int, palette: Palette) -> LineRow:
    """A line of ours behind the bar, which is not copied with it."""
    line = label_line([(BAR, inks.quote_bar), *spans], width, palette)
    return LineRow(FlowLine(line.strip, line.text.removeprefix(BAR), len(BAR), False, ""))


class TextRows:
    """A text behind a bar. With a `limit` only its last lines are shown, and how many are not.

    Of a text that `ends_with_newline` the empty last line is not shown.
    """

    def __init__(
        self,
        flow: TextFlow,
        prefix: str,
        width: int,
        palette: Palette,
        *,
        limit: int | None = None,
        ends_with_newline: bool = False,
    ) -> None:
        self._section = FlowSection(flow, prefix, inks.quote_bar)
        self._section.layout(width, palette)
        self._prefix, self._width, self._palette = prefix, width, palette
        self._limit = limit
        self._ends_with_newline = ends_with_newline

    @property
    def is_cut(self) -> bool:
        """Whether some lines are not shown."""
        return bool(self._hidden_count)

    @property
    def _text_count(self) -> int:
        count = self._section.line_count
        return count - 1 if self._ends_with_newline and count > 1 else count

    @property
    def _hidden_count(self) -> int:
        if self._limit is None or self._text_count <= self._limit + 1:
            return 0
        return self._text_count - self._limit

    @property
    def line_count(self) -> int:
        """How many lines are shown."""
        hidden = self._hidden_count
        return self._text_count - hidden + bool(hidden)

    def line(self, y: int) -> FlowLine:
        """The line with index `y`; the first may count those above it."""
        hidden = self._hidden_count
        if not hidden:
            return self._section.line(y)
        if y:
            return self._section.line(y - 1 + hidden)
        spans = [
            (self._prefix, inks.quote_bar),
            (f"… {hidden} lines above", inks.muted),
        ]
        strip = label_line(spans, self._width, self._palette).strip
        return FlowLine(strip, "", 0, False, "")

    def find(self, needle: str) -> tuple[Place, ...]:
        """Where `needle` is shown; not among the lines left out."""
        hidden = self._hidden_count
        shift = 1 - hidden if hidden else 0
        return tuple(
            (y + shift, start, end)
            for y, start, end in self._section.find(needle)
            if hidden <= y < self._text_count
        )

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The code, if the text is some."""
        return self._section.code_blocks()


class RowStack:
    """Rows one below the other; it knows where each begins."""

    def __init__(self, rows: Iterable[Rows] = ()) -> None:
        self._rows: list[Rows] = []
        self._starts = [0]
        self.replace_from(0, rows)

    def __len__(self) -> int:
        return len(self._rows)

    def replace_from(self, index: int, rows: Iterable[Rows]) -> None:
        """Put `rows` in the place of all from `index` on."""
        del self._rows[index:], self._starts[index + 1 :]
        for each in rows:
            self._rows.append(each)
            self._starts.append(self._starts[-1] + each.line_count)

    @property
    def line_count(self) -> int:
        """All lines."""
        return self._starts[-1]

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        if not 0 <= y < self._starts[-1]:
            raise IndexError(y)
        index = bisect_right(self._starts, y) - 1
        return self._rows[index].line(y - self._starts[index])

    def find(self, needle: str) -> tuple[Place, ...]:
        """Where `needle` is shown."""
        return tuple(
            (y + first, start, end)
            for first, rows in zip(self._starts, self._rows, strict=False)
            for y, start, end in rows.find(needle)
        )

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The blocks of code in all rows."""
        return tuple(
            CodeBlock(block.language, block.text, block.first_line + first)
            for first, rows in zip(self._starts, self._rows, strict=False)
            for block in rows.code_blocks()
        )
