"""An app around a few widgets that keeps what they post."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from chatapp.commands.command import Command
from chatapp.commands.registry import COMMANDS
from chatapp.ui.keymap import Keymap
from chatapp.ui.stylesheet import stylesheet_path
from chatapp.ui.themes import THEMES

MessageType = TypeVar("MessageType", bound=Message)
KEYMAP = Keymap(COMMANDS, {})


def can_run(_command: Command) -> str:
    return ""


class Bench(App[None]):
    """Shows widgets under the real style sheet, nothing but them."""

    def __init__(self, *widgets: Widget) -> None:
        super().__init__(css_path=stylesheet_path())
        self._widgets = widgets
        self._messages: list[Message] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def posted(self, kind: type[MessageType]) -> list[MessageType]:
        """What was posted of one kind, each once although it bubbled."""
        unique = {id(message): message for message in self._messages}
        return [message for message in unique.values() if isinstance(message, kind)]

    @asynccontextmanager
    async def shown(self, width: int = 80, height: int = 24) -> AsyncIterator[Pilot[None]]:
        async with self.run_test(size=(width, height), message_hook=self._messages.append) as pilot:
            await pilot.pause()
            yield pilot
