"""What stands below the arguments of a tool call: the keys that answer it, or its result."""

from collections.abc import Iterator, Sequence

from chatapp.core.messages import ToolResultPart
from chatapp.ui.transcript.argument_rows import BAR, INSET_BAR
from chatapp.ui.transcript.ending_sections import KeyOf
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.row_stack import LineRow, Rows, TextRows
from chatapp.ui.transcript.sections import Span, label_line
from chatapp.ui.transcript.text_flow import FlowLine
from chatapp.ui.transcript.tool_labels import approval_lines, muted, status_word
from chatapp.ui.transcript.tool_text import byte_count, byte_size, json_or_plain


def approval_rows(key_of: KeyOf, width: int, palette: Palette) -> Iterator[Rows]:
    """Which key allows or denies the call."""
    yield bar_line([], width, palette)
    for spans in approval_lines(key_of, width - len(BAR)):
        yield bar_line(spans, width, palette)


def result_rows(result: ToolResultPart, width: int, palette: Palette) -> Iterator[Rows]:
    """How it ended, and all that the model was told."""
    content = result.content
    size = byte_size(byte_count(content)) if content else "empty"
    heading: list[Span] = [("→ ", muted), status_word(result.status), (f" · {size}", muted)]
    yield bar_line(heading, width, palette)
    if content:
        flow = json_or_plain(content)
        ends_with_newline = flow.source.endswith("\n")
        yield TextRows(flow, INSET_BAR, width, palette, ends_with_newline=ends_with_newline)


def bar_line(spans: Sequence[Span], width: int, palette: Palette) -> LineRow:
    """A line of ours behind the bar, which is not copied with it."""
    bar: Span = (BAR, lambda palette: palette.quote_bar)
    line = label_line([bar, *spans], width, palette)
    return LineRow(FlowLine(line.strip, line.text.removeprefix(BAR), len(BAR), False, ""))
