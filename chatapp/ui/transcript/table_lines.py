"""Tables as lines: columns while they fit, folded cells when not, records when narrow."""

from collections.abc import Sequence

from rich.segment import Segment

from chatapp.ui.transcript.block_patterns import table_cells
from chatapp.ui.transcript.block_tree import Alignment, Table
from chatapp.ui.transcript.inline_markup import InlineMarkup, Run
from chatapp.ui.transcript.leaf_lines import Frame
from chatapp.ui.transcript.styled_text import StyleBook, wrap_runs
from chatapp.ui.transcript.table_columns import GAP, Breadth, breadth, column_widths, widest
from chatapp.ui.transcript.text_line import TextLine

MEASURED_ROWS = 24
"""The header and this many rows decide how wide the columns are; later ones are folded."""

_Cell = list[Run]


class TableLines:
    """The lines of a table; a row is laid out once, the last one while it grows."""

    def __init__(self, block: Table, frame: Frame, styles: StyleBook, markup: InlineMarkup) -> None:
        self.block = block
        self.lines: list[TextLine] = []
        self._frame = frame
        self._styles = styles
        self._markup = markup
        self._forget()

    def _forget(self) -> None:
        self._version = self.block.version
        self._header = [self._markup.parse(cell, self.block).runs for cell in self.block.header]
        self._measured: list[list[_Cell]] = []
        self._breadths = [_breadths(self._header)]
        self._widths: tuple[int, ...] | None = None
        self._is_folded = False
        self._settled_rows = 0
        self._settled_lines = 0
        self.lines = []

    def stable_count(self) -> int:
        """All but the last row's, once the widths are decided."""
        return self._settled_lines if self._settled_rows > MEASURED_ROWS else 0

    def update(self) -> None:
        """Lay out the rows that came; all again when they changed the columns' widths."""
        if self._version != self.block.version:
            self._forget()
        rows = self.block.lines
        if self._settled_rows < MEASURED_ROWS or self._widths is None:
            self._measure(rows)
        del self.lines[self._settled_lines :]
        if not self.lines:
            self._add_header()
        last = len(rows) - 1
        for index in range(self._settled_rows, last + 1):
            if index == last:
                self._settled_rows, self._settled_lines = index, len(self.lines)
            self._add_row(self._row(index), index)

    def _row(self, index: int) -> list[_Cell]:
        if index < len(self._measured):
            return self._measured[index]
        texts = table_cells(self.block.lines[index])
        texts += [""] * (len(self.block.header) - len(texts))
        return [
            self._markup.parse(text, self.block).runs if text else []
            for text in texts[: len(self.block.header)]
        ]

    def _measure(self, rows: Sequence[str]) -> None:
        del self._measured[self._settled_rows :], self._breadths[self._settled_rows + 1 :]
        for index in range(len(self._measured), min(len(rows), MEASURED_ROWS)):
            row = self._row(index)
            self._measured.append(row)
            self._breadths.append(_breadths(row))
        columns = [widest(column) for column in zip(*self._breadths, strict=True)]
        widths = column_widths(columns, self._frame.width)
        is_folded = widths is not None and widths != [column.wanted for column in columns]
        decided = () if widths is None else tuple(widths)
        if (decided, is_folded) != (self._widths, self._is_folded):
            self._widths, self._is_folded = decided, is_folded
            self._settled_rows = self._settled_lines = 0
            self.lines = []

    # As columns

    def _add_header(self) -> None:
        if not self._widths:
            if not self.block.lines:
                self._add_record([[] for _ in self._header], 0)
            return
        self._add_columns(self._header, "table_header")
        self._add_line_between("─", "─┼─")

    def _add_line_between(self, mark: str, crossing: str) -> None:
        rule = crossing.join(mark * width for width in self._widths or ())
        self._add(TextLine((Segment(rule, self._styles.style("table_border")),), ""))

    def _add_row(self, row: list[_Cell], index: int) -> None:
        if not self._widths:
            self._add_record(row, index)
            return
        if self._is_folded and index:
            self._add_line_between("┄", "┄┼┄")
        self._add_columns(row, "text")

    def _add_columns(self, row: list[_Cell], base: str) -> None:
        widths = self._widths or ()
        folded = [
            wrap_runs(cell, width, self._styles, base)
            for cell, width in zip(row, widths, strict=True)
        ]
        gap = Segment(GAP, self._styles.style("table_border"))
        for level in range(max(map(len, folded))):
            segments: list[Segment] = []
            for column, lines in enumerate(folded):
                if column:
                    segments.append(gap)
                content = lines[level].segments if level < len(lines) else ()
                segments += self._aligned(content, column, is_last=column == len(folded) - 1)
            self._add(TextLine(tuple(segments), "".join(s.text for s in segments).rstrip()))

    def _aligned(
        self, content: tuple[Segment, ...], column: int, *, is_last: bool
    ) -> tuple[Segment, ...]:
        spare = (self._widths or ())[column] - sum(segment.cell_length for segment in content)
        alignment = self.block.alignments[column]
        left = 0
        if alignment is Alignment.RIGHT:
            left = spare
        elif alignment is Alignment.CENTER:
            left = spare // 2
        right = 0 if is_last else spare - left
        return (
            *((Segment(" " * left),) if left > 0 else ()),
            *content,
            *((Segment(" " * right),) if right > 0 else ()),
        )

    # As records

    def _add_record(self, row: list[_Cell], index: int) -> None:
        if index:
            rule = "┄" * self._frame.width
            self._add(TextLine((Segment(rule, self._styles.style("table_border")),), ""))
        for header, cell in zip(self._header, row, strict=True):
            label = [Run(run.text, (*run.looks, "table_header")) for run in header]
            for line in wrap_runs(
                [*label, Run(": ", ("table_border",)), *cell],
                self._frame.width,
                self._styles,
                "text",
            ):
                self._add(line)

    def _add(self, line: TextLine) -> None:
        self.lines.append(self._frame.place(line, not self.lines))


def _breadths(row: list[_Cell]) -> list[Breadth]:
    return [breadth(cell) for cell in row]
