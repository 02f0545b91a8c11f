"""What stands below the arguments of a tool call: the keys that answer it, or its result."""

from collections.abc import Iterator

from chatapp.core.messages import ToolResultPart
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.row_stack import BAR, INSET_BAR, Rows, TextRows, bar_row
from chatapp.ui.transcript.sections import KeyOf, Span
from chatapp.ui.transcript.tool_labels import approval_lines, status_word
from chatapp.ui.transcript.tool_text import byte_count, byte_size, json_or_plain


def approval_rows(key_of: KeyOf, width: int, palette: Palette) -> Iterator[Rows]:
    """Which key allows or denies the call."""
    yield bar_row([], width, palette)
    for spans in approval_lines(key_of, width - len(BAR)):
        yield bar_row(spans, width, palette)


def result_rows(result: ToolResultPart, width: int, palette: Palette) -> Iterator[Rows]:
    """How it ended, and all that the model was told."""
    content = result.content
    size = byte_size(byte_count(content)) if content else "empty"
    heading: list[Span] = [
        ("→ ", inks.muted),
        status_word(result.status),
        (f" · {size}", inks.muted),
    ]
    yield bar_row(heading, width, palette)
    if content:
        flow = json_or_plain(content)
        ends_with_newline = flow.source.endswith("\n")
        yield TextRows(flow, INSET_BAR, width, palette, ends_with_newline=ends_with_newline)
