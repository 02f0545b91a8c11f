"""What every conversation needs to run tools, put together once."""

from collections.abc import Collection
from dataclasses import dataclass

from chatapp.core.ports import ToolSupply
from chatapp.session.approval import ApprovalDesk, PolicyBook
from chatapp.session.tool_runner import KeepOutput, ToolRunner


@dataclass(frozen=True, slots=True)
class ToolKit:
    """The tools, the standing decisions about them, and where long output goes.

    `wanted` names the tools to offer, None for all. For models of `strange_endpoints` no tool
    runs unasked.
    """

    supply: ToolSupply
    book: PolicyBook
    keep_output: KeepOutput
    wanted: Collection[str] | None
    strange_endpoints: Collection[str] = ()

    def runner(self) -> ToolRunner:
        """Return a runner for one conversation, with approvals of its own."""
        return ToolRunner(
            self.supply,
            ApprovalDesk(self.book),
            self.keep_output,
            self.wanted,
            self.supply.ready,
            self.strange_endpoints,
        )
