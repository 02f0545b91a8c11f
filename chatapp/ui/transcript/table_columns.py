"""How wide the columns of a table are: what they need, or shares of what there is."""

import re
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

from rich.cells import cell_len

from chatapp.ui.transcript.inline_markup import Run
from chatapp.ui.transcript.styled_text import logical_lines

GAP = " │ "

_LEAST_COLUMN = 8
"""Cells below which no column is folded, while there is room for that."""

_NARROWEST_COLUMN = 5
"""The same, where words can be kept whole in no other way."""

_LONGEST_WORD = 16
"""Cells of a word that is kept whole where that can be; longer ones, such as links, are cut."""

_WORD = re.compile(r"[^\s\u1100-\uffff]+|[\u1100-\uffff]{1,4}")
"""A word, or some characters of a script that may break between any two."""


class Breadth(NamedTuple):
    """Cells that a text wants, to stand on one line, and cells of its longest word."""

    wanted: int
    word: int


def breadth(cell: Sequence[Run]) -> Breadth:
    """Measure what stands in a cell."""
    wanted = max(sum(cell_len(run.text) for run in line) for line in logical_lines(cell))
    words = map(cell_len, _WORD.findall("".join(run.text for run in cell)))
    return Breadth(
        max(1, wanted), max((cells for cells in words if cells <= _LONGEST_WORD), default=1)
    )


def widest(breadths: Iterable[Breadth]) -> Breadth:
    """What the cells of one column need."""
    wanted, words = zip(*breadths, strict=True)
    return Breadth(max(wanted), max(words))


def column_widths(columns: Sequence[Breadth], width: int) -> list[int] | None:
    """How many cells each column gets of `width`; None when there is no room for columns.

    Where not all can have what they want, each gets room for its words, if that can be. What is
    left is shared by the roots of what they miss: short texts stay whole, long ones get most.
    """
    available = width - len(GAP) * (len(columns) - 1)
    wanted = [column.wanted for column in columns]
    if sum(wanted) <= available:
        return wanted
    widths = _least(columns, _LEAST_COLUMN)
    if sum(widths) > available:
        return None
    for floor in (_LEAST_COLUMN, _NARROWEST_COLUMN):
        for_words = list(map(max, _least(columns, floor), (column.word for column in columns)))
        if sum(for_words) <= available:
            widths = for_words
            break
    while (spare := available - sum(widths)) > 0:
        widths = _grown(widths, wanted, spare)
    return widths


def _least(columns: Sequence[Breadth], floor: int) -> list[int]:
    return [min(column.wanted, floor) for column in columns]


def _grown(widths: Sequence[int], wanted: Sequence[int], spare: int) -> list[int]:
    """Share `spare` cells out, or one of them where the shares are smaller than a cell."""
    missing = [want - has for has, want in zip(widths, wanted, strict=True)]
    roots = [sqrt(cells) for cells in missing]
    total = sum(roots)
    shares = [
        min(cells, int(spare * root / total)) for cells, root in zip(missing, roots, strict=True)
    ]
    if not any(shares):
        shares[missing.index(max(missing))] = 1
    return [has + share for has, share in zip(widths, shares, strict=True)]
