"""Plain text as lines: wrapped, without markup."""

import re

from rich.cells import get_character_cell_size as character_cells
from rich.segment import Segment
from rich.style import Style

from chatapp.core.safe_text import SafeText, safe_text
from chatapp.ui.transcript.growing_text import GrowingText
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.text_line import EMPTY_LINE, CodeBlock, FlowLine, TextLine, find_in_lines
from chatapp.ui.transcript.wrapping import TAB_SIZE, wrap

MINIMUM_WIDTH = 2
"""A wide character needs two cells."""


class PlainFlow:
    """A TextFlow of text that is shown as it is, in the style `style_name` of the palette."""

    def __init__(self, text: str = "", is_closed: bool = False, style_name: str = "text") -> None:
        self._source = GrowingText()
        self._safe = SafeText()
        self._style_name = style_name
        self._style = Style.null()
        self._width = 80
        self._palette: Palette | None = None
        self._lines: list[TextLine] = []
        self._tail = ""
        self._column = 0
        self._pending = ""
        self.append(text)
        if is_closed:
            self.close()

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        width = max(width, MINIMUM_WIDTH)
        if width == self._width and palette == self._palette:
            return
        self._width, self._palette = width, palette
        style = getattr(palette, self._style_name)
        assert isinstance(style, Style)  # noqa: S101 - says which fields may be named
        self._style = style
        self._lines, self._tail, self._column = [], "", 0
        self._pending = safe_text(self.source)

    @property
    def source(self) -> str:
        """The text as it was appended."""
        return self._source.whole

    @property
    def line_count(self) -> int:
        """How many lines the text has in this layout."""
        self._render()
        return len(self._lines)

    @property
    def stable_line_count(self) -> int:
        """All but the last line, which an appended word may fill."""
        self._render()
        return max(0, len(self._lines) - 1)

    @property
    def revision(self) -> int:
        """Stable lines of plain text never change."""
        return 0

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        self._render()
        return self._lines[y].flow_line()

    def append(self, text: str) -> None:
        """Add text at the end."""
        if text:
            self._source.append(text)
            self._pending += self._safe.feed(text)

    def close(self) -> None:
        """The text is complete; nothing was waiting for more."""

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """Plain text has none."""
        return ()

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown, in any case."""
        self._render()
        return tuple(find_in_lines(self._lines, needle)) if needle else ()

    def _render(self) -> None:
        """Wrap what came since; of the lines there only the last can change."""
        if not self._pending:
            return
        pending, self._pending = self._pending, ""
        first, *rest = pending.split("\n")
        self._grow(first)
        for line in rest:
            self._tail, self._column = "", 0
            self._lines.append(EMPTY_LINE)
            self._grow(line)

    def _grow(self, grown: str) -> None:
        """Add to the last line, which stands at the end of `_lines`."""
        last = self._lines.pop() if self._lines else EMPTY_LINE
        for part in re.split(r"(\t)", grown):
            text = " " * (TAB_SIZE - self._column % TAB_SIZE) if part == "\t" else part
            self._tail += text
            self._column += len(text) if text.isascii() else sum(map(character_cells, text))
        start = 0
        for index, span in enumerate(wrap(self._tail, self._width)):
            start, shown = span.start, self._tail[span.start : span.end]
            self._lines.append(
                TextLine(
                    (Segment(shown, self._style),) if shown else (),
                    shown,
                    is_continuation=index > 0 or last.is_continuation,
                    joint=span.joint if index else last.joint,
                )
            )
        self._tail = self._tail[start:]
