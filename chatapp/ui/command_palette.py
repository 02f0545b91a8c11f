"""The registry of commands as Textual's command palette."""

from collections.abc import Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from chatapp.commands.command import Command
from chatapp.commands.registry import COMMANDS

RunByName = Callable[[str], None]


class RegistryProvider(Provider):
    """Offers every command; the screen runs the chosen one as if its key were pressed."""

    async def discover(self) -> Hits:
        """Every command, before anything is typed."""
        for command in COMMANDS:
            yield DiscoveryHit(_title(command), self._runner(command), help=command.help)

    async def search(self, query: str) -> Hits:
        """The commands whose name or help matches, best first."""
        matcher = self.matcher(query)
        for command in COMMANDS:
            title = _title(command)
            score = max(matcher.match(title), matcher.match(command.help) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._runner(command), help=command.help)

    def _runner(self, command: Command) -> Callable[[], None]:
        screen = self.screen
        if command.is_typed:
            type_it: RunByName = screen.action_type_command  # type: ignore[attr-defined]  # ChatScreen
            return partial(type_it, command.name)
        run: RunByName = screen.run_by_name  # type: ignore[attr-defined]  # ChatScreen
        return partial(run, command.name)


def _title(command: Command) -> str:
    return command.name.replace("-", " ").capitalize()
