"""The configured MCP servers together: a toolbox that fills as they come up."""

import asyncio
from collections.abc import Callable, Iterable

from chatapp.core.mcp_servers import McpServer
from chatapp.core.ports import Tool
from chatapp.tools.mcp_keeper import McpKeeper, McpStatus, McpTiming

PATIENT = McpTiming()


def ignore_change() -> None:
    """The `on_change` of who does not watch."""


class McpServers:
    """The servers that are enabled, each kept up by a task of its own.

    `on_change` is called on the event loop whenever a status or a server's tools became other.
    """

    def __init__(
        self,
        servers: Iterable[McpServer],
        on_change: Callable[[], None] = ignore_change,
        timing: McpTiming = PATIENT,
    ) -> None:
        self._keepers = {
            server.name: McpKeeper(server, on_change, timing)
            for server in servers
            if server.is_enabled
        }
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools of the servers that are up, in the order of the configuration."""
        return tuple(tool for keeper in self._keepers.values() for tool in keeper.tools)

    @property
    def statuses(self) -> tuple[McpStatus, ...]:
        """How each server stands, in the order of the configuration."""
        return tuple(keeper.status for keeper in self._keepers.values())

    def start(self) -> None:
        """Begin to start all of them; needs a running loop and returns at once."""
        self._tasks = [
            asyncio.create_task(keeper.run(), name=f"mcp {name}")
            for name, keeper in self._keepers.items()
        ]

    async def wait(self) -> None:
        """Until the first start of every server has come to an end, good or bad."""
        await asyncio.gather(*(keeper.settled.wait() for keeper in self._keepers.values()))

    def restart(self, name: str) -> None:
        """Start a dead server now, whatever it was waiting for. Raises KeyError."""
        self._keepers[name].restart()

    async def close(self) -> None:
        """End all of them; their processes are gone when this returns."""
        for keeper in self._keepers.values():
            keeper.close()
        await asyncio.gather(*self._tasks)
        self._tasks.clear()
