"""One message on screen: header, parts, ending, and the painted lines of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp.core.messages import (
    ChatMessage,
    ModelRef,
    Part,
    Role,
    SiblingPlace,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.ui.transcript.ending_sections import KeyOf, divider, ending, waiting_mark
from chatapp.ui.transcript.follow import Mark
from chatapp.ui.transcript.header_sections import HeaderSection, header
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.part_sections import (
    PartSection,
    PartSetting,
    SummarySection,
    ToolResultSection,
    section_of,
)
from chatapp.ui.transcript.sections import FlowSection, FoldSection, LabelSection, Section
from chatapp.ui.transcript.text_flow import CodeBlock, FlowLine
from chatapp.ui.transcript.tool_call_section import AnswerInCall, Clock, ToolCallSection

GUTTER = 2
"""Cells left of every line: the bar of the person's own words, or of the focused message."""

MARGIN = 2
"""Cells without text at the right: a free one, and the one under the scroll bar."""


_KEPT_LINES = 500
"""Painted lines of a section that are kept; beyond, only those in view."""


class _PaintedLine(NamedTuple):
    """A line as the section gave it, and as it is shown; final ones are not asked for again."""

    given: Strip
    shown: Strip
    is_final: bool


@dataclass(slots=True)
class _Run:
    """A section, where its lines begin in the entry, and its painted lines."""

    section: Section
    has_gutter: bool = True
    part_index: int | None = None
    first: int = 0
    count: int = 0
    stable_count: int = 0
    revision: int = -1
    painted: dict[int, _PaintedLine] = field(default_factory=dict)

    def replace(self, section: Section) -> None:
        """Let another section stand here."""
        self.section, self.revision = section, -1

    def measure(self, first: int) -> int:
        """Take in what changed; returns where the next run begins."""
        section = self.section
        self.first, self.count = first, section.line_count
        self.stable_count = section.stable_line_count
        if section.revision != self.revision:
            self.revision = section.revision
            self.painted.clear()
        return first + self.count


class MessageEntry:
    """A message as lines. An open one is a reply that still grows.

    `place` says which of its alternatives the message is.
    `next_model` is the model that whatever comes after this message talks to; where it is
    another one, a divider says so. `fold_choice` tells of a part whether the reader has
    unfolded or folded it, or None. `clock` is for a reply that is watched while it grows.
    """

    def __init__(
        self,
        message: ChatMessage,
        *,
        place: SiblingPlace,
        is_first: bool,
        is_open: bool,
        next_model: ModelRef | None,
        fold_choice: Callable[[int], bool | None],
        key_of: KeyOf,
        clock: Clock | None = None,
    ) -> None:
        self.message = message
        self.is_open = is_open
        self._key_of = key_of
        self._clock = clock
        self._fold_choice = fold_choice
        self._head = [] if is_first else [_Run(LabelSection(), has_gutter=False)]
        self._head.append(_Run(header(message, place, is_open=is_open)))
        self._place = place
        self._body: list[_Run] = []
        self._parts: list[PartSection | AnswerInCall] = []
        self._calls: dict[str, int] = {}
        self._foot: list[_Run] = []
        self._width = 80
        self._palette: Palette | None = None
        self._base = Style.null()
        self._is_focused = False
        self._is_measured = False
        self._line_count = 0
        self._next_model = next_model
        self._found: tuple[str, tuple[tuple[int, int, int], ...]] | None = None
        for index, part in enumerate(message.parts):
            may_grow = is_open and (index == len(message.parts) - 1 or is_of_tool(part))
            self._add(part, may_grow)
        self._rebuild_foot()

    # -- what it says ----------------------------------------------------------------------

    def open_part(self, part_index: int, part: Part) -> None:
        """A new last part begins; all before it but those of tools are complete."""
        for section in self._parts:
            if not isinstance(section, ToolCallSection | ToolResultSection | AnswerInCall):
                section.close()
        if part_index == len(self._parts):
            self._add(part, is_live=True)
            self._rebuild_foot()

    def append(self, part_index: int, text: str) -> None:
        """A part grew."""
        self._parts[part_index].append(text)
        self._changed()

    def name_tool_call(self, part_index: int, part: Part) -> None:
        """A tool call learnt its name late."""
        section = self._parts[part_index]
        if isinstance(section, ToolCallSection) and isinstance(part, ToolCallPart):
            section.name(part)
            self._calls[part.tool_call_id] = part_index
            self._changed()

    def close(self, message: ChatMessage) -> None:
        """The reply is complete."""
        self.message, self.is_open = message, False
        if message.is_summary:
            self._head[-1].replace(header(message, self._place, is_open=False))
            self._laid_out(self._head[-1])
        for section in self._parts:
            section.close()
        self._rebuild_foot()

    def set_next_model(self, model: ModelRef | None) -> None:
        """What comes next talks to `model`."""
        if model != self._next_model:
            self._next_model = model
            self._rebuild_foot()

    def replace_tool_result(self, part_index: int, part: ToolResultPart) -> None:
        """Something else became of a tool call."""
        section = self._parts[part_index]
        if isinstance(section, ToolResultSection | AnswerInCall):
            section.replace(part)
            self._changed()

    @property
    def copy_text(self) -> str:
        """What copying the message gives: its words, or else what it thought and called."""
        texts = FlowSection | SummarySection
        words = [part.source for part in self._parts if isinstance(part, texts)]
        return "".join(words) or "\n\n".join(self.sources)

    @property
    def sources(self) -> tuple[str, ...]:
        """The text of every part as it stands."""
        return tuple(section.source for section in self._parts)

    # -- folding ---------------------------------------------------------------------------

    @property
    def foldable_parts(self) -> tuple[int, ...]:
        """The parts that can be folded."""
        return tuple(
            index
            for index, part in enumerate(self._parts)
            if isinstance(part, FoldSection | ToolCallSection)
        )

    def fold_around(self, part_index: int) -> int | None:
        """The part that must be unfolded to see a part: itself, or the call it answers."""
        part = self._parts[part_index]
        if isinstance(part, AnswerInCall):
            return part.call_index
        return part_index if isinstance(part, FoldSection | ToolCallSection) else None

    def is_unfolded(self, part_index: int) -> bool:
        """Whether all of a part that can be folded is shown."""
        part = self._parts[part_index]
        return isinstance(part, FoldSection | ToolCallSection) and part.is_unfolded

    def refold(self) -> None:
        """Ask anew which parts are unfolded."""
        for index, part in enumerate(self._parts):
            if isinstance(part, FoldSection | ToolCallSection):
                part.choose(self._fold_choice(index))
        self._changed()

    def fold_at(self, y: int) -> int | None:
        """The part whose fold label stands on line `y`."""
        run = self._run_at(y)
        is_label = isinstance(run.section, FoldSection | ToolCallSection) and y == run.first
        return run.part_index if is_label else None

    def branch_step_at(self, y: int, cell: int) -> int:
        """Which way a click on a cell of line `y` flips: back (-1), on (1), or not at all (0)."""
        section = self._run_at(y).section
        return section.branch_step_at(cell) if isinstance(section, HeaderSection) else 0

    # -- lines -----------------------------------------------------------------------------

    def layout(self, width: int, palette: Palette, base: Style) -> None:
        """Set the width of the whole line in cells, the styles, and the ground under all."""
        if (width, palette, base) == (self._width, self._palette, self._base):
            return
        self._width, self._palette, self._base = width, palette, base
        for run in self._runs():
            self._lay_out(run)
        self._changed()

    @property
    def is_ticking(self) -> bool:
        """Whether a line tells of passing time."""
        return self.is_open and any(
            isinstance(part, ToolCallSection) and part.is_ticking for part in self._parts
        )

    @property
    def line_count(self) -> int:
        """How many lines the message has in this layout."""
        self._measure()
        return self._line_count

    def line(self, y: int) -> FlowLine:
        """The text on line `y`, without the gutter."""
        run = self._run_at(y)
        return run.section.line(y - run.first)

    def paint(self, first: int, stop: int, is_focused: bool) -> list[Strip]:
        """The lines from `first` to before `stop`, from gutter to margin.

        A line is the same object for as long as it looks the same.
        """
        self._measure()
        if is_focused != self._is_focused:
            self._is_focused = is_focused
            for run in self._runs():
                run.painted.clear()
        strips: list[Strip] = []
        for run in self._runs():
            places = range(max(0, first - run.first), min(run.count, stop - run.first))
            strips += [self._painted_line(run, place) for place in places]
            if len(run.painted) > _KEPT_LINES:
                run.painted = {place: run.painted[place] for place in places}
        return strips

    def _painted_line(self, run: _Run, place: int) -> Strip:
        before = run.painted.get(place)
        if before is not None and before.is_final:
            return before.shown
        given = run.section.line(place).strip
        is_same = before is not None and before.given == given
        shown = before.shown if before is not None and is_same else self._paint(run, given)
        run.painted[place] = _PaintedLine(given, shown, place < run.stable_count)
        return shown

    def mark(self, y: int) -> Mark:
        """Remember what stands on line `y`."""
        run = self._run_at(y)
        return Mark(run, y - run.first, run.count, self._width)

    def line_of(self, mark: Mark) -> int | None:
        """Where that stands now: in a text of another width, about as far down."""
        self._measure()
        run = next((run for run in self._runs() if run is mark.section), None)
        if run is None or not run.count:
            return None
        offset = mark.offset
        if mark.width != self._width:
            offset = offset * run.count // max(1, mark.count)
        return run.first + min(offset, run.count - 1)

    def gutter(self, y: int) -> Segment:
        """What stands left of line `y`."""
        return self._gutter(self._run_at(y))

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The blocks of code, `first_line` counted in this entry."""
        self._measure()
        return tuple(
            CodeBlock(block.language, block.text, block.first_line + run.first)
            for run in self._body
            if isinstance(run.section, PartSection)
            for block in run.section.code_blocks()
        )

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown: line, and cells counted from the gutter."""
        self._measure()
        if self._found is None or self._found[0] != needle:
            places = tuple(
                (y + run.first, start, end)
                for run in self._body
                if isinstance(run.section, PartSection)
                for y, start, end in run.section.find(needle)
            )
            self._found = needle, places
        return self._found[1]

    # -- inside ----------------------------------------------------------------------------

    def _runs(self) -> Iterator[_Run]:
        yield from self._head
        yield from self._body
        yield from self._foot

    def _changed(self) -> None:
        self._is_measured = False
        self._found = None

    def _measure(self) -> None:
        if self._is_measured:
            return
        self._is_measured = True
        first = 0
        for run in self._runs():
            first = run.measure(first)
        self._line_count = first

    def _run_at(self, y: int) -> _Run:
        self._measure()
        for run in self._runs():
            if run.first <= y < run.first + run.count:
                return run
        raise IndexError(y)

    def _add(self, part: Part, is_live: bool) -> None:
        index = len(self._parts)
        if isinstance(part, ToolResultPart):
            self._end_arguments()
        if isinstance(part, ToolResultPart) and part.tool_call_id in self._calls:
            self._parts.append(self._answer(part, self._calls[part.tool_call_id]))
            return
        setting = PartSetting(
            role=self.message.role,
            is_summary=self.message.is_summary,
            is_live=is_live,
            choice=self._fold_choice(index),
            key_of=self._key_of,
            clock=self._clock,
        )
        section = section_of(part, setting)
        if isinstance(part, ToolCallPart):
            self._calls[part.tool_call_id] = index
        folds = FoldSection | ToolCallSection
        is_folds_neighbour = bool(self._body) and isinstance(self._body[-1].section, folds)
        if self._body and not (is_folds_neighbour and isinstance(section, folds)):
            self._body.append(self._laid_out(_Run(LabelSection())))
        self._parts.append(section)
        self._body.append(self._laid_out(_Run(section, part_index=index)))

    def _end_arguments(self) -> None:
        """Tools run only once the response that calls them is over."""
        for section in self._parts:
            if isinstance(section, ToolCallSection):
                section.end_arguments()

    def _answer(self, part: ToolResultPart, call_index: int) -> AnswerInCall:
        call = self._parts[call_index]
        assert isinstance(call, ToolCallSection)  # noqa: S101 - so it was noted
        return AnswerInCall(part, call, call_index)

    def _rebuild_foot(self) -> None:
        sections: list[Section] = []
        if self.is_open:
            sections += [] if self._parts else [waiting_mark()]
        else:
            notes = list(ending(self.message, self._key_of))
            sections += [LabelSection()] if notes and self._parts else []
            sections += notes
        self._foot = [self._laid_out(_Run(section)) for section in sections]
        own = self.message.model
        if own is not None and self._next_model is not None and own != self._next_model:
            for section in (LabelSection(), divider(self._next_model)):
                self._foot.append(self._laid_out(_Run(section, has_gutter=False)))
        self._changed()

    def _laid_out(self, run: _Run) -> _Run:
        if self._palette is not None:
            self._lay_out(run)
        return run

    def _lay_out(self, run: _Run) -> None:
        assert self._palette is not None  # noqa: S101 - called after layout only
        run.section.layout(max(1, self._width - GUTTER - MARGIN), self._palette)
        run.painted.clear()

    def _gutter(self, run: _Run) -> Segment:
        assert self._palette is not None  # noqa: S101 - painted after layout only
        if run.has_gutter and self._is_focused:
            return Segment("▌ ", self._base + self._palette.assistant_accent)
        if run.has_gutter and self.message.role is Role.USER:
            return Segment("▎ ", self._base + self._palette.user_accent)
        return Segment("  ", self._base)

    def _paint(self, run: _Run, strip: Strip) -> Strip:
        base = self._base
        segments = [
            self._gutter(run),
            *(Segment(text, base + style if style else base) for text, style, _ in strip),
        ]
        used = GUTTER + strip.cell_length
        if used < self._width:
            segments.append(Segment(" " * (self._width - used), base))
            return Strip(segments, self._width)
        return Strip(segments, used).crop(0, self._width)


def is_of_tool(part: Part) -> bool:
    """Whether a part may change after another one was opened."""
    return isinstance(part, ToolCallPart | ToolResultPart)
