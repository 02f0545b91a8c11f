"""The dropdown of models: every endpoint's, filtered while typing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual.binding import Binding, BindingType
from textual.content import Content

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
from chatapp.ui.widgets.picker import Picker
from chatapp.ui.widgets.row_list import Row

if TYPE_CHECKING:  # adding up is not needed before the first dropdown
    from chatapp.core.statistics import Speed


class ModelPicker(Picker[ModelRef]):
    """Lets the person choose a model.

    `current` is marked and selected first. Lists and speeds that are still on their way are
    handed in by `show_models` and `show_speeds` while the dropdown is open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+l", "close", "Close", show=False),
    ]

    def __init__(
        self,
        lists: Sequence[ModelGroup],
        current: ModelRef,
        recent: Sequence[ModelRef] = (),
        speeds: "Mapping[ModelRef, Speed] | None" = None,
    ) -> None:
        super().__init__("Model", "Filter, or type a model\u2019s name")
        self._lists = {group.endpoint: group for group in lists}
        self._current = current
        self._recent = tuple(recent)
        self._speeds = speeds or {}

    def first_selected(self) -> ModelRef:
        """Return the current model."""
        return self._current

    def show_models(self, group: ModelGroup) -> None:
        """Take in one endpoint's list, or its failure; what is selected stays selected."""
        self._lists[group.endpoint] = group
        if self.is_mounted:
            self.show_rows(self.selected)

    def show_speeds(self, speeds: "Mapping[ModelRef, Speed]") -> None:
        """Take in how fast the models were; what is selected stays selected."""
        self._speeds = speeds
        if self.is_mounted:
            self.show_rows(self.selected)

    def rows_for(self, typed: str) -> list[Row[ModelRef]]:
        """Every endpoint's models that fit, and what was typed as a model's name."""
        lists = tuple(self._lists.values())
        return [self._row(line) for line in model_choices(lists, self._recent_and_current(), typed)]

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
