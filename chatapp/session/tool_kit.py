"""What every conversation needs to run tools, put together once."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from chatapp.core.ports import Toolbox
from chatapp.session.approval import ApprovalDesk, PolicyBook
from chatapp.session.tool_runner import KeepOutput, ToolRunner


@dataclass(frozen=True, slots=True)
class ToolKit:
    """The tools, the standing decisions about them, and where long output goes.

    `wanted` names the tools to offer, None for all. `notes` tells in sentences which tools
    are not there and why.
    """

    toolbox: Toolbox
    book: PolicyBook
    keep_output: KeepOutput
    wanted: Collection[str] | None
    notes: Callable[[], Sequence[str]]

    def runner(self) -> ToolRunner:
        """Return a runner for one conversation, with approvals of its own."""
        return ToolRunner(self.toolbox, ApprovalDesk(self.book), self.keep_output, self.wanted)
