"""Blocks of text as lines, kept and grown: paragraphs, headings, HTML, rules."""

import re
from dataclasses import dataclass, replace
from typing import Protocol

from rich.segment import Segment

from chatapp.ui.transcript.block_tree import Heading, HtmlBlock, Leaf
from chatapp.ui.transcript.inline_markup import InlineMarkup, Run
from chatapp.ui.transcript.styled_text import StyleBook, wrap_runs
from chatapp.ui.transcript.text_line import TextLine
from chatapp.ui.transcript.wrapping import expand_tabs

_SAFE_CUT = re.compile(
    r"(?<=[A-Za-z0-9.,;:!?]) (?=[A-Za-z0-9])"
    r"|(?<=[\u3001\u3002\uff0c\uff01\uff1f])(?=[\u3040-\u9fff\uac00-\ud7a3])"
)
"""Where running text may be parsed in two parts, when nothing before is waiting for a partner."""

_OPEN_LENGTH = 160
"""Characters of a growing paragraph that are parsed again for every frame."""

_TASK_BOX_LENGTH = len("[ ] ")

_PATIENCE = 2_000
"""Characters after which a paragraph is cut even though a mark waits for its partner."""

_LEAST_WIDTH = 10
"""Containers that would leave less to their contents are not indented."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a block stands: what is drawn before its lines, and how many cells it may use."""

    width: int
    first: tuple[Segment, ...] = ()
    rest: tuple[Segment, ...] = ()
    indent: int = 0

    def inside(self, width: int, first: Segment, rest: Segment) -> "Frame":
        """The frame of a block inside, which loses `width` cells; unless too few would be left."""
        if self.width - width < _LEAST_WIDTH:
            return self
        return Frame(
            self.width - width,
            (*self.first, first),
            (*self.rest, rest),
            self.indent + width,
        )

    def after_first(self) -> "Frame":
        """The frame of the blocks that follow the first one."""
        return self if self.first is self.rest else replace(self, first=self.rest)

    def place(self, line: TextLine, is_first: bool) -> TextLine:
        """The line with what stands before it."""
        if not self.indent:
            return line
        return TextLine(
            (self.first if is_first else self.rest) + line.segments,
            line.text,
            line.start_cell + self.indent,
            line.is_continuation,
            line.joint,
        )

    def empty_line(self) -> TextLine:
        """A line between blocks."""
        return TextLine(self.rest, "", self.indent)


class LeafLines(Protocol):
    """The lines of one leaf block; `update` brings them up to date with it."""

    lines: list[TextLine]

    def update(self) -> None:
        """Take in what changed in the block."""
        ...

    def stable_count(self) -> int:
        """How many of the lines stay when an open block grows."""
        ...


class RunningText:
    """The lines of a paragraph or heading; only what follows the last safe cut is redone."""

    def __init__(self, block: Leaf, frame: Frame, styles: StyleBook, markup: InlineMarkup) -> None:
        self.block = block
        self.lines: list[TextLine] = []
        self.has_task_box = False
        self._frame = frame
        self._styles = styles
        self._markup = markup
        self._base = f"heading{block.level}" if isinstance(block, Heading) else "text"
        self._forget()

    def _forget(self) -> None:
        self._version = self.block.version
        self._settled_source = ""
        self._settled_lines = 0
        self._leftover: list[Run] = []
        self._tail_runs: list[Run] = []
        self._leftover_continues: TextLine | None = None
        self._is_exact = True
        self._try_cut_at = _OPEN_LENGTH
        self.lines = []

    def stable_count(self) -> int:
        """None: what follows may still make it a heading or a table."""
        return 0

    @property
    def waits_for_definition(self) -> bool:
        """Whether settled text may have to be parsed again for its own block's sake."""
        return "[" in self._settled_source

    def update(self) -> None:
        """Parse and wrap what follows the last cut."""
        text = "\n".join(self.block.lines).strip(" \t")
        if self.has_task_box:
            text = text[_TASK_BOX_LENGTH:]
        is_open = self.block.is_open
        if (
            self._version != self.block.version
            or not text.startswith(self._settled_source)
            or not (is_open or self._is_exact)
        ):
            self._forget()
        tail = text[len(self._settled_source) :]
        if is_open and len(tail) >= self._try_cut_at:
            tail = self._cut(text, tail)
        parse = self._markup.parse_unfinished if is_open else self._markup.parse
        self._replace_tail(self._leftover + parse(tail, self.block).runs)

    def _cut(self, text: str, tail: str) -> str:
        """Settle as much of the tail as possible; returns what is left."""
        self._try_cut_at = len(tail) + _OPEN_LENGTH
        places = [match.end() for match in _SAFE_CUT.finditer(tail, max(0, len(tail) - 400))]
        tried = places[-1:] + places[: len(places) // 2][-1:]
        if not places and len(tail) > _PATIENCE:
            tried = [len(tail) - _OPEN_LENGTH]
        for place in tried:
            parsed = self._markup.parse(tail[:place], self.block)
            if parsed.is_settled or len(tail) > _PATIENCE:
                self._is_exact = self._is_exact and parsed.is_settled and place in places
                self._settled_source = text[: len(text) - len(tail) + place]
                self._try_cut_at = _OPEN_LENGTH
                self._replace_tail(self._leftover + parsed.runs)
                self._settle_lines()
                return tail[place:]
        return tail

    def _replace_tail(self, runs: list[Run]) -> None:
        wrapped = wrap_runs(runs, self._frame.width, self._styles, self._base)
        if self._leftover_continues is not None:
            head = self._leftover_continues
            wrapped[0] = replace(wrapped[0], is_continuation=head.is_continuation, joint=head.joint)
        del self.lines[self._settled_lines :]
        self._tail_runs = runs
        for line in wrapped:
            self.lines.append(self._frame.place(line, not self.lines))

    def _settle_lines(self) -> None:
        """Keep all lines but the last for good; what that shows is wrapped again with the rest."""
        last = self.lines[-1]
        self._leftover = _last_runs(self._tail_runs, last.text)
        self._leftover_continues = last
        self._settled_lines = len(self.lines) - 1


def _last_runs(runs: list[Run], shown: str) -> list[Run]:
    """The runs of the last line of a wrapped text, with the blanks after it."""
    text = "".join([run.text for run in runs])
    start = text.rfind(shown)
    kept: list[Run] = []
    position = 0
    for run in runs:
        end = position + len(run.text)
        if end > start:
            kept.append(Run(run.text[max(0, start - position) :], run.looks))
        position = end
    return kept


class PlainLines:
    """The lines of a block of raw HTML."""

    def __init__(self, block: HtmlBlock, frame: Frame, styles: StyleBook) -> None:
        self.block = block
        self.lines: list[TextLine] = []
        self._frame = frame
        self._styles = styles
        self._settled_sources = 0
        self._settled_lines = 0

    def stable_count(self) -> int:
        """All but the last source line's."""
        return self._settled_lines

    def update(self) -> None:
        """Wrap the source lines that came."""
        del self.lines[self._settled_lines :]
        last = len(self.block.lines) - 1
        for index in range(self._settled_sources, last + 1):
            if index == last:
                self._settled_sources, self._settled_lines = index, len(self.lines)
            source = expand_tabs(self.block.lines[index])
            for line in wrap_runs([Run(source)], self._frame.width, self._styles, "html"):
                self.lines.append(self._frame.place(line, not self.lines))


class RuleLine:
    """A thematic break."""

    def __init__(self, frame: Frame, styles: StyleBook) -> None:
        rule = Segment("─" * frame.width, styles.style("rule"))
        self.lines = [frame.place(TextLine((rule,), "---"), is_first=True)]

    def update(self) -> None:
        """A rule never changes."""

    def stable_count(self) -> int:
        """All of it."""
        return 1
