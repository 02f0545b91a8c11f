"""What the replies of the last days cost and how fast they came: what `chatapp stats` prints."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from chatapp.core.bar_charts import Ink, Line, plain_text
from chatapp.core.errors import StorageError
from chatapp.core.records import ReplyFigures
from chatapp.core.statistics import local_midnight
from chatapp.core.statistics_report import Window, nothing_since, report
from chatapp.ui.ink import ACCENT, MUTED
from chatapp.ui.widgets.row_list import Row, RowList

_INKS = {Ink.PLAIN: "", Ink.HEADING: "bold", Ink.BAR: ACCENT, Ink.FAINT: MUTED}
_DAYS = 30
_LEAST_WIDTH = 30


class StatisticsScreen(ModalScreen[None]):
    """Shows the figures that `figures_since` finds; `copy` puts text on the clipboard.

    `figures_since` takes seconds since the epoch and raises StorageError.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("up", "scroll(-1)", "Up", show=False, priority=True),
        Binding("down", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self,
        figures_since: Callable[[float], Awaitable[Sequence[ReplyFigures]]],
        copy: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._figures_since = figures_since
        self._copy = copy
        self._window = Window.of_days(_DAYS, date.today())
        self._replies: Sequence[ReplyFigures] = ()
        self._note = "reading \u2026"
        self._lines: Sequence[Line] = ()
        self._rows: RowList[None] = RowList(can_focus=True)

    def compose(self) -> ComposeResult:
        """Lay out the lines in a panel."""
        with Vertical() as panel:
            panel.border_title = "Statistics"
            panel.border_subtitle = "y copy \u00b7 Esc close"
            yield self._rows

    def on_mount(self) -> None:
        """Begin to read."""
        self._rows.focus()
        self._read()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.call_after_refresh(self._draw)

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self._rows.scroll_relative(y=step, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by what is in view."""
        self._rows.scroll_relative(y=direction * self._rows.size.height, animate=False)

    def action_copy(self) -> None:
        """Copy the figures, if there are any."""
        if self._lines:
            self._copy("\n".join(map(plain_text, self._lines)))

    @work
    async def _read(self) -> None:
        try:
            self._replies = await self._figures_since(local_midnight(self._window.first))
            self._note = nothing_since(self._window)
        except StorageError as error:
            self._note = str(error)
        self._draw()

    @work(group="draw", exclusive=True)
    async def _draw(self) -> None:
        """Show the lines; adding up may take a moment, so a thread does it."""
        if not self._replies:
            self._rows.show([Row(Content.styled(self._note, MUTED))])
            return
        width = max(_LEAST_WIDTH, self._rows.scrollable_content_region.width)
        replies, window = self._replies, self._window
        self._lines = await asyncio.to_thread(lambda: [*report(replies, window, width)])
        self._rows.show([Row(_content(line)) for line in self._lines])


def _content(line: Line) -> Content:
    return Content.assemble(*((span.text, _INKS[span.ink]) for span in line))
