"""The tools the model may call, where they come from, and what each is allowed."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from chatapp.core.ports import Policy, Tool
from chatapp.core.safe_text import safe_line
from chatapp.ui.ink import FAINT, KEY, MUTED, WARNING
from chatapp.ui.widgets.row_list import Row, RowList

NEXT_POLICY = {
    Policy.ASK: Policy.ALWAYS,
    Policy.ALLOW_HERE: Policy.ALWAYS,
    Policy.ALWAYS: Policy.NEVER,
    Policy.NEVER: Policy.ASK,
}
"""What Enter makes of a policy."""


POLICY_WORDS = {
    Policy.ASK: "ask",
    Policy.ALLOW_HERE: "here",
    Policy.ALWAYS: "always",
    Policy.NEVER: "never",
}


_NAME_CELLS = 24
"""The descriptions stand below each other, but for those beside longer names."""


class ToolsScreen(ModalScreen[None]):
    """Lists tools by origin; Enter gives the selected one the next policy.

    `policy_of` tells what holds for a tool, `decide` changes it for good. `notes` are
    sentences about tools that are not there: a broken file, a server that is down.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        # Before the focused list, which would scroll and leave the selection behind.
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("enter,space", "change", "Change", show=False),
    ]

    def __init__(
        self,
        tools: Sequence[Tool],
        policy_of: Callable[[Tool], Policy],
        decide: Callable[[Tool, Policy], None],
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._tools = tuple(tools)
        self._policy_of = policy_of
        self._decide = decide
        self._notes = tuple(notes)
        self._rows: RowList[str] = RowList(can_focus=True)

    def compose(self) -> ComposeResult:
        """Lay out the tools in a panel."""
        with Vertical() as panel:
            panel.border_title = "Tools"
            panel.border_subtitle = "Enter change \u00b7 Esc close"
            yield self._rows

    def on_mount(self) -> None:
        """Show what is there."""
        self._rows.focus()
        self._show_rows()

    def action_move(self, step: int) -> None:
        """Select another tool."""
        self._rows.move(step)

    def action_page(self, direction: int) -> None:
        """Select a tool a page away."""
        self._rows.page(direction)

    @on(RowList.Clicked)
    def action_change(self) -> None:
        """Give the selected tool the next policy."""
        for tool in self._tools:
            name = tool.declaration.name
            if name == self._rows.selected:
                self._decide(tool, NEXT_POLICY[self._policy_of(tool)])
        self._show_rows()

    def _show_rows(self) -> None:
        rows: list[Row[str]] = []
        origin = ""
        names = (cell_len(safe_line(tool.declaration.name)) for tool in self._tools)
        name_cells = min(_NAME_CELLS, max(names, default=0))
        for tool in sorted(self._tools, key=lambda tool: tool.origin):
            if tool.origin != origin:
                origin = tool.origin
                rows.append(Row(Content.styled(safe_line(origin), f"bold {MUTED}")))
            rows.append(self._row(tool, name_cells))
        rows += [Row(Content.styled(safe_line(note), WARNING)) for note in self._notes]
        self._rows.show(rows, self._rows.selected)

    def _row(self, tool: Tool, name_cells: int) -> Row[str]:
        declaration = tool.declaration
        policy = POLICY_WORDS[self._policy_of(tool)]
        name = safe_line(declaration.name)
        name += " " * (name_cells - cell_len(name))
        about = safe_line(declaration.description)
        return Row(
            Content.assemble((f"  {policy:8}", KEY), name, (f"  {about}", FAINT)),
            declaration.name,
        )
