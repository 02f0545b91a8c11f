"""What may be wrong here, looked for while one watches."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from chatapp.core.safe_text import safe_line
from chatapp.doctor.finding import Finding, Level, Told, summary
from chatapp.ui.ink import ERROR, MUTED, SUCCESS, WARNING
from chatapp.ui.widgets.row_list import Row, RowList

_INKS = {Level.OK: SUCCESS, Level.WARNING: WARNING, Level.PROBLEM: ERROR}
_MARGIN = 11
"""Cells left of the words, where the level stands."""

_LEAST_WIDTH = 20


class DoctorScreen(ModalScreen[None]):
    """Shows findings as `examine` yields them, and in the title what it tells that it waits for.

    `copy` puts text on the clipboard.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("y", "copy", "Copy the report", show=False),
        Binding("r", "examine", "Look again", show=False),
        Binding("up", "scroll(-1)", "Up", show=False, priority=True),
        Binding("down", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self,
        examine: Callable[[Callable[[str], None]], AsyncGenerator[Told, None]],
        copy: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._examine = examine
        self._copy = copy
        self._told: list[Told] = []
        self._is_done = False
        self._waited_for = ""
        self._rows: RowList[None] = RowList(can_focus=True)
        self._panel = Vertical()

    def compose(self) -> ComposeResult:
        """Lay out the findings in a panel."""
        with self._panel as panel:
            panel.border_subtitle = "y copy \u00b7 r look again \u00b7 Esc close"
            yield self._rows

    def on_mount(self) -> None:
        """Begin to look."""
        self._rows.focus()
        self.action_examine()

    def on_resize(self) -> None:
        """Wrap the words anew."""
        self.call_after_refresh(self._show)

    def action_examine(self) -> None:
        """Look at everything, anew."""
        self.run_worker(self._look(), exclusive=True)

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self._rows.scroll_relative(y=step, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by what is in view."""
        self._rows.scroll_relative(y=direction * self._rows.size.height, animate=False)

    def action_copy(self) -> None:
        """Copy what has been found so far; there are no secrets in it."""
        self._copy("\n".join(_report(self._told)))

    async def _look(self) -> None:
        self._told, self._is_done = [], False
        self._show()
        findings = self._examine(self._tell)
        async with aclosing(findings):
            async for told in findings:
                self._told.append(told)
                self._show()
        self._is_done = True
        self._show()

    def _tell(self, words: str) -> None:
        self._waited_for = words
        self._show()

    def _show(self) -> None:
        width = self._rows.scrollable_content_region.width - _MARGIN
        rows = list(self._lines(max(_LEAST_WIDTH, width)))
        news = summary(self._told) if self._is_done else safe_line(self._waited_for)
        self._panel.border_title = Content(f"Doctor \u00b7 {news}" if news else "Doctor")
        if not self._is_done:
            rows.append(Row(Content.styled("  looking \u2026", MUTED)))
        self._rows.show(rows)

    def _lines(self, width: int) -> Iterator[Row[None]]:
        title = ""
        for told in self._told:
            if told.title != title:
                title = told.title
                yield Row(Content.styled(safe_line(title), f"bold {MUTED}"))
            yield from _finding_lines(told.finding, width)


def _finding_lines(finding: Finding, width: int) -> Iterator[Row[None]]:
    margin = Content.assemble("  ", (f"{finding.level:9}", _INKS[finding.level]))
    for text, style in ((finding.what, ""), (finding.suggestion, MUTED)):
        for line in Content.styled(safe_line(text), style).wrap(width) if text else ():
            yield Row(margin.append(line))
            margin = Content(" " * _MARGIN)


def _report(told: list[Told]) -> Iterator[str]:
    """The findings as plain lines, to be pasted."""
    title = ""
    for one in told:
        if one.title != title:
            title = one.title
            yield title
        arrow = f" -> {one.finding.suggestion}" if one.finding.suggestion else ""
        yield f"  {one.finding.level:9}{one.finding.what}{arrow}"
