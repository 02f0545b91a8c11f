"""Keeps one MCP server up: connects, starts again what ended, and says how it stands."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chatapp.core.errors import ToolError
from chatapp.core.mcp_servers import McpServer
from chatapp.core.ports import JsonValue
from chatapp.extras import MCP, install_command
from chatapp.tools.mcp_tool import ListedTool, McpTool

if TYPE_CHECKING:  # imported late when it is needed: it is heavy and may be missing
    from chatapp.tools.mcp_connection import McpConnection

logger = logging.getLogger(__name__)


class McpState(StrEnum):
    """How a server stands."""

    STARTING = "starting"
    UP = "up"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class McpStatus:
    """How a server stands, for the person; `words` say why it is dead and what comes next."""

    name: str
    state: McpState
    tool_count: int = 0
    words: str = ""

    def __str__(self) -> str:
        match self.state:
            case McpState.UP:
                tools = "1 tool" if self.tool_count == 1 else f"{self.tool_count} tools"
                return f"{self.name}: up, {tools}"
            case McpState.DEAD:
                return f"{self.name}: {self.words}"
            case McpState.STARTING:
                return f"{self.name}: starting"


@dataclass(frozen=True, slots=True)
class McpTiming:
    """How long to wait, in seconds.

    `start_s` for a server to be up; `call_s` for a call's answer or its next word of progress;
    `backoff_s` before each new start of a dead one, after which it stays dead until asked for.
    After `stable_s` up, the tries are counted anew.
    """

    start_s: float = 60.0
    call_s: float = 60.0
    backoff_s: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 60.0)
    stable_s: float = 60.0


class McpKeeper:
    """One server: its tools, its status, and the one task that owns its connection."""

    def __init__(self, server: McpServer, on_change: Callable[[], None], timing: McpTiming) -> None:
        self.tools: tuple[McpTool, ...] = ()
        self.status = McpStatus(server.name, McpState.STARTING)
        self._server = server
        self._on_change = on_change
        self._timing = timing
        self._connection: McpConnection | None = None
        self._up_since: float | None = None
        self._closing = asyncio.Event()
        self._wanted = asyncio.Event()
        self.settled = asyncio.Event()
        """Set once the first start has come to an end, good or bad."""

    def restart(self) -> None:
        """Start a dead server now; nothing for one that lives."""
        self._wanted.set()

    def close(self) -> None:
        """End it; `run` returns when it is gone."""
        self._closing.set()
        self._wanted.set()
        if self._connection is not None:
            self._connection.close()

    async def run(self) -> None:
        """Keep the server up until `close`."""
        try:
            await self._keep()
        finally:
            self.settled.set()  # also when we fail: nobody may wait for ever

    async def _keep(self) -> None:
        tries = 0
        while True:
            self._show(McpStatus(self._server.name, McpState.STARTING))
            words, can_retry, was_stable = await self._run_once()
            if self._closing.is_set():
                break
            tries = 0 if was_stable else tries
            backoff_s = self._timing.backoff_s
            wait_s = backoff_s[tries] if can_retry and tries < len(backoff_s) else None
            is_asked = await self._stay_dead(words, wait_s)
            if self._closing.is_set():
                break
            tries = 0 if is_asked else tries + 1
        self._show(McpStatus(self._server.name, McpState.DEAD, words="closed"))

    async def call(
        self, name: str, arguments: Mapping[str, JsonValue], report: Callable[[str], None]
    ) -> str:
        """Call a tool by the server's name for it. Raises ToolError, and wakes a dead server."""
        if self._connection is None or self._up_since is None:
            self.restart()
            words = self.status.words or self.status.state
            raise ToolError(f"The MCP server {self._server.name} cannot be called now: {words}.")
        return await self._connection.call(name, arguments, report)

    async def _run_once(self) -> tuple[str, bool, bool]:
        """One life of the server: why it ended, whether to try again, whether it was stable."""
        try:
            connection_type = await asyncio.to_thread(_import_connection)
        except ImportError as error:
            logger.warning("MCP server %s: %s", self._server.name, error)
            return f"needs the mcp package: {install_command(MCP)}", False, False
        if self._closing.is_set():
            return "", False, False
        timing = self._timing
        self._connection = connection_type(
            self._server, self._take_tools, start_s=timing.start_s, call_s=timing.call_s
        )
        ending = await self._connection.run()
        now = asyncio.get_running_loop().time()
        was_stable = self._up_since is not None and now - self._up_since >= timing.stable_s
        self._connection, self._up_since, self.tools = None, None, ()
        return ending.words, ending.can_retry, was_stable

    async def _stay_dead(self, words: str, wait_s: float | None) -> bool:
        """Wait until the next try; whether it was asked for."""
        if wait_s is not None:
            words = f"{words}; next try in {wait_s:g} s"
        self._wanted.clear()
        self._show(McpStatus(self._server.name, McpState.DEAD, words=words))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._wanted.wait()
        return self._wanted.is_set()

    def _take_tools(self, listed: tuple[ListedTool, ...]) -> None:
        if self._up_since is None:
            self._up_since = asyncio.get_running_loop().time()
        tools = [McpTool(self._server.name, tool, self.call) for tool in listed]
        self.tools = tuple({tool.declaration.name: tool for tool in reversed(tools)}.values())[::-1]
        self._show(McpStatus(self._server.name, McpState.UP, len(self.tools)))

    def _show(self, status: McpStatus) -> None:
        self.status = status
        if status.state is not McpState.STARTING:
            self.settled.set()
        self._on_change()


def _import_connection() -> "type[McpConnection]":
    from chatapp.tools.mcp_connection import McpConnection

    return McpConnection
