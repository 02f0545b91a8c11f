"""The line that says who answers, what is going on, how fast, and at what price."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click, Resize
from textual.message import Message
from textual.widget import Widget

from chatapp.core.messages import ModelRef
from chatapp.core.safe_text import safe_line
from chatapp.ui.ink import ACCENT, FAINT, KEY, MUTED, WARNING
from chatapp.ui.line_fitting import cut_end, cut_start
from chatapp.ui.status_figures import (
    StatusFigures,
    StatusItem,
    needs_attention,
    phase_text,
    status_items,
)

_GAP = 3
"""Cells that the separator between two figures takes, and the least room beside the phase."""

_LEAST_MODEL_CELLS = 8
"""What is left of a model's name beside a long phase."""

_SEPARATOR = (" · ", FAINT)


class StatusBar(Widget):
    """One line: model and phase at the left, figures at the right.

    The line is painted only when its text has changed. As it gets narrow the figures go in the
    order of their rank, then the model's name is shortened, never the phase.
    """

    ALLOW_SELECT = False

    @dataclass
    class ModelClicked(Message):
        """The person clicked the model's name."""

        status_bar: "StatusBar"

        @property
        def control(self) -> "StatusBar":
            """The bar that was clicked."""
            return self.status_bar

    def __init__(self, figures: StatusFigures, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._figures = figures
        self._line = Content("")
        self._model_cells = 0

    def show(self, figures: StatusFigures) -> None:
        """Show these figures from now on."""
        self._figures = figures
        self._lay_out()

    def render(self) -> Content:
        """Return the line as it was laid out last."""
        return self._line

    def _on_resize(self, _event: Resize) -> None:
        self._lay_out()

    def on_click(self, event: Click) -> None:
        """Open the dropdown by a click on the model's name."""
        if event.get_content_offset(self) is not None and event.x <= self._model_cells:
            event.stop()
            self.post_message(self.ModelClicked(self))

    def _lay_out(self) -> None:
        line = self._compose_line(self.content_size.width)
        if line.plain != self._line.plain or line.spans != self._line.spans:
            self._line = line
            self.refresh()

    def _compose_line(self, width: int) -> Content:
        figures = self._figures
        phase = cut_end(phase_text(figures), width - _LEAST_MODEL_CELLS - _GAP)
        room = width - cell_len(phase) - _GAP
        model_room = max(_LEAST_MODEL_CELLS, min(room, width // 2))
        model = cut_start(_model_name(figures.model), model_room)
        self._model_cells = cell_len(model)
        right = _fit(status_items(figures), room - self._model_cells - _GAP)
        phase_style = WARNING if needs_attention(figures) else MUTED
        if figures.phase.is_busy and not needs_attention(figures):
            phase_style = ACCENT
        left = Content.assemble((model, KEY), _SEPARATOR, (phase, phase_style))
        blank = max(0, width - left.cell_length - right.cell_length)
        return left.append(" " * blank).append(right)


def _model_name(model: ModelRef) -> str:
    return safe_line(str(model)) if model.model else f"{safe_line(model.endpoint)}: no model yet"


def _fit(items: tuple[StatusItem, ...], width: int) -> Content:
    kept = list(items)
    while kept and sum(cell_len(item.text) + _GAP for item in kept) - _GAP > width:
        kept.remove(max(kept, key=lambda item: item.rank))
    pieces: list[tuple[str, str]] = []
    for item in kept:
        if pieces:
            pieces.append(_SEPARATOR)
        pieces.append((item.text, WARNING if item.is_warning else MUTED))
    return Content.assemble(*pieces)
