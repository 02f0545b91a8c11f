"""What a click on the transcript is meant for, by the cell that it fell on."""

from dataclasses import dataclass

from chatapp.ui.transcript.new_lines_badge import badge_cells
from chatapp.ui.transcript.section_run import GUTTER
from chatapp.ui.transcript.viewport import Viewport


@dataclass(frozen=True, slots=True)
class OnBadge:
    """The sign of new lines."""


@dataclass(frozen=True, slots=True)
class OnAlternatives:
    """A message's place among its alternatives; `step` flips back (-1) or on (1)."""

    message_id: str
    step: int


@dataclass(frozen=True, slots=True)
class OnLine:
    """A line of a message."""

    message_id: str
    entry: int
    line: int


ClickTarget = OnBadge | OnAlternatives | OnLine


def click_target(viewport: Viewport, x: int, y: int, width: int) -> ClickTarget | None:
    """What stands at a cell of a view `width` cells wide; None where there is no text."""
    unseen = viewport.unseen_count
    if unseen and y == viewport.height - 1 and x in badge_cells(unseen, width):
        return OnBadge()
    if not 0 <= y < len(viewport.places):
        return None
    entry, line = viewport.places[y]
    message_id = viewport.timeline.message(entry).message_id
    if step := viewport.timeline.entry(entry).branch_step_at(line, x - GUTTER):
        return OnAlternatives(message_id, step)
    return OnLine(message_id, entry, line)
