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

_EMOJI_SELECTOR = "\ufe0f"

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


class _Grapheme(NamedTuple):
    """What is drawn as one character, and how many cells it takes."""

    start: int
    text: str
    cells: int


def _grapheme_breaks(text: str, width: int, start: int) -> Iterator[Span]:
    """The same for text with wide, combining or joined characters."""
    graphemes = [
        # Rich gives no cells to what follows joiners at a start, but counts them in the line
        _Grapheme(
            start + begin, drawn := text[start + begin : start + end], cells or cell_len(drawn)
        )
        for begin, end, cells in split_graphemes(text[start:])[0]
    ]
    count, joint, first = len(graphemes), "", 0
    while (overflow := _overflow(graphemes, first, width)) < count:
        cut = _last_break(graphemes, first, overflow)
        following = cut
        while following < count and graphemes[following].text == " ":
            following += 1
        if following == count:
            yield Span(graphemes[first].start, graphemes[overflow].start, joint)
            return
        last = cut
        while last > first and graphemes[last - 1].text == " ":
            last -= 1
        end = graphemes[last if last > first else cut].start
        yield Span(graphemes[first].start, end, joint)
        joint, first = text[end : graphemes[following].start], following
    yield Span(graphemes[first].start if first < count else start, len(text), joint)


def _overflow(graphemes: Sequence[_Grapheme], first: int, width: int) -> int:
    """The first grapheme after `first` that does not fit on its line any more."""
    cells = 0
    for index in range(first, len(graphemes)):
        cells += graphemes[index].cells
        if cells > width and index > first:
            return index
    return len(graphemes)


def _last_break(graphemes: Sequence[_Grapheme], first: int, overflow: int) -> int:
    """Where the line from `first` ends that cannot hold `overflow`; not after blanks alone."""
    for index in range(overflow, first, -1):
        if _may_break(graphemes[index - 1], graphemes[index]):
            is_all_blank = all(graphemes[place].text == " " for place in range(first, index))
            return overflow if is_all_blank else index
    return overflow


def _may_break(before: _Grapheme, after: _Grapheme) -> bool:
    if before.text == " " or after.text == " ":
        return True
    if not (_is_wide(before) or _is_wide(after)):
        return False
    return after.text[0] not in _NO_LINE_START and before.text[0] not in _NO_LINE_END


def _is_wide(grapheme: _Grapheme) -> bool:
    """Whether it may be parted from its neighbours, by its first character alone.

    What makes an emoji of a sign may come with more text, when the line above stands already.
    """
    first = grapheme.text[0]
    return not first.isascii() and cell_len(first + _EMOJI_SELECTOR) > 1


def expand_tabs(text: str) -> str:
    """Replace the tabs of a line by blanks up to the next stop, counted in cells."""
    if "\t" not in text:
        return text
    first, *rest = text.split("\t")
    parts = [first]
    column = cell_len(first)
    for part in rest:
        blanks = TAB_SIZE - column % TAB_SIZE
        parts += (" " * blanks, part)
        column += blanks + cell_len(part)
    return "".join(parts)
