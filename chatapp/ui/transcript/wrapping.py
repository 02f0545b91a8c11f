"""Where text breaks into lines of a width, counted in terminal cells as Textual counts them."""

import re
from collections.abc import Iterator, Sequence
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
        if cut < 0 or not text[start:cut].strip(" "):
            cut = start + width
        following = _NOT_BLANK.search(text, cut)
        if following is None:
            yield Span(start, start + width, joint)
            return
        end = cut
        while end > start and text[end - 1] == " ":
            end -= 1
        end = end if end > start else cut
        yield Span(start, end, joint)
        joint, start = text[end : following.start()], following.start()
    yield Span(start, length, joint)


def _grapheme_breaks(text: str, width: int, start: int) -> Iterator[Span]:
    """The same for text with wide, combining or joined characters."""
    graphemes = [(begin + start, size) for begin, _end, size in split_graphemes(text[start:])[0]]
    count, joint, first = len(graphemes), "", 0
    while (overflow := _overflow(graphemes, first, width)) < count:
        cut = next(
            (index for index in range(overflow, first, -1) if _may_break(text, graphemes, index)),
            overflow,
        )
        if not text[graphemes[first][0] : graphemes[cut][0]].strip(" "):
            cut = overflow
        following = _NOT_BLANK.search(text, graphemes[cut][0])
        begin = graphemes[first][0]
        if following is None:
            yield Span(begin, graphemes[overflow][0], joint)
            return
        end = begin + len(text[begin : graphemes[cut][0]].rstrip(" "))
        end = end if end > begin else graphemes[cut][0]
        yield Span(begin, end, joint)
        joint = text[end : following.start()]
        first = cut
        while graphemes[first][0] < following.start():
            first += 1
    yield Span(graphemes[first][0] if first < count else start, len(text), joint)


def _overflow(graphemes: Sequence[tuple[int, int]], first: int, width: int) -> int:
    """The first grapheme after `first` that does not fit on its line any more."""
    cells = 0
    for index in range(first, len(graphemes)):
        cells += graphemes[index][1]
        if cells > width and index > first:
            return index
    return len(graphemes)


def _may_break(text: str, graphemes: Sequence[tuple[int, int]], index: int) -> bool:
    before, after = text[graphemes[index - 1][0]], text[graphemes[index][0]]
    if before == " " or after == " ":
        return True
    if graphemes[index - 1][1] < 2 and graphemes[index][1] < 2:
        return False
    return after not in _NO_LINE_START and before not in _NO_LINE_END


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
