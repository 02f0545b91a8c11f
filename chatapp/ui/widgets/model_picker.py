"""The dropdown of models: every endpoint's, filtered while typing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input

from chatapp.core.messages import ModelRef
from chatapp.core.safe_text import safe_line
from chatapp.ui.ink import ACCENT, FAINT, MUTED
from chatapp.ui.model_choices import (
    Choice,
    Heading,
    Line,
    ModelGroup,
    Note,
    model_choices,
    speed_words,
)
from chatapp.ui.widgets.row_list import Row, RowList

if TYPE_CHECKING:  # adding up is not needed before the first dropdown
    from chatapp.core.statistics import Speed


class ModelPicker(ModalScreen[ModelRef | None]):
    """Lets the person choose a model; dismissed with it, or with None.

    `current` is marked and selected first. Lists and speeds that are still on their way are
    handed in by `show_models` and `show_speeds` while the dropdown is open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f2,ctrl+l", "close", "Close", show=False),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self,
        lists: Sequence[ModelGroup],
        current: ModelRef,
        recent: Sequence[ModelRef] = (),
        speeds: "Mapping[ModelRef, Speed] | None" = None,
    ) -> None:
        super().__init__()
        self._lists = {group.endpoint: group for group in lists}
        self._current = current
        self._recent = tuple(recent)
        self._speeds = speeds or {}
        self._input = Input(placeholder="Filter, or type a model\u2019s name")
        self._input.cursor_blink = False
        self._rows: RowList[ModelRef] = RowList()

    def compose(self) -> ComposeResult:
        """Lay out the filter above the models."""
        with Vertical() as panel:
            panel.border_title = "Model"
            panel.border_subtitle = "Enter choose \u00b7 Esc close"
            yield self._input
            yield self._rows

    def on_mount(self) -> None:
        """Show what is known, the current model selected."""
        self._input.focus()
        self._show_rows(self._current)

    def show_models(self, group: ModelGroup) -> None:
        """Take in one endpoint's list, or its failure; what is selected stays selected."""
        self._lists[group.endpoint] = group
        if self.is_mounted:
            self._show_rows(self._rows.selected)

    def show_speeds(self, speeds: "Mapping[ModelRef, Speed]") -> None:
        """Take in how fast the models were; what is selected stays selected."""
        self._speeds = speeds
        if self.is_mounted:
            self._show_rows(self._rows.selected)

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Select another model."""
        self._rows.move(step)

    def action_page(self, direction: int) -> None:
        """Select a model a page away."""
        self._rows.page(direction)

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self._show_rows(None if event.value else self._current)

    @on(Input.Submitted)
    @on(RowList.Clicked)
    def _choose(self) -> None:
        if self._rows.selected is not None:
            self.dismiss(self._rows.selected)

    def on_click(self, event: Click) -> None:
        """Close on a click beside the dropdown."""
        if event.widget is self:
            self.dismiss(None)

    def _show_rows(self, selected: ModelRef | None) -> None:
        lists = tuple(self._lists.values())
        lines = model_choices(lists, self._recent_and_current(), self._input.value)
        self._rows.show([self._row(line) for line in lines], selected)

    def _recent_and_current(self) -> tuple[ModelRef, ...]:
        """Let the current model be seen where no list has it."""
        current = self._current
        listed = self._lists.get(current.endpoint)
        is_listed = listed is not None and current.model in listed.models
        if is_listed or current in self._recent or not current.model:
            return self._recent
        return (current, *self._recent)

    def _row(self, line: Line) -> Row[ModelRef]:
        match line:
            case Heading(text):
                return Row(Content.styled(safe_line(text), f"bold {MUTED}"))
            case Note(text):
                return Row(Content.styled(f"  {safe_line(text)}", FAINT))
            case Choice(model, is_listed=False):
                name, endpoint = safe_line(model.model), safe_line(model.endpoint)
                return Row(Content(f"  use \u201c{name}\u201d at {endpoint}"), model)
            case Choice(model):
                return self._model_row(model, is_recent=line.is_recent)
            case _:
                assert_never(line)

    def _model_row(self, model: ModelRef, *, is_recent: bool) -> Row[ModelRef]:
        is_current = model == self._current
        mark = Content.styled("\u2713 " if is_current else "  ", f"bold {ACCENT}")
        end = Content.styled(safe_line(model.endpoint), MUTED) if is_recent else None
        speed = self._speeds.get(model)
        aside = Content.styled(speed_words(speed), FAINT) if speed else None
        return Row(mark.append(safe_line(model.model)), model, end, aside=aside)
