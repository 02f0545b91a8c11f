"""Text that becomes lines for a width: what the transcript knows of its messages' contents."""

from typing import Protocol

from chatapp.ui.transcript.markdown_flow import MarkdownFlow
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.plain_flow import PlainFlow
from chatapp.ui.transcript.text_line import CodeBlock, FlowLine

__all__ = ["CodeBlock", "FlowLine", "MarkdownFlow", "PlainFlow", "TextFlow"]


class TextFlow(Protocol):
    """A growing text, laid out as a vertical run of lines.

    Law: however the text was cut into `append` calls, after `close` the lines are those of
    a flow that was made from the whole text.
    """

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells (at least 1) and the styles; cheap, renders nothing."""
        ...

    @property
    def line_count(self) -> int:
        """How many lines the text has in this layout; renders what was not measured yet."""
        ...

    def line(self, y: int) -> FlowLine:
        """The line with index `y`; raises IndexError outside `line_count`."""
        ...

    @property
    def stable_line_count(self) -> int:
        """Lines before this index stay as they are when text is appended.

        The one exception is a link whose definition comes late: see `revision`.
        """
        ...

    @property
    def revision(self) -> int:
        """Grows whenever lines below an earlier `stable_line_count` changed after all."""
        ...

    @property
    def source(self) -> str:
        """The text as it was appended."""
        ...

    def append(self, text: str) -> None:
        """Add text at the end; the cost depends on `text` alone."""
        ...

    def close(self) -> None:
        """The text is complete."""
        ...

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The blocks of code, in their order."""
        ...

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown, in any case: line index, start cell and end cell."""
        ...
