"""One message on screen: its header, its parts and its ending, as one run of lines."""

from collections.abc import Callable, Iterator

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
from chatapp.ui.transcript.ending_sections import divider, ending, waiting_mark
from chatapp.ui.transcript.header_sections import HeaderSection, header
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.part_sections import (
    Foldable,
    PartSection,
    PartSetting,
    SummarySection,
    ToolResultSection,
    section_of,
)
from chatapp.ui.transcript.section_run import GUTTER, Mark, RowFrame, SectionRun
from chatapp.ui.transcript.sections import Clock, FlowSection, KeyOf, LabelSection, Section
from chatapp.ui.transcript.text_flow import CodeBlock, FlowLine
from chatapp.ui.transcript.tool_call_section import AnswerInCall, ToolCallSection


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
        self._head = [] if is_first else [SectionRun(LabelSection(), has_gutter=False)]
        self._head.append(SectionRun(header(message, place, is_open=is_open)))
        self._place = place
        self._body: list[SectionRun] = []
        self._parts: list[PartSection | AnswerInCall] = []
        self._calls: dict[str, int] = {}
        self._foot: list[SectionRun] = []
        self._width = 80
        self._palette: Palette | None = None
        self._base = Style.null()
        self._is_focused = False
        self._is_measured = False
        self._line_count = 0
        self._next_model = next_model
        self._found: tuple[str, tuple[tuple[int, int, int], ...]] | None = None
        for index, part in enumerate(message.parts):
            may_grow = is_open and (index == len(message.parts) - 1 or _is_of_tool(part))
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
        return tuple(index for index, part in enumerate(self._parts) if isinstance(part, Foldable))

    def fold_around(self, part_index: int) -> int | None:
        """The part that must be unfolded to see a part: itself, or the call it answers."""
        part = self._parts[part_index]
        if isinstance(part, AnswerInCall):
            return part.call_index
        return part_index if isinstance(part, Foldable) else None

    def is_unfolded(self, part_index: int) -> bool:
        """Whether all of a part that can be folded is shown."""
        part = self._parts[part_index]
        return isinstance(part, Foldable) and part.is_unfolded

    def refold(self) -> None:
        """Ask anew which parts are unfolded."""
        for index, part in enumerate(self._parts):
            if isinstance(part, Foldable):
                part.choose(self._fold_choice(index))
        self._changed()

    def fold_at(self, y: int) -> int | None:
        """The part whose fold label stands on line `y`."""
        run = self._run_at(y)
        is_label = isinstance(run.section, Foldable) and y == run.first
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
            run.lay_out(width, palette)
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
                run.forget_painted()
        frame = self._frame()
        return [strip for run in self._runs() for strip in run.paint(first, stop, frame)]

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
        return self._run_at(y).gutter(self._frame())

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

    def find_between(self, needle: str, first: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """The same on the lines from `first` to before `stop`, however long the message is."""
        self._measure()
        for run in self._body:
            if isinstance(run.section, PartSection):
                label = 1 if isinstance(run.section, Foldable) else 0
                yield from run.find_between(needle, max(first, run.first + label), stop)

    # -- inside ----------------------------------------------------------------------------

    def _runs(self) -> Iterator[SectionRun]:
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

    def _run_at(self, y: int) -> SectionRun:
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
        is_folds_neighbour = bool(self._body) and isinstance(self._body[-1].section, Foldable)
        if self._body and not (is_folds_neighbour and isinstance(section, Foldable)):
            self._body.append(self._laid_out(SectionRun(LabelSection())))
        self._parts.append(section)
        self._body.append(self._laid_out(SectionRun(section, part_index=index)))

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
        self._foot = [self._laid_out(SectionRun(section)) for section in sections]
        own = self.message.model
        if own is not None and self._next_model is not None and own != self._next_model:
            for section in (LabelSection(), divider(self._next_model)):
                self._foot.append(self._laid_out(SectionRun(section, has_gutter=False)))
        self._changed()

    def _laid_out(self, run: SectionRun) -> SectionRun:
        if self._palette is not None:
            run.lay_out(self._width, self._palette)
        return run

    def _frame(self) -> RowFrame:
        assert self._palette is not None  # noqa: S101 - painted after layout only
        base = self._base
        gutter = Segment(" " * GUTTER, base)
        if self._is_focused:
            gutter = Segment("▌ ", base + self._palette.assistant_accent)
        elif self.message.role is Role.USER:
            gutter = Segment("▎ ", base + self._palette.user_accent)
        return RowFrame(gutter, base, self._width)


def _is_of_tool(part: Part) -> bool:
    """Whether a part may change after another one was opened."""
    return isinstance(part, ToolCallPart | ToolResultPart)
