"""Tools of several places as one collection."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.core.ports import Tool, Toolbox


@dataclass(frozen=True, slots=True)
class FixedToolbox:
    """Tools that neither come nor go."""

    tools: tuple[Tool, ...]


class CombinedToolbox:
    """The tools of `toolboxes`; of those that share a name, the first one's tool is used."""

    def __init__(self, *toolboxes: Toolbox) -> None:
        self._toolboxes = toolboxes

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All of them at this moment, by name unique.

        The first time it imports pydantic, some 0.1 s: ask for it first in a thread.
        """
        chosen: dict[str, Tool] = {}
        for tool in self._all():
            chosen.setdefault(tool.declaration.name, tool)
        return tuple(chosen.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """Which tools are hidden by others of their name, in words for the person."""
        chosen = {tool.declaration.name: tool for tool in self.tools}
        return tuple(
            f"There are two tools named {tool.declaration.name}: "
            f"the one from {winner.origin} is used, the one from {tool.origin} is not."
            for tool in self._all()
            if (winner := chosen[tool.declaration.name]) is not tool
        )

    def _all(self) -> Iterator[Tool]:
        for toolbox in self._toolboxes:
            yield from toolbox.tools
