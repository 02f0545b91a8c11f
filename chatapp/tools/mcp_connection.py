"""One connection to an MCP server, from its start to its end.

Imported late: the SDK takes the better part of a second.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import anyio
import httpx2
from mcp import Client, MCPError, types
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

from chatapp import __version__
from chatapp.core.errors import ToolError
from chatapp.core.mcp_servers import McpServer
from chatapp.core.ports import JsonValue
from chatapp.core.safe_text import safe_line
from chatapp.tools.mcp_results import result_text
from chatapp.tools.mcp_tool import ListedTool
from chatapp.tools.mcp_transports import Clues, reach

logger = logging.getLogger(__name__)

MOST_TOOLS = 256
_MOST_PAGES = 20
_LONGEST_WORDS = 300

_SETTLING_S = 0.25
"""Changes of a list come in bunches."""

_LISTEN_AGAIN_S = 1.0
_GOODBYE_S = 0.5
"""How long a server may take to hear that its session is over."""

_SESSION_GONE = "Session terminated"
"""The SDK's words for a server that has forgotten our session, for instance by a restart."""

_EXPECTED = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    MCPError,
    httpx2.HTTPError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)
"""What a server, a network or a wrong setting can bring about; TimeoutError is an OSError."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection ended; `can_retry` is False where trying again cannot help."""

    words: str
    can_retry: bool = True


class McpConnection:
    """A connection that one task runs and leaves; calls may come from any task of the loop."""

    def __init__(
        self,
        server: McpServer,
        on_tools: Callable[[tuple[ListedTool, ...]], None],
        *,
        start_s: float,
        call_s: float,
    ) -> None:
        self._server = server
        self._on_tools = on_tools
        self._start_s = start_s
        self._call_s = call_s
        self._clues = Clues()
        self._scope = anyio.CancelScope()
        self._changed = anyio.Event()
        self._client: Client | None = None

    async def run(self) -> Ending:
        """Connect, tell the tools, stay until the server ends or `close`, and say why it ended."""
        self._scope.deadline = anyio.current_time() + self._start_s
        failure: BaseException | None = None
        try:
            with self._scope:
                await self._stay()
        except* _EXPECTED as errors:
            failure = _first_of(errors)
            kind = type(failure).__name__  # not its repr, which may hold a header's value
            logger.warning("MCP server %s: %s: %s", self._server.name, kind, _shown(failure))
        is_up, self._client = self._client is not None, None
        if self._scope.cancelled_caught and not is_up:
            return self._ending(f"not up within {self._start_s:g} s")
        return self._describe(failure)

    def close(self) -> None:
        """End the connection; `run` returns when everything of it is gone."""
        self._clues.ended.set()
        wait_s = 0.0 if self._client is None else _GOODBYE_S
        self._scope.deadline = min(self._scope.deadline, anyio.current_time() + wait_s)

    async def call(
        self, name: str, arguments: Mapping[str, JsonValue], report: Callable[[str], None]
    ) -> str:
        """Call a tool. Raises ToolError, also when a sign of life is `call_s` overdue."""
        with self._told_failures():
            if self._client is None:
                raise MCPError(types.CONNECTION_CLOSED, "not connected")
            async with _Signs(report, self._call_s) as signs:
                result = await self._client.call_tool(
                    name, dict(arguments), progress_callback=signs.note
                )
            text = result_text(result)
        if result.is_error:
            raise ToolError(text.strip() or "The tool failed and does not say why.")
        return text

    async def _stay(self) -> None:
        async with Client(
            reach(self._server, self._clues),
            cache=None,
            message_handler=self._hear,
            client_info=types.Implementation(name="chatapp", version=__version__),
        ) as client:
            listed = await _list_tools(client)
            self._client = client
            self._scope.deadline = math.inf
            self._on_tools(listed)
            async with anyio.create_task_group() as group:
                group.start_soon(self._follow_changes, client)
                group.start_soon(self._listen, client)
                await self._clues.ended.wait()
                group.cancel_scope.cancel()

    async def _hear(self, message: IncomingMessage) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._changed.set()
        elif isinstance(message, ValueError):
            self._clues.words = "it says what is no message of MCP"

    async def _follow_changes(self, client: Client) -> None:
        while True:
            await self._changed.wait()
            await anyio.sleep(_SETTLING_S)
            self._changed = anyio.Event()
            self._on_tools(await _list_tools(client))

    async def _listen(self, client: Client) -> None:
        """Ask to be told of changes, where the protocol wants to be asked; `_hear` gets them."""
        while True:
            try:
                async with client.listen(tools_list_changed=True) as changes:
                    async for _ in changes:
                        self._changed.set()
                return
            except (ListenNotSupportedError, MCPError):
                return
            except SubscriptionLost:
                await anyio.sleep(_LISTEN_AGAIN_S)
                self._changed.set()

    @contextmanager
    def _told_failures(self) -> Iterator[None]:
        """Turn whatever fails in a call into a ToolError, and notice a lost connection."""
        name = self._server.name
        try:
            yield
        except TimeoutError:
            limit = f"{self._call_s:g} s"
            raise ToolError(f"The MCP server {name} gave no sign for {limit}.") from None
        except MCPError as error:
            if error.code != types.CONNECTION_CLOSED and error.message != _SESSION_GONE:
                words = self._ending(_shown(error)).words if self._server.url else _shown(error)
                raise ToolError(f"The MCP server {name} refused: {words}") from error
            self._clues.ended.set()
            words = f"The connection to the MCP server {name} ended before it answered."
            raise ToolError(words) from error
        except _EXPECTED as error:
            words = f"The MCP server {name} answered what is no result: {_shown(error)}"
            raise ToolError(words) from error

    def _describe(self, failure: BaseException | None) -> Ending:
        """Why the connection ended, given what was raised."""
        if self._server.command:
            program = safe_line(self._server.command)
            match failure:
                case FileNotFoundError():
                    return Ending(f"{program} was not found", can_retry=False)
                case PermissionError():
                    return Ending(f"{program} must not be run", can_retry=False)
                case None:
                    return self._ending("the process ended")
                case MCPError(code=types.CONNECTION_CLOSED):
                    return self._ending("the process ended")
        else:
            match failure:
                case httpx2.TransportError():
                    place = safe_line(urlsplit(self._server.url).netloc)
                    return self._ending(f"no connection to {place}")
                case None:
                    return self._ending("the connection ended")
        return self._ending(_shown(failure))

    def _ending(self, words: str) -> Ending:
        clue = self._clues.words[:_LONGEST_WORDS]
        return Ending(f"{words} ({clue})" if clue else words)


class _Signs:
    """The signs of life of a running call: each is reported and gives it more time."""

    def __init__(self, report: Callable[[str], None], patience_s: float) -> None:
        self._report = report
        self._patience_s = patience_s
        self._timeout = asyncio.timeout(patience_s)
        self._is_over = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        await self._timeout.__aexit__(kind, error, trace)

    async def note(self, progress: float, total: float | None, message: str | None) -> None:
        """Take a word of progress; one that comes after the end counts for nothing."""
        if self._is_over or self._timeout.expired():
            return
        self._timeout.reschedule(asyncio.get_running_loop().time() + self._patience_s)
        share = f"{progress:g} of {total:g}" if total else f"{progress:g}"
        self._report(safe_line(message)[:_LONGEST_WORDS] if message else share)


async def _list_tools(client: Client) -> tuple[ListedTool, ...]:
    """The tools, page by page, not more than MOST_TOOLS."""
    if client.server_capabilities.tools is None:
        return ()
    listed: list[ListedTool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        listed.extend(
            ListedTool(tool.name, tool.description or "", tool.input_schema) for tool in page.tools
        )
        cursor = page.next_cursor
        if cursor is None or len(listed) >= MOST_TOOLS:
            break
    return tuple(listed[:MOST_TOOLS])


def _first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error that is no group: the others follow from it."""
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _shown(error: BaseException) -> str:
    """An error's own words, which may be a server's."""
    return safe_line(str(error))[:_LONGEST_WORDS] or type(error).__name__
