"""A tool of an MCP server, as the model and the session see it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from chatapp.core.ports import JsonValue, Policy, ToolDeclaration
from chatapp.core.safe_text import safe_text
from chatapp.tools.mcp_names import namespaced

LONGEST_DESCRIPTION = 4_000
"""In characters; every request carries the descriptions of all tools."""

LONGEST_SCHEMA = 32_000
"""In characters of JSON."""

ANY_ARGUMENTS: Mapping[str, JsonValue] = {"type": "object", "properties": {}}
"""The schema of a tool whose own is of no use; it allows any arguments."""

Call = Callable[[str, Mapping[str, JsonValue], Callable[[str], None]], Awaitable[str]]
"""Calls a tool by its server's own name with arguments; words of progress go to the third."""


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as its server lists it: hostile text, of any length."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


class McpTool:
    """One tool of a server; `call` reaches the server, whichever connection it has now."""

    def __init__(self, server: str, listed: ListedTool, call: Call) -> None:
        self._name = listed.name
        self._call = call
        self._origin = f"mcp {server}"
        self._declaration = declare(server, listed)

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told of it."""
        return self._declaration

    @property
    def origin(self) -> str:
        """The server it belongs to."""
        return self._origin

    @property
    def default_policy(self) -> Policy:
        """Always ASK: what a server says of its tools' harmlessness proves nothing."""
        return Policy.ASK

    async def run(self, arguments: Mapping[str, JsonValue], report: Callable[[str], None]) -> str:
        """Call it on its server. Raises ToolError."""
        return await self._call(self._name, arguments, report)


def declare(server: str, listed: ListedTool) -> ToolDeclaration:
    """The declaration of a listed tool, bounded and made visible.

    Invisible characters are how instructions hide from the person who approves the call; the
    model is shown what the person is shown.
    """
    description = safe_text(listed.description)
    if len(description) > LONGEST_DESCRIPTION:
        description = description[: LONGEST_DESCRIPTION - 1] + "…"
    is_usable = listed.parameters.get("type") == "object" and _is_short(listed.parameters)
    return ToolDeclaration(
        name=namespaced(server, listed.name),
        description=description,
        parameters=listed.parameters if is_usable else ANY_ARGUMENTS,
    )


def _is_short(parameters: Mapping[str, JsonValue]) -> bool:
    try:
        return len(json.dumps(parameters, ensure_ascii=False)) <= LONGEST_SCHEMA
    except RecursionError:
        return False
