"""The sign "↓ n new" in the corner of a view that does not follow."""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp.ui.transcript.section_run import MARGIN


def badge_text(unseen_count: int) -> str:
    """What the sign says of so many lines."""
    return f" ↓ {unseen_count} new "


def badge_cells(unseen_count: int, width: int) -> range:
    """The cells of the last line that the sign covers."""
    end = width - MARGIN
    return range(max(0, end - cell_len(badge_text(unseen_count))), end)


def with_badge(strip: Strip, unseen_count: int, style: Style) -> Strip:
    """The last line with the sign over its end."""
    cells = badge_cells(unseen_count, strip.cell_length)
    badge = Strip([Segment(badge_text(unseen_count), style)]).crop(0, len(cells))
    return Strip.join(
        [strip.crop(0, cells.start), badge, strip.crop(cells.stop, strip.cell_length)]
    )
