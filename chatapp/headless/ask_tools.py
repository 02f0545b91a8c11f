"""The tools of one question: opened before it is asked, and held against what names them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from chatapp.config import COMMAND_LINE, ConfigProblem, Settings
from chatapp.config.tool_names import tool_problems, unknown_tools
from chatapp.session.tool_kit import ToolKit

SERVERS_S = 20.0
"""How long a question waits for the MCP servers to come up."""


async def open_tools(kit: ToolKit, notice: Callable[[str], None]) -> None:
    """Load the tools, and wait a while for the servers among them."""
    await kit.supply.open()
    try:
        async with asyncio.timeout(SERVERS_S):
            await kit.supply.wait()
    except TimeoutError:
        notice("Some MCP servers are not up yet; asking without them.")
    for note in kit.supply.notes:
        notice(note)


def refuses_tools(
    settings: Settings, kit: ToolKit | None, allowed: Sequence[str], notice: Callable[[str], None]
) -> bool:
    """Tell of what is named and is no tool; True where the command line names it.

    What the environment or config.toml says may be meant for the full screen, and hinders nothing.
    `kit` is open, or None where no tools are wanted; `allowed` are the names of `--allow`.
    """
    known = [] if kit is None else [tool.declaration.name for tool in kit.supply.tools]
    problems = [*tool_problems(settings, known), *_about_allowed(allowed, known)]
    wrong_flags = [problem for problem in problems if problem.file.startswith(COMMAND_LINE)]
    for problem in problems if kit else wrong_flags:
        notice(f"chatapp: {problem}")
    return bool(wrong_flags)


def _about_allowed(allowed: Sequence[str], known: Sequence[str]) -> Iterator[ConfigProblem]:
    place = f"{COMMAND_LINE}, --allow"
    if allowed and not known:
        yield ConfigProblem(place, None, "there is no tool to allow", "with --tools")
    elif "all" not in allowed:
        yield from unknown_tools(place, allowed, known)
