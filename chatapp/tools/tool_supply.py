"""All the tools there are: ours, the person's own, and those of MCP servers."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from chatapp.core.mcp_servers import McpServer
from chatapp.core.ports import Tool
from chatapp.daemon_thread import call_in_daemon_thread
from chatapp.tools.mcp_keeper import McpState
from chatapp.tools.mcp_servers import McpServers, ignore_change
from chatapp.tools.own_tools import OwnTools, load_own_tools
from chatapp.tools.policy_file import PolicyFile
from chatapp.tools.registry import built_in_tools
from chatapp.tools.toolbox import CombinedToolbox, FixedToolbox

LOADING_S = 5.0
"""How long a question waits for tools that are still being loaded."""


class EveryTool:
    """Implements `core.ports.ToolSupply`; empty until it is opened.

    `folders` are those that the file tools may read, `own_folder` holds the person's own
    tools as Python files, `servers` are the configured MCP servers. `decisions` is asked what
    is wrong with the remembered decisions.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        own_folder: Path,
        servers: Iterable[McpServer],
        decisions: PolicyFile | None = None,
    ) -> None:
        self._folders = tuple(folders)
        self._own_folder = own_folder
        self._own = OwnTools()
        self._servers = McpServers(servers, lambda: self.on_change())
        self._decisions = decisions
        self.on_change: Callable[[], None] = ignore_change
        self._toolbox = CombinedToolbox()
        self._is_loaded = asyncio.Event()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All of them at this moment, by name unique."""
        return self._toolbox.tools

    @property
    def notes(self) -> tuple[str, ...]:
        """In sentences, which tools are not there and why."""
        servers = [
            f"MCP server {status}"
            for status in self._servers.statuses
            if status.state is McpState.DEAD
        ]
        decisions = self._decisions.problems if self._decisions else ()
        return (*decisions, *self._own.problems, *self._toolbox.problems, *servers)

    async def open(self) -> None:
        """Load the files in a thread, and begin to start the servers."""
        # a daemon: a file of the person's that hangs must not keep the program from ending
        try:
            await call_in_daemon_thread(self._load)
        finally:
            self._is_loaded.set()
        self._servers.start()

    async def ready(self) -> None:
        """Return once the files are loaded, at the latest after LOADING_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOADING_S):
                await self._is_loaded.wait()

    async def wait(self) -> None:
        """Return once every server has come up or failed to."""
        await self._servers.wait()

    async def close(self) -> None:
        """End every server."""
        await self._servers.close()

    def _load(self) -> None:
        self._own = load_own_tools(self._own_folder)
        toolbox = CombinedToolbox(
            FixedToolbox(self._own.tools),  # a tool of the person's own takes ours' place
            FixedToolbox(built_in_tools(self._folders)),
            self._servers,
        )
        _ = toolbox.tools  # the first look imports pydantic, which is felt on the event loop
        self._toolbox = toolbox
