"""Markdown as lines: the parser, the layout, and when each of them has to work."""

from chatapp.core.safe_text import SafeText
from chatapp.ui.transcript.block_lines import ContainerBox, Layout, document_box
from chatapp.ui.transcript.growing_text import GrowingText
from chatapp.ui.transcript.inline_markup import InlineMarkup
from chatapp.ui.transcript.markdown_blocks import BlockParser
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.styled_text import StyleBook
from chatapp.ui.transcript.text_line import CodeBlock, FlowLine, TextLine, find_in_lines

MINIMUM_WIDTH = 4
"""Cells; narrower layouts are laid out in this width."""

PAINTED_LINES = 256
"""Lines of a flow that are kept in the form in which they are painted: some screens full."""


class MarkdownFlow:
    """A TextFlow of Markdown: CommonMark with tables, strikethrough, tasks and bare links.

    Appending and laying out only take notes; text is parsed, and blocks are laid out, when
    lines are asked for.
    """

    def __init__(self, text: str = "", is_closed: bool = False) -> None:
        self._source = GrowingText()
        self._unread: list[str] = []
        self._safe = SafeText()
        self._is_closed = False
        self._width = 80
        self._palette: Palette | None = None
        self._markup: InlineMarkup | None = None
        self._parser: BlockParser | None = None
        self._box: ContainerBox | None = None
        self._is_current = False
        self._painted: dict[int, tuple[TextLine, FlowLine]] = {}
        self.append(text)
        if is_closed:
            self.close()

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles; renders nothing."""
        width = max(width, MINIMUM_WIDTH)
        if width != self._width or palette != self._palette:
            self._width, self._palette = width, palette
            self._box = None
            self._is_current = False
            self._painted.clear()

    @property
    def source(self) -> str:
        """The text as it was appended, with what is unsafe for a terminal still in it."""
        return self._source.whole

    @property
    def line_count(self) -> int:
        """How many lines the text has in this layout."""
        return self._updated().height

    @property
    def stable_line_count(self) -> int:
        """Lines before this index stay as they are when text is appended."""
        if self._is_closed:
            return self.line_count
        box = self._updated()
        return box.stable_height(self._parser.shown_partial_line if self._parser else -1)

    @property
    def revision(self) -> int:
        """Grows whenever a link definition changed lines that were stable."""
        return self._markup.revision if self._markup else 0

    def line(self, y: int) -> FlowLine:
        """The line with index `y`; raises IndexError outside `line_count`."""
        box = self._updated()
        if not 0 <= y < box.height:
            raise IndexError(y)
        line = box.line(y)
        known = self._painted.get(y)
        if known is not None and known[0] is line:
            return known[1]
        if len(self._painted) >= PAINTED_LINES:
            self._painted.clear()
        painted = line.flow_line()
        self._painted[y] = (line, painted)
        return painted

    def append(self, text: str) -> None:
        """Add text at the end; it is parsed when lines are asked for."""
        if text:
            self._is_current = False
            self._source.append(text)
            self._unread.append(text)

    def close(self) -> None:
        """The text is complete."""
        self._is_closed = True
        self._is_current = False

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The blocks of code, in their order."""
        return tuple(self._updated().code_blocks(0))

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown, in any case: line index, start cell and end cell."""
        if not needle:
            return ()
        return tuple(find_in_lines(list(self._updated().lines()), needle))

    def _updated(self) -> ContainerBox:
        """The boxes, after all that was appended is parsed."""
        if self._is_current and self._box is not None:
            return self._box
        if self._parser is None or self._markup is None:
            self._markup = InlineMarkup()
            self._parser = BlockParser(self._markup.define)
        parser = self._parser
        if self._unread:
            parser.feed(self._safe.feed("".join(self._unread)))
            self._unread.clear()
        if self._is_closed:
            parser.close()
        if self._box is None:
            if self._palette is None:
                raise RuntimeError("layout() comes before lines")
            layout = Layout(StyleBook(self._palette), self._markup)
            self._box = document_box(parser.document, self._width, layout)
        else:
            self._box.sync()
        self._is_current = True
        return self._box
