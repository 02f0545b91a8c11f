"""The full-screen app: its life from first paint to a clean terminal."""

import asyncio
import logging
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.screen import Screen

from chatapp.config.settings import Settings
from chatapp.core.ports import ConversationStore
from chatapp.paths import log_file
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.tool_kit import ToolKit
from chatapp.ui.chat_screen import ChatScreen
from chatapp.ui.closed_widgets import let_go_of_closed_widgets
from chatapp.ui.paint_fence import PaintFence
from chatapp.ui.stylesheet import stylesheet_path
from chatapp.ui.themes import THEMES, first_theme
from chatapp.ui.typing_order import typing_taken

if TYPE_CHECKING:
    from chatapp.providers.playback import Playback

logger = logging.getLogger(__name__)

EXIT_ON_SIGNAL = {name: getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")}
"""Signals that end the app in order; Windows has no SIGHUP."""


class ChatApp(App[int]):
    """Shows one ChatScreen; ends with exit code 0, or 128 plus the number of a signal.

    Conversations are kept in the first of `stores` that can be opened. `playback` is the recording
    that answers, where one does.
    """

    TITLE = "chatapp"
    ENABLE_COMMAND_PALETTE = False
    PAINT_FENCE = PaintFence()

    def __init__(
        self,
        settings: Settings,
        directory: EndpointDirectory,
        stores: Sequence[ConversationStore],
        kit: ToolKit | None = None,
        playback: "Playback | None" = None,
    ) -> None:
        let_go_of_closed_widgets()
        super().__init__(css_path=stylesheet_path())
        self._settings = settings
        self._directory = directory
        self._stores = stores
        self._kit = kit
        self._playback = playback
        self._chat: ChatScreen | None = None
        self._typed_early: list[Event] | None = []
        """What was typed before there was a place for it; None once there is."""
        for theme in THEMES:
            self.register_theme(theme)
        known = settings.theme in self.available_themes
        self.theme = settings.theme if known else first_theme(self.console.color_system)

    def get_default_screen(self) -> Screen[None]:
        """Return the chat, the one screen that everything else opens above."""
        self._chat = ChatScreen(
            self._settings, self._directory, self._kit, self._stores, self._playback
        )
        return self._chat

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's choice, or ours in place of the one it improves on."""
        driver_class = super().get_driver_class()
        if driver_class.__name__ != "LinuxDriver":  # importing it fails on Windows
            return driver_class
        from chatapp.ui.terminal_driver import TerminalDriver

        return TerminalDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Put the fence behind Textual's own filters, so that nothing comes after it."""
        return [*super().get_line_filters(), self.PAINT_FENCE]

    def on_mount(self) -> None:
        """Leave in order when the system or the terminal asks for it."""
        if sys.platform == "win32":
            return
        loop = asyncio.get_running_loop()
        for number in EXIT_ON_SIGNAL.values():
            if number is not None:
                loop.add_signal_handler(number, self._leave_on_signal, number)

    async def on_event(self, event: Event) -> None:
        """Hand an event on; what is typed waits until there is a place to type."""
        is_typed = isinstance(event, Key | Paste) and not event.is_forwarded
        if is_typed and self._typed_early is not None:
            self._typed_early.append(event)
        else:
            await super().on_event(event)

    async def on_descendant_focus(self) -> None:
        """Hand on what was typed while the app started."""
        typed, self._typed_early = self._typed_early or [], None
        for event in typed:
            await super().on_event(event)

    def on_unmount(self) -> None:
        """Tell, on the terminal that comes back, what no notice could tell any more."""
        if self._chat is not None and self._chat.last_words:
            self._exit_renderables.append(Text(self._chat.last_words))

    def _print_error_renderables(self) -> None:
        # Textual's own prints the first alone, and to sys.stderr, which leads to the log as long
        # as the terminal is ours.
        if sys.__stderr__ is not None:
            self.error_console.file = sys.__stderr__
        for words in self._exit_renderables:
            self.error_console.print(words)
        self._exit_renderables.clear()

    async def action_quit(self) -> None:
        """Leave once what was typed before the key is taken."""
        if self._chat is not None:
            await typing_taken(self._chat, self._chat.composer)
        await super().action_quit()

    def _leave_on_signal(self, number: int) -> None:
        self.exit(128 + number, return_code=128 + number)

    def _fatal_error(self) -> None:
        # Textual would print the traceback with every local variable, and so conversations
        # and keys, on the terminal. It goes to the log without them.
        error = sys.exception()
        logger.critical("chatapp crashed:\n%s", traceback.format_exc())
        words = f"chatapp crashed ({type(error).__name__}). Details are in {log_file()}"
        self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()
