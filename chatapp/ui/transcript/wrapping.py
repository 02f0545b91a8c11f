"""Where text breaks into lines of a width, counted in terminal cells as Textual counts them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

TAB_SIZE = 4

_NO_LINE_START = frozenset(
    "、。，．：；？！）］｝〕〉》」』】〙〗’”…‥・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％,.:;?!)]}%"
)
_NO_LINE_END = frozenset("（［｛〔〈《「『【〘〖‘“([{")

_NOT_BLANK = re.compile(r"[^ ]")


class Span(NamedTuple):
    """One line of a wrapped text, `text[start:end]`, and the blanks that stood before it."""

    start: int
    end: int
    joint: str


def wrap(text: str, width: int, start: int = 0) -> Iterator[Span]:
    """Break `text` from index `start` into lines of at most `width` cells, at least 2.

    Words stay whole where they fit; wide characters may be parted from their neighbours,
    except where a line would begin with closing or end with opening punctuation. The text
    has no newlines or tabs. A break never depends on what comes after the line that
    follows it, so an appended text may be wrapped again from the start of its last line.
    """
    breaks = _narrow_breaks if text.isascii() else _grapheme_breaks
    return breaks(text, width, start)


def _narrow_breaks(text: str, width: int, start: int) -> Iterator[Span]:
    length, joint = len(text), ""
    while length - start > width:
        cut = text.rfind(" ", start, start + width + 1)
        if cut < 0 or not text[start:cut].strip():
            cut = start + width
        end = cut
        while end > start and text[end - 1] == " ":
            end -= 1
        following = _NOT_BLANK.search(text, cut)
        if following is None:
            yield Span(start, max(end, min(start + width, cut)), joint)
            return
        yield Span(start, end, joint)
        joint, start = text[end : following.start()], following.start()
    yield Span(start, length, joint)


def _grapheme_breaks(text: str, width: int, start: int) -> Iterator[Span]:
    joint = ""
    graphemes, _ = split_graphemes(text[start:] if start else text)
    offset = start
    first, index, cells = 0, 0, 0
    last_break = -1
    count = len(graphemes)
    while index < count:
        begin, _end, size = graphemes[index]
        if index > first and _may_break(text, graphemes, index, offset):
            last_break = index
        if cells + size > width and text[offset + begin] != " ":
            next_first = last_break if last_break > first else max(index, first + 1)
            content_end = next_first
            while content_end > first and text[offset + graphemes[content_end - 1][0]] == " ":
                content_end -= 1
            if content_end == first:
                content_end = next_first
            end = offset + graphemes[content_end - 1][1]
            next_start = offset + graphemes[next_first][0]
            yield Span(offset + graphemes[first][0], end, joint)
            joint = text[end:next_start]
            first = index = next_first
            cells, last_break = 0, -1
            continue
        cells += size
        index += 1
    end = len(text)
    if cells > width:
        end = offset + _fitting_end(graphemes, first, width)
    yield Span(offset + (graphemes[first][0] if first < count else 0), end, joint)


def _fitting_end(graphemes: list[tuple[int, int, int]], first: int, width: int) -> int:
    cells, end = 0, graphemes[first][0]
    for _start, stop, size in graphemes[first:]:
        cells += size
        if cells > width:
            break
        end = stop
    return end


def _may_break(text: str, graphemes: list[tuple[int, int, int]], index: int, offset: int) -> bool:
    before_start, _before_end, before_size = graphemes[index - 1]
    after_start, _after_end, after_size = graphemes[index]
    before, after = text[offset + before_start], text[offset + after_start]
    if before == " ":
        return after != " "
    if before_size < 2 and after_size < 2:
        return False
    return after != " " and after not in _NO_LINE_START and before not in _NO_LINE_END


def expand_tabs(text: str, column: int = 0) -> str:
    """Replace tabs by blanks up to the next stop, counted in cells from `column`."""
    if "\t" not in text:
        return text
    first, *rest = text.split("\t")
    parts = [first]
    column += cell_len(first)
    for part in rest:
        blanks = TAB_SIZE - column % TAB_SIZE
        parts += (" " * blanks, part)
        column += blanks + cell_len(part)
    return "".join(parts)
