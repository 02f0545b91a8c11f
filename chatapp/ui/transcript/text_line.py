"""One line of the transcript, in a compact form and in the form a widget paints."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A painted line.

    `strip` is at most as wide as the layout and not padded. `text` is what copying the
    line gives; its cells stand in `strip` from `start_cell` on, after bullets, bars and
    borders. A line with `is_continuation` goes on the line above, and `joint` are the
    blanks that stood where it was wrapped.
    """

    strip: Strip
    text: str
    start_cell: int
    is_continuation: bool
    joint: str


@dataclass(frozen=True, slots=True)
class TextLine:
    """What a FlowLine is made from; kept in its place, for a Strip is ten times its size."""

    segments: tuple[Segment, ...]
    text: str
    start_cell: int = 0
    is_continuation: bool = False
    joint: str = ""

    def flow_line(self) -> FlowLine:
        """The same line, ready to paint."""
        return FlowLine(
            Strip(self.segments), self.text, self.start_cell, self.is_continuation, self.joint
        )


EMPTY_LINE = TextLine((), "")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of code of a flow: its language ("" unknown), its exact text, its first line."""

    language: str
    text: str
    first_line: int


def find_in_lines(
    lines: Sequence[TextLine | FlowLine], needle: str
) -> Iterator[tuple[int, int, int]]:
    """Where `needle` stands in the lines' text, in any case: line index, start and end cell.

    A match that was wrapped gives one place a line.
    """
    pattern = re.compile(re.escape(needle), re.IGNORECASE)
    start = 0
    while start < len(lines):
        stop = start + 1
        while stop < len(lines) and lines[stop].is_continuation:
            stop += 1
        yield from _find_in_logical_line(lines[start:stop], pattern, start)
        start = stop


def _find_in_logical_line(
    lines: Sequence[TextLine | FlowLine], pattern: re.Pattern[str], first_line: int
) -> Iterator[tuple[int, int, int]]:
    starts: list[int] = []
    parts: list[str] = []
    length = 0
    for index, line in enumerate(lines):
        joint = line.joint if index else ""
        starts.append(length + len(joint))
        parts += (joint, line.text)
        length += len(joint) + len(line.text)
    for match in pattern.finditer("".join(parts)):
        # The last line that begins before the match may hold its beginning.
        for index in range(max(0, bisect_right(starts, match.start()) - 1), len(lines)):
            start, line = starts[index], lines[index]
            if start >= match.end():
                break
            begin = max(match.start(), start) - start
            end = min(match.end(), start + len(line.text)) - start
            if begin < end:
                left = line.start_cell + cell_len(line.text[:begin])
                yield first_line + index, left, left + cell_len(line.text[begin:end])
