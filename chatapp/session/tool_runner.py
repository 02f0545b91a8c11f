"""Runs the calls that a model made, side by side, and says in words what became of each."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from chatapp.core.errors import ToolError
from chatapp.core.messages import ToolCallPart, ToolStatus
from chatapp.core.ports import JsonValue, Policy, Tool, Toolbox, ToolDeclaration
from chatapp.core.stream_events import (
    StreamEvent,
    ToolApprovalNeeded,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
)
from chatapp.session.approval import ApprovalDesk

MAX_RESULT_CHARACTERS = 30_000
"""What of a tool's answer the model is told; some 7,500 tokens."""

DECLINED = "the user declined this call"
"""What the model is told of a call that may not run."""

Emit = Callable[[Sequence[StreamEvent]], object]
KeepOutput = Callable[[str, str], str]


class ToolRunner:
    """Answers calls with the tools of `toolbox`, as far as the person allows it.

    `keep_output(tool_call_id, text)` puts an answer too long for the model aside and returns
    where it is; it may block, and may raise OSError. Only the tools `wanted` by name are
    offered, None for all. `ready` waits for tools that are still being loaded. What models of
    `strange_endpoints` call is always asked about.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        desk: ApprovalDesk,
        keep_output: KeepOutput,
        wanted: Collection[str] | None = None,
        ready: Callable[[], Awaitable[None]] | None = None,
        strange_endpoints: Collection[str] = (),
    ) -> None:
        self._toolbox = toolbox
        self._desk = desk
        self._keep_output = keep_output
        self._wanted = wanted
        self._ready = ready
        self._strange_endpoints = strange_endpoints

    @property
    def desk(self) -> ApprovalDesk:
        """Where the person's answers go."""
        return self._desk

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that the model is told of: those that are wanted and not forbidden."""
        return tuple(
            tool for tool in self._wanted_tools() if self._desk.policy(tool) is not Policy.NEVER
        )

    async def declarations(self) -> tuple[ToolDeclaration, ...]:
        """What the model is told, once the tools are there."""
        if self._ready is not None:
            await self._ready()
        return tuple(tool.declaration for tool in self.tools)

    def is_strange(self, endpoint: str) -> bool:
        """Whether the person has to be asked about each call of a model there."""
        return endpoint in self._strange_endpoints

    def _wanted_tools(self) -> tuple[Tool, ...]:
        if self._wanted is None:
            return self._toolbox.tools
        return tuple(tool for tool in self._toolbox.tools if tool.declaration.name in self._wanted)

    async def run_all(
        self, calls: Sequence[ToolCallPart], emit: Emit, *, must_ask: bool = False
    ) -> None:
        """Answer every call; `must_ask` asks about each, whatever was decided before."""
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(self._answer(call, emit, must_ask))

    async def _answer(self, call: ToolCallPart, emit: Emit, must_ask: bool) -> None:
        try:
            tool = self._find(call.name)
            arguments = parse_arguments(call.arguments)
        except ToolError as error:
            emit((_failed(call, str(error)),))
            return

        def on_question() -> None:
            emit((ToolApprovalNeeded(call.tool_call_id),))

        if await self._desk.may_run(call.tool_call_id, tool, on_question, must_ask=must_ask):
            emit((await self._run(call, tool, arguments, emit),))
        else:
            emit((ToolFinished(call.tool_call_id, DECLINED, ToolStatus.DENIED),))

    def _find(self, name: str) -> Tool:
        tools = {tool.declaration.name: tool for tool in self._wanted_tools()}
        if name not in tools:
            known = ", ".join(tools) or "none"
            raise ToolError(f"there is no tool named {name!r}; the tools are: {known}")
        return tools[name]

    async def _run(
        self, call: ToolCallPart, tool: Tool, arguments: Mapping[str, JsonValue], emit: Emit
    ) -> ToolFinished:
        emit((ToolStarted(call.tool_call_id),))
        started_at = time.perf_counter()

        def report(text: str) -> None:
            emit((ToolProgressed(call.tool_call_id, text),))

        try:
            content, status = await tool.run(arguments, report), ToolStatus.FINISHED
        except ToolError as error:
            content, status = f"error: {error}", ToolStatus.FAILED
        if len(content) > MAX_RESULT_CHARACTERS:
            content = await self._shorten(call.tool_call_id, content)
        return ToolFinished(call.tool_call_id, content, status, time.perf_counter() - started_at)

    async def _shorten(self, tool_call_id: str, content: str) -> str:
        try:
            place = await asyncio.to_thread(self._keep_output, tool_call_id, content)
            kept = f"the whole, {len(content):,} characters, is kept in {place}"
        except OSError as error:
            kept = f"the rest of {len(content):,} characters could not be kept: {error}"
        return f"{content[:MAX_RESULT_CHARACTERS]}\n[cut here; {kept}]"


def parse_arguments(text: str) -> Mapping[str, JsonValue]:
    """Read a call's arguments; none at all count as an empty object. Raises ToolError."""
    if not text.strip():
        return {}
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"the arguments are not valid JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise ToolError("the arguments are not a JSON object")
    return arguments


def _failed(call: ToolCallPart, words: str) -> ToolFinished:
    return ToolFinished(call.tool_call_id, f"error: {words}", ToolStatus.FAILED)
