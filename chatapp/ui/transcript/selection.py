"""Mouse selection over messages: names for rows that hold while text comes, and copied text.

Textual keeps a selection as two offsets in a widget's content. Ours are (index of a character
in the line, row id), and a row id names a line of a message and no distance from the top.
"""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from chatapp.ui.transcript.text_flow import FlowLine
from chatapp.ui.transcript.timeline import Timeline

_LINE_BITS = 24
"""Bits of a row id that name the line: more lines than a message can have."""


def row_id(entry: int, line: int) -> int:
    """Name a line of an entry; ids are in the order of the rows."""
    return entry << _LINE_BITS | line


def place_of(row: int) -> tuple[int, int]:
    """The entry and the line that an id names."""
    return row >> _LINE_BITS, row & (1 << _LINE_BITS) - 1


def with_offsets(strip: Strip, gutter: Segment, row: int) -> Strip:
    """The line with what Textual needs to find the character under the mouse."""

    def at(text: str, style: Style | None, x: int) -> Segment:
        offset = Style.from_meta({"offset": (x, row)})
        return Segment(text, style + offset if style else offset)

    segments, x = [at(gutter.text, gutter.style, -len(gutter.text))], 0
    for text, style, _ in strip:
        segments.append(at(text, style, x))
        x += len(text)
    return Strip(segments)


def selected_cells(line: FlowLine, selection: Selection, row: int) -> tuple[int, int] | None:
    """The cells of a line that are selected, counted without the gutter."""
    span = selection.get_span(row)
    if span is None:
        return None
    text = line.strip.text
    start, end = span
    first = max(line.start_cell, Strip([Segment(text[: max(0, start)])]).cell_length)
    last = line.strip.cell_length
    if end != -1:
        last = min(last, Strip([Segment(text[: max(0, end)])]).cell_length)
    return (first, last) if first < last else None


def selected_text(timeline: Timeline, selection: Selection) -> str:
    """What copying the selection gives: source text, without wraps and padding.

    A message between the ends that was never on screen gives its source.
    """
    if not len(timeline):
        return ""
    last_entry = len(timeline) - 1
    first = place_of(selection.start.y) if selection.start else (0, 0)
    last = place_of(selection.end.y) if selection.end else (last_entry, 1 << _LINE_BITS)
    pieces: list[str] = []
    for index in range(first[0], min(last[0], last_entry) + 1):
        if first[0] < index < last[0] and not timeline.is_made(index):
            pieces += ("\n", "\n\n".join(timeline.sources(index)), "\n")
            continue
        start = first[1] if index == first[0] else 0
        stop = last[1] + 1 if index == last[0] else timeline.measure(index)
        _take_lines(timeline, selection, index, range(start, stop), pieces)
    return "".join(pieces).strip("\n")


def _take_lines(
    timeline: Timeline, selection: Selection, index: int, lines: range, pieces: list[str]
) -> None:
    entry, height = timeline.entry(index), timeline.measure(index)
    for y in lines:
        if y >= height:
            break
        line = entry.line(y)
        if pieces:
            pieces.append(line.joint if line.is_continuation else "\n")
        pieces.append(_part(line, selection.get_span(row_id(index, y))))


def _part(line: FlowLine, span: tuple[int, int] | None) -> str:
    if span is None:
        return ""
    text = line.strip.text
    before = _characters(text, line.start_cell)
    start, end = span
    start = max(0, start - before)
    return line.text[start:] if end == -1 else line.text[start : max(0, end - before)]


def _characters(text: str, cells: int) -> int:
    """How many characters fill the first `cells` cells."""
    return len(Strip([Segment(text)]).crop(0, cells).text) if cells else 0


def whole_entry(timeline: Timeline, index: int) -> Selection:
    """Everything a message shows."""
    last_line = max(0, timeline.measure(index) - 1)
    end = len(timeline.entry(index).line(last_line).strip.text)
    return Selection(Offset(0, row_id(index, 0)), Offset(end, row_id(index, last_line)))


def word_around(line: FlowLine, x: int, row: int) -> Selection:
    """The word at character `x` of a line."""
    text = line.strip.text
    x = max(0, min(x, len(text) - 1))
    start = end = x
    while start > 0 and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end]):
        end += 1
    return Selection(Offset(start, row), Offset(max(end, x + 1), row))


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_-./:@"
