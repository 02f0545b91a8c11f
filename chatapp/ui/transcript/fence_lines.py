"""Blocks of code as lines, highlighted as they arrive."""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from chatapp.ui.transcript.block_tree import Fence, IndentedCode
from chatapp.ui.transcript.code_tokens import LONGEST_LINE, highlighter
from chatapp.ui.transcript.inline_markup import Run
from chatapp.ui.transcript.leaf_lines import Frame
from chatapp.ui.transcript.styled_text import StyleBook, wrap_runs
from chatapp.ui.transcript.text_line import EMPTY_LINE, TextLine
from chatapp.ui.transcript.wrapping import expand_tabs, wrap

_LEAST_PADDED_WIDTH = 12


def fence_language(block: Fence | IndentedCode) -> str:
    """The first word after the opening fence, without the braces some writers put there."""
    words = block.info.split() if isinstance(block, Fence) else []
    return words[0].strip("{}").lstrip(".") if words else ""


def code_lines(block: Fence | IndentedCode) -> list[str]:
    """The lines of code as the writer meant them."""
    lines = block.lines
    end = len(lines)
    if isinstance(block, IndentedCode):
        while end and not lines[end - 1].strip():
            end -= 1
    elif block.is_open and end and lines[-1].strip() and not lines[-1].strip(" " + block.mark[0]):
        end -= 1  # an unfinished closing fence
    return lines[:end] if end < len(lines) else lines


class FenceLines:
    """The lines of a block of code on a ground of its own; the last one may still grow."""

    def __init__(self, block: Fence | IndentedCode, frame: Frame, styles: StyleBook) -> None:
        self.block = block
        self.lines: list[TextLine] = []
        self._frame = frame
        self._styles = styles
        self._padding = 1 if frame.width >= _LEAST_PADDED_WIDTH else 0
        language = fence_language(block)
        self._highlighter = highlighter(language)
        self._mark = self._highlighter.mark()
        self._settled_sources = 0
        self._wrapped_text = ""
        self._last_start = 0
        if language:
            self._add_label(language)
        self._settled_lines = len(self.lines)

    def stable_count(self) -> int:
        """All but the last source line's."""
        return self._settled_lines if self._settled_sources else 0

    def update(self) -> None:
        """Highlight and wrap the source lines that came."""
        sources = code_lines(self.block)
        if self._grow_long_line(sources):
            return
        del self.lines[self._settled_lines :]
        self._highlighter.reset(self._mark)
        last = len(sources) - 1
        for index in range(self._settled_sources, last + 1):
            if index == last:
                self._settled_sources, self._settled_lines = index, len(self.lines)
                self._mark = self._highlighter.mark()
            self._add_source(sources[index])
        if not self.lines:
            self._add(EMPTY_LINE)
        text = expand_tabs(sources[last]) if sources else ""
        self._wrapped_text = text if len(text) > LONGEST_LINE else ""
        self._last_start = 0

    def _grow_long_line(self, sources: list[str]) -> bool:
        """Wrap a line too long to be highlighted from where its last piece began.

        Returns whether the last source line is such a line and is all that changed.
        """
        if not self._wrapped_text or self._settled_sources != len(sources) - 1:
            return False
        text = expand_tabs(sources[-1])
        if not text.startswith(self._wrapped_text):
            return False
        last = self.lines[-1] if self._last_start else EMPTY_LINE
        del self.lines[-1 if self._last_start else self._settled_lines :]
        joint = last.joint
        style = self._styles.style("fence", ("code.plain",))
        for span in wrap(text, self._frame.width - 2 * self._padding, self._last_start):
            is_continuation = last.is_continuation or span.start > self._last_start
            shown = text[span.start : span.end]
            piece = (Segment(shown, style),)
            self._add(TextLine(piece, shown, 0, is_continuation, joint or span.joint))
            joint = ""
        self._wrapped_text, self._last_start = text, span.start
        return True

    def _add_label(self, language: str) -> None:
        room = self._frame.width - self._padding
        label = set_cell_size(language, min(room, cell_len(language)))
        text = " " * (room - cell_len(label)) + label + " " * self._padding
        self.lines.append(
            self._frame.place(
                TextLine(
                    (Segment(text, self._styles.style("fence_label")),), "", self._frame.width
                ),
                is_first=True,
            )
        )

    def _add_source(self, source: str) -> None:
        runs = self._highlighter.runs(expand_tabs(source))
        named = [Run(run.text, (f"code.{run.looks[0]}",)) for run in runs]
        width = self._frame.width - 2 * self._padding
        for line in wrap_runs(named, width, self._styles, "fence"):
            self._add(line)

    def _add(self, line: TextLine) -> None:
        ground = self._styles.style("fence")
        padding = self._padding
        left = (Segment(" " * padding, ground),) if padding else ()
        blanks = self._frame.width - padding - sum(s.cell_length for s in line.segments)
        right = (Segment(" " * blanks, ground),) if blanks > 0 else ()
        padded = TextLine(
            left + line.segments + right, line.text, padding, line.is_continuation, line.joint
        )
        self.lines.append(self._frame.place(padded, not self.lines))
