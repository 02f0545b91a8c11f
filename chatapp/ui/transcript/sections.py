"""What a message is made of on screen: labels of one line, and texts."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from chatapp.ui.transcript import inks
from chatapp.ui.transcript.inks import Ink
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.text_flow import CodeBlock, FlowLine, TextFlow

KeyOf = Callable[[str], str]
"""Command name -> the key to show for it."""

Clock = Callable[[], float]
"""Seconds that never go back."""

Span = tuple[str, Ink]
"""A piece of a label, already safe, and what it is written in."""


class Section(Protocol):
    """A part of a message, as lines of a width.

    `stable_line_count` and `revision` mean what they mean for a TextFlow.
    """

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        ...

    @property
    def line_count(self) -> int:
        """How many lines there are in this layout."""
        ...

    @property
    def stable_line_count(self) -> int:
        """Lines before this index stay as they are when text comes."""
        ...

    @property
    def revision(self) -> int:
        """Grows whenever a stable line changed after all."""
        ...

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        ...


class LabelSection:
    """One line of ours, cut where the width ends; no spans make a blank line."""

    line_count = stable_line_count = 1
    revision = 0

    def __init__(self, spans: Sequence[Span] = ()) -> None:
        self._spans = spans
        self._line: FlowLine | None = None

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        self._line = label_line(self._spans, width, palette)

    def line(self, y: int) -> FlowLine:
        """The one line."""
        if y or self._line is None:
            raise IndexError(y)
        return self._line


def label_line(spans: Sequence[Span], width: int, palette: Palette) -> FlowLine:
    """Put styled pieces on one line of at most `width` cells."""
    strip = Strip([Segment(text, ink(palette)) for text, ink in spans if text])
    text = "".join(text for text, _ink in spans)
    if strip.cell_length > width:
        strip = Strip.join([strip.crop(0, max(0, width - 1)), Strip([Segment("…")])])
    return FlowLine(strip, text, 0, False, "")


class FlowSection:
    """A text, with a bar or blanks before every line.

    A `sign` stands before the first line in place of the prefix, and is as wide.
    """

    def __init__(
        self,
        flow: TextFlow,
        prefix: str = "",
        prefix_ink: Ink = inks.muted,
        sign: str = "",
    ) -> None:
        self.flow = flow
        self._prefix = prefix
        self._prefix_cells = cell_len(prefix)
        self._prefix_ink = prefix_ink
        self._sign = sign or prefix
        self._sign_segment = self._prefix_segment = Segment("")

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        style = self._prefix_ink(palette)
        self._sign_segment = Segment(self._sign, style)
        self._prefix_segment = Segment(self._prefix, style)
        self.flow.layout(max(1, width - self._prefix_cells), palette)

    @property
    def line_count(self) -> int:
        """How many lines the text has."""
        return self.flow.line_count

    @property
    def stable_line_count(self) -> int:
        """Lines that stay as they are."""
        return self.flow.stable_line_count

    @property
    def revision(self) -> int:
        """Grows when a stable line changed after all."""
        return self.flow.revision

    @property
    def source(self) -> str:
        """The text as it came."""
        return self.flow.source

    def line(self, y: int) -> FlowLine:
        """The line with index `y`."""
        line = self.flow.line(y)
        if not self._prefix:
            return line
        return FlowLine(
            Strip([self._prefix_segment if y else self._sign_segment, *line.strip]),
            line.text,
            line.start_cell + self._prefix_cells,
            line.is_continuation,
            line.joint,
        )

    def append(self, text: str) -> None:
        """More text came."""
        self.flow.append(text)

    def close(self) -> None:
        """No more text will come."""
        self.flow.close()

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The blocks of code in the text."""
        return self.flow.code_blocks()

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown: line, start cell, end cell."""
        return tuple(
            (y, start + self._prefix_cells, end + self._prefix_cells)
            for y, start, end in self.flow.find(needle)
        )
