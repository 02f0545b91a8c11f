"""A piece of code that is no Markdown, as lines: highlighted as it arrives, like a fence."""

from chatapp.core.safe_text import safe_text
from chatapp.ui.transcript.block_tree import Fence
from chatapp.ui.transcript.fence_lines import FenceLines
from chatapp.ui.transcript.leaf_lines import Frame
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.styled_text import StyleBook
from chatapp.ui.transcript.text_line import CodeBlock, FlowLine, find_in_lines

_MINIMUM_WIDTH = 4


class CodeFlow:
    """A TextFlow of code in one language."""

    def __init__(self, language: str) -> None:
        self._pieces: list[str] = []
        self._language = language
        self._code = Fence(info=language, is_open=False, lines=[""])
        self._width = 80
        self._palette: Palette | None = None
        self._fence: FenceLines | None = None
        self._is_current = False

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        width = max(width, _MINIMUM_WIDTH)
        if (width, palette) != (self._width, self._palette):
            self._width, self._palette = width, palette
            self._fence = None

    @property
    def source(self) -> str:
        """The text as it was appended."""
        return "".join(self._pieces)

    @property
    def line_count(self) -> int:
        """How many lines the code has in this layout."""
        return len(self._updated().lines) - self._label_count

    @property
    def stable_line_count(self) -> int:
        """All but those of the last line of code."""
        return max(0, self._updated().stable_count() - self._label_count)

    @property
    def revision(self) -> int:
        """Stable lines of code never change."""
        return 0

    def estimate_line_count(self, width: int) -> int:
        """Guess from the lines alone."""
        return len(self._code.lines)

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        return self._updated().lines[y + self._label_count].flow_line()

    def append(self, text: str) -> None:
        """Add text at the end."""
        if text:
            self._pieces.append(text)
            first, *rest = safe_text(text).split("\n")
            self._code.lines[-1] += first
            self._code.lines += rest
            self._is_current = False

    def close(self) -> None:
        """The text is complete; nothing was waiting for more."""

    def rest(self) -> None:
        """Give back the lines."""
        self._fence = None

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """All of it."""
        return (CodeBlock(self._language, self.source, 0),)

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown, in any case."""
        lines = self._updated().lines[self._label_count :]
        return tuple(find_in_lines(lines, needle)) if needle else ()

    @property
    def _label_count(self) -> int:
        """Lines that name the language, which whoever shows the code does in its own way."""
        return 1 if self._language else 0

    def _updated(self) -> FenceLines:
        if self._palette is None:
            raise RuntimeError("layout() comes before lines")
        if self._fence is None:
            self._fence = FenceLines(self._code, Frame(self._width), StyleBook(self._palette))
            self._is_current = False
        if not self._is_current:
            self._fence.update()
            self._is_current = True
        return self._fence
