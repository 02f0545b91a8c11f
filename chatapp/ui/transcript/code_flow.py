"""Code that is no Markdown, as lines: highlighted like a fence, as far as it is looked at."""

from bisect import bisect_right
from collections.abc import Iterator

from chatapp.core.safe_text import SafeText
from chatapp.ui.transcript.block_tree import Fence
from chatapp.ui.transcript.fence_lines import FenceLines
from chatapp.ui.transcript.growing_text import GrowingText
from chatapp.ui.transcript.leaf_lines import Frame
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.styled_text import StyleBook
from chatapp.ui.transcript.text_line import CodeBlock, FlowLine, TextLine, find_in_lines
from chatapp.ui.transcript.wrapping import expand_tabs, wrap

_MINIMUM_WIDTH = 12
"""Cells; narrower layouts are laid out in this width."""

_PADDING = 1
"""Cells of ground left and right of the code."""

_STEP = 64
"""Lines of code that are highlighted at once."""


class CodeFlow:
    """A TextFlow of code in one language.

    Where lines break is known without highlighting, which costs fifty times as much: lines
    are highlighted from the first to the last one asked for.
    """

    def __init__(self, language: str, text: str = "") -> None:
        self._source = GrowingText()
        self._safe = SafeText()
        self._language = language
        self._sources = [""]
        self._starts = [0]
        self._width = 80
        self._palette: Palette | None = None
        self._code = Fence(info=language, is_open=False)
        self._fence: FenceLines | None = None
        self.append(text)

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        width = max(width, _MINIMUM_WIDTH)
        if (width, palette) != (self._width, self._palette):
            self._width, self._palette = width, palette
            self._starts = [0]
            self._fence = None

    @property
    def source(self) -> str:
        """The text as it was appended."""
        return self._source.whole

    @property
    def line_count(self) -> int:
        """How many lines the code has in this layout."""
        self._measure()
        return self._starts[-1]

    @property
    def stable_line_count(self) -> int:
        """All but those of the last line of code."""
        self._measure()
        return self._starts[-2]

    @property
    def revision(self) -> int:
        """Stable lines of code never change."""
        return 0

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        self._measure()
        if not 0 <= y < self._starts[-1]:
            raise IndexError(y)
        lines = self._highlighted(bisect_right(self._starts, y)).lines
        return lines[y + (1 if self._language else 0)].flow_line()  # the first names the language

    def append(self, text: str) -> None:
        """Add text at the end."""
        if text:
            self._source.append(text)
            first, *others = self._safe.feed(text).split("\n")
            del self._starts[len(self._sources) :]
            self._sources[-1] += first
            self._sources += others

    def close(self) -> None:
        """The text is complete; nothing was waiting for more."""

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """All of it."""
        return (CodeBlock(self._language, self.source, 0),)

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown, in any case."""
        return tuple(find_in_lines(list(self._plain_lines()), needle)) if needle else ()

    def _measure(self) -> None:
        """Know where each line of code begins on screen, and where the last one ends."""
        width = self._width - 2 * _PADDING
        for source in self._sources[len(self._starts) - 1 :]:
            is_short = source.isascii() and len(source) <= width and "\t" not in source
            count = 1 if is_short else sum(1 for _ in wrap(expand_tabs(source), width))
            self._starts.append(self._starts[-1] + count)

    def _plain_lines(self) -> Iterator[TextLine]:
        """All lines without their looks."""
        for source in self._sources:
            text = expand_tabs(source)
            for index, (start, end, joint) in enumerate(wrap(text, self._width - 2 * _PADDING)):
                yield TextLine((), text[start:end], _PADDING, index > 0, joint)

    def _highlighted(self, source_count: int) -> FenceLines:
        """The lines of at least the first `source_count` lines of code."""
        if self._palette is None:
            raise RuntimeError("layout() comes before lines")
        if self._fence is None:
            self._code.lines = []
            self._fence = FenceLines(self._code, Frame(self._width), StyleBook(self._palette))
        known = self._code.lines
        last = len(known) - 1
        has_grown = last >= 0 and known[last] != self._sources[last]
        if has_grown:
            known[last] = self._sources[last]
        if source_count > len(known):
            known += self._sources[len(known) : source_count + _STEP]
            has_grown = True
        if has_grown:
            self._fence.update()
        return self._fence
