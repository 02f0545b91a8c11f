"""What the tests of MCP servers share: servers to start, and ways to wait for them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from chatapp.core.mcp_servers import McpServer
from chatapp.core.ports import JsonValue, Tool
from chatapp.tools.mcp_keeper import McpState, McpTiming
from chatapp.tools.mcp_servers import McpServers

SUPPORT = Path(__file__).parent
PROGRAM = SUPPORT / "mcp_server.py"
HOSTILE = SUPPORT / "mcp_hostile_server.py"

HASTY = McpTiming(start_s=30.0, call_s=30.0, backoff_s=(0.05, 0.05))
DEADLINE_S = 30.0


def program(*arguments: str, file: Path = PROGRAM, name: str = "t") -> McpServer:
    """The test server as a configured one."""
    return McpServer(name=name, command=sys.executable, args=(str(file), *arguments))


def script(code: str, name: str = "t") -> McpServer:
    """A server that is a few lines of Python."""
    return McpServer(name=name, command=sys.executable, args=("-c", code))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; TimeoutError when it takes too long."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(
    *servers: McpServer, timing: McpTiming = HASTY, changes: list[str] | None = None
) -> AsyncIterator[McpServers]:
    """The servers, each up or dead; closed at the end, when no task may be left.

    `changes` gets the first server's status whenever something changes.
    """

    def note_change() -> None:
        if changes is not None:
            changes.append(str(toolbox.statuses[0]))

    before = asyncio.all_tasks()
    toolbox = McpServers(servers, note_change, timing)
    toolbox.start()
    try:
        await toolbox.wait()
        yield toolbox
    finally:
        await toolbox.close()
    assert asyncio.all_tasks() == before


def is_up(toolbox: McpServers) -> bool:
    """Whether the first server is up."""
    return toolbox.statuses[0].state is McpState.UP


def tool(toolbox: McpServers, name: str) -> Tool:
    """A tool by its name."""
    return next(tool for tool in toolbox.tools if tool.declaration.name == name)


async def call(toolbox: McpServers, tool_name: str, /, **arguments: JsonValue) -> str:
    """Call a tool of the server `t`."""
    return await tool(toolbox, f"t__{tool_name}").run(arguments, lambda _: None)
