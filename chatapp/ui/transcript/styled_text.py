"""Styled words to lines: looks to styles, and runs to wrapped segments."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

from rich.cells import split_graphemes
from rich.segment import Segment
from rich.style import Style

from chatapp.ui.transcript.inline_markup import Run
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.text_line import TextLine
from chatapp.ui.transcript.wrapping import wrap


class StyleBook:
    """Combines the palette's styles by the names of its fields, each combination once."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self._named: dict[str, Style] = {
            field.name: style
            for field in fields(palette)
            if isinstance(style := getattr(palette, field.name), Style)
        }
        for field in fields(palette.tokens):
            self._named[f"code.{field.name}"] = getattr(palette.tokens, field.name)
        for level, style in enumerate(palette.headings, start=1):
            self._named[f"heading{level}"] = style
        self._combined: dict[tuple[str, tuple[str, ...]], Style] = {}

    def style(self, base: str, looks: tuple[str, ...] = ()) -> Style:
        """The style `base` with `looks` on top, the last strongest."""
        key = (base, looks)
        found = self._combined.get(key)
        if found is None:
            found = sum((self._named[look] for look in looks), self._named[base])
            self._combined[key] = found
        return found


def logical_lines(runs: Sequence[Run]) -> list[list[Run]]:
    """Part runs at their newlines."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        if "\n" not in run.text:
            lines[-1].append(run)
            continue
        first, *rest = run.text.split("\n")
        lines[-1].append(Run(first, run.looks))
        lines += ([Run(part, run.looks)] for part in rest)
    return lines


def wrap_runs(runs: Sequence[Run], width: int, styles: StyleBook, base: str) -> list[TextLine]:
    """Wrap runs into lines of at most `width` cells; at least one line."""
    lines: list[TextLine] = []
    for logical in logical_lines(runs):
        lines += _wrap_logical_line(logical, width, styles, base)
    return lines


def _wrap_logical_line(
    runs: Sequence[Run], width: int, styles: StyleBook, base: str
) -> Iterator[TextLine]:
    text = "".join([run.text for run in runs])
    pieces = _pieces(runs, styles, base)
    if not text.isascii():
        pieces = _keep_graphemes_whole(text, pieces)
    place, piece_end = 0, pieces[0][0] if pieces else 0
    is_first = True
    for start, end, joint in wrap(text, width):
        segments: list[Segment] = []
        position = start
        while position < end:
            while piece_end <= position:
                place += 1
                piece_end += pieces[place][0]
            stop = min(end, piece_end)
            segments.append(Segment(text[position:stop], pieces[place][1]))
            position = stop
        yield TextLine(tuple(segments), text[start:end], is_continuation=not is_first, joint=joint)
        is_first = False


def _pieces(runs: Sequence[Run], styles: StyleBook, base: str) -> list[tuple[int, Style]]:
    """Lengths and styles, neighbours of one style as one, however the text was parsed."""
    pieces: list[tuple[int, Style]] = []
    last: Style | None = None
    for run in runs:
        if not run.text:
            continue
        style = styles.style(base, run.looks)
        if style is last:
            pieces[-1] = (pieces[-1][0] + len(run.text), style)
        else:
            pieces.append((len(run.text), style))
            last = style
    return pieces


def _keep_graphemes_whole(text: str, pieces: list[tuple[int, Style]]) -> list[tuple[int, Style]]:
    """Move the ends of pieces so that none falls inside what is drawn as one character."""
    position, is_inside = 0, False
    for length, _ in pieces[:-1]:
        position += length
        if position < len(text) and not (text[position].isascii() and text[position - 1] != "‍"):
            is_inside = True
    if not is_inside:
        return pieces
    starts = {start for start, _, _ in split_graphemes(text)[0]} | {len(text)}
    moved: list[tuple[int, Style]] = []
    begin = position = 0
    for length, style in pieces:
        position += length
        end = position
        while end not in starts:
            end += 1
        moved.append((max(end - begin, 0), style))
        begin = max(begin, end)
    return moved
