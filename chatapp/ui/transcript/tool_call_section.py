"""A tool call in the transcript: one block from its first fragment to its folded result."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from rich.cells import cell_len

from chatapp.core.messages import ToolCallPart, ToolResultPart, ToolStatus
from chatapp.core.partial_json import PartialJson
from chatapp.ui.status_figures import STALL_S
from chatapp.ui.transcript import inks, tool_labels
from chatapp.ui.transcript.argument_rows import ArgumentRows
from chatapp.ui.transcript.growing_text import GrowingText
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.row_stack import Rows, RowStack, bar_row
from chatapp.ui.transcript.sections import Clock, KeyOf, Span, label_line
from chatapp.ui.transcript.text_flow import CodeBlock, FlowLine
from chatapp.ui.transcript.tool_answer_rows import approval_rows, result_rows
from chatapp.ui.transcript.tool_text import byte_count, byte_size, duration

GROWING_LINES = 12
"""Lines of a long value that are shown while the call is on its way, its last ones."""

_LEAST_BRIEF = 6
"""Cells below which arguments are left out of a label."""


class _Extent(Enum):
    """How much of a call is shown."""

    LABEL = auto()
    WINDOW = auto()
    WHOLE = auto()


class ToolCallSection:
    """A call, its arguments as they come, and what becomes of it.

    Left alone it is open while its arguments arrive, and folded from then on; while it awaits
    approval all of it is shown, whatever was chosen. `choice` is the reader's own: True for
    all of it, False for its label, None to leave it alone.

    With a `clock` the label of a live call tells how long things take. Times are those of
    this view, not of the conversation, so they are shown only while they pass.
    """

    def __init__(
        self,
        part: ToolCallPart,
        *,
        is_live: bool,
        choice: bool | None,
        key_of: KeyOf,
        clock: Clock | None,
    ) -> None:
        self._name = part.name
        self._is_live = is_live
        self._choice = choice
        self._key_of = key_of
        self._clock = clock
        self._source = GrowingText(part.arguments)
        self._byte_count = byte_count(part.arguments)
        self._parser = PartialJson(part.arguments)
        self._is_response_over = False
        self._result: ToolResultPart | None = None
        self._began_at = self._heard_at = self._running_since = clock() if clock else 0.0
        self._width = 80
        self._palette: Palette | None = None
        self._arguments: ArgumentRows | None = None
        self._body = RowStack()
        self._is_current = False
        self._revision = 0
        if not is_live:
            self._parser.close()

    # -- what happens to it ----------------------------------------------------------------

    def name(self, part: ToolCallPart) -> None:
        """The call learnt its name late."""
        self._name = part.name
        self._lay_out_anew()

    def append(self, text: str) -> None:
        """More of the arguments came."""
        self._source.append(text)
        self._byte_count += byte_count(text)
        self._parser.feed(text)
        self._is_current = False
        if self._clock is not None:
            self._heard_at = self._clock()

    def end_arguments(self) -> None:
        """The response is over; whatever the arguments are, no more of them will come."""
        if not self._is_response_over:
            self._is_response_over = True
            self._parser.close()
            self._changed()

    def answer(self, result: ToolResultPart) -> None:
        """Something became of the call."""
        is_running = result.status is ToolStatus.RUNNING
        was_running = self._result is not None and self._result.status is ToolStatus.RUNNING
        if self._clock is not None and is_running and not was_running:
            self._running_since = self._clock()
        self._result = result
        self.end_arguments()
        self._changed()

    def close(self) -> None:
        """Nothing more will come."""
        self._is_live = False
        self._parser.close()
        self._changed()

    def choose(self, choice: bool | None) -> None:
        """The reader unfolds it, folds it, or leaves it alone."""
        if choice != self._choice:
            self._choice = choice
            self._changed()

    # -- what it is ------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The arguments as they came."""
        return self._source.whole

    @property
    def is_unfolded(self) -> bool:
        """Whether all of it is shown, so that only folding is left to ask for."""
        self._update()
        match self._extent:
            case _Extent.LABEL:
                return False
            case _Extent.WINDOW:
                return self._arguments is not None and not self._arguments.is_cut
            case _Extent.WHOLE:
                return True

    @property
    def is_ticking(self) -> bool:
        """Whether its label tells of passing time."""
        is_arriving = self._result is None and not self._has_all_arguments
        is_running = self._status is ToolStatus.RUNNING
        return self._is_live and self._clock is not None and (is_arriving or is_running)

    @property
    def _status(self) -> ToolStatus | None:
        return self._result.status if self._result is not None else None

    @property
    def _is_over(self) -> bool:
        return not self._is_live or (self._result is not None and self._result.status.is_final)

    @property
    def _extent(self) -> _Extent:
        if self._status is ToolStatus.AWAITING_APPROVAL and self._is_live:
            return _Extent.WHOLE
        if self._choice is not None:
            return _Extent.WHOLE if self._choice else _Extent.LABEL
        return _Extent.LABEL if self._is_over or self._is_response_over else _Extent.WINDOW

    # -- lines -----------------------------------------------------------------------------

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        if (width, palette) != (self._width, self._palette):
            self._width, self._palette = width, palette
            self._lay_out_anew()

    @property
    def line_count(self) -> int:
        """One when folded."""
        self._update()
        return 1 + self._body.line_count

    @property
    def stable_line_count(self) -> int:
        """None while the call is under way, for its label tells of it."""
        return self.line_count if self._is_over else 0

    @property
    def revision(self) -> int:
        """Grows with every step and every fold."""
        return self._revision

    def line(self, y: int) -> FlowLine:
        """The label, or a line of what is below it."""
        self._update()
        return self._body.line(y - 1) if y else self._label_line()

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The code among what is shown."""
        self._update()
        return tuple(
            CodeBlock(block.language, block.text, block.first_line + 1)
            for block in self._body.code_blocks()
        )

    def find(self, needle: str) -> tuple[tuple[int, int, int], ...]:
        """Where `needle` is shown below the label: line, start cell, end cell."""
        self._update()
        return tuple((y + 1, start, end) for y, start, end in self._body.find(needle))

    # -- inside ----------------------------------------------------------------------------

    def _changed(self) -> None:
        self._revision += 1
        self._is_current = False

    def _lay_out_anew(self) -> None:
        self._arguments = None
        self._changed()

    def _update(self) -> None:
        if self._is_current or self._palette is None:
            return
        self._is_current = True
        if self._extent is _Extent.LABEL:
            if not self._is_live:
                self._arguments = None
            self._body = RowStack()
            return
        if self._arguments is None:
            self._arguments = ArgumentRows(self._parser, self._name, self._width, self._palette)
        self._arguments.update(GROWING_LINES if self._extent is _Extent.WINDOW else None)
        self._body = RowStack([self._arguments, *self._rows_below(self._palette)])

    def _rows_below(self, palette: Palette) -> Iterator[Rows]:
        """What stands below the arguments: which keys answer, or what the answer was."""
        if not self._parser.entries and not self._parser.problem and self._has_all_arguments:
            yield bar_row([("no arguments", inks.muted)], self._width, palette)
        if self._result is not None and self._result.status.is_final:
            yield from result_rows(self._result, self._width, palette)
        elif self._status is ToolStatus.AWAITING_APPROVAL and self._is_live:
            yield from approval_rows(self._key_of, self._width, palette)

    @property
    def _has_all_arguments(self) -> bool:
        return self._parser.is_complete or self._is_response_over or not self._is_live

    def _label_line(self) -> FlowLine:
        assert self._palette is not None  # noqa: S101 - lines are asked for after layout
        return label_line(self._label(), self._width, self._palette)

    def _label(self) -> list[Span]:
        now = self._clock() if self._clock is not None and self.is_ticking else None
        fold: Span = ("▸ " if self._extent is _Extent.LABEL else "▾ ", inks.muted)
        if self._result is not None and self._result.status.is_final:
            sign = tool_labels.status_sign(self._result.status, None)
            return [fold, sign, *self._words_of_answer(self._result)]
        name = tool_labels.name_span(self._name, self._width)
        if not self._is_live:
            words: list[Span] = [("  never answered", inks.muted)]
            return [fold, ("· ", inks.muted), name, *self._brief(name, words), *words]
        sign = tool_labels.status_sign(self._status, now)
        words = [("  ", inks.muted), *self._live_words(now)]
        return [fold, sign, name, *self._brief(name, words), *words]

    def _words_of_answer(self, result: ToolResultPart) -> list[Span]:
        if self._extent is _Extent.LABEL:
            return tool_labels.summary(self._name, self._parser, result, self._width - 4)
        word = tool_labels.status_word(result.status)
        shown = [] if result.status is ToolStatus.FINISHED else [("  ", inks.muted), word]
        name = tool_labels.name_span(self._name, self._width)
        return [name, *shown, (tool_labels.time_taken(result), inks.muted)]

    def _brief(self, name: Span, words: Sequence[Span]) -> list[Span]:
        """The arguments on the label, when they are not shown below it and `words` leave room."""
        room = self._width - len("▸ ● ()") - sum(cell_len(text) for text, _ in (name, *words))
        if self._extent is not _Extent.LABEL or room < _LEAST_BRIEF:
            return []
        return [(f"({tool_labels.cut(tool_labels.brief(self._parser), room)})", inks.muted)]

    def _live_words(self, now: float | None) -> list[Span]:
        match self._status:
            case None:
                return self._arriving_words(now)
            case ToolStatus.RUNNING:
                passed = "" if now is None else f" · {duration(now - self._running_since)}"
                progress = tool_labels.first_line(self._result.content if self._result else "")
                said: list[Span] = [(f" · {progress}", inks.text)]
                return [(f"running{passed}", inks.muted), *(said if progress else [])]
            case status:
                return [tool_labels.status_word(status)]

    def _arriving_words(self, now: float | None) -> list[Span]:
        """How much has come, how long that took, and whether anything still comes."""
        size = byte_size(self._byte_count)
        if self._is_response_over:
            return [("waiting", inks.muted)]
        if self._has_all_arguments:
            return [(f"{size} · complete", inks.muted)]
        if now is None:
            return [(size, inks.muted)]
        silence = now - self._heard_at
        words: list[Span] = [(f"{size} · {duration(now - self._began_at)}", inks.muted)]
        if silence >= STALL_S:
            words.append((f" · no bytes for {silence:.0f} s", inks.warning))
        return words


class AnswerInCall:
    """A tool's result that is shown in the block of its call and has no lines of its own."""

    def __init__(self, part: ToolResultPart, call: ToolCallSection, call_index: int) -> None:
        self._call = call
        self.call_index = call_index
        self.source = ""
        self.replace(part)

    def replace(self, part: ToolResultPart) -> None:
        """Something else became of the call."""
        self.source = part.content
        self._call.answer(part)

    def append(self, text: str) -> None:
        """Results do not grow; another takes their place."""

    def close(self) -> None:
        """Nothing more will come."""
