"""Runs the full-screen app against a server of the test's, and reads what is on the screen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from chatapp.config.settings import load_settings
from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import ChatMessage
from chatapp.core.ports import PreparedProvider, Provider
from chatapp.core.wire import WireTaps
from chatapp.providers.directory import EndpointDirectory, make_chat
from chatapp.providers.playback import Playback
from chatapp.providers.presets import PRESETS
from chatapp.session.chat_session import ChatSession
from chatapp.session.tool_kit import ToolKit
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.ui.app import ChatApp
from chatapp.ui.chat_screen import ChatScreen

DEADLINE_S = 10.0


def no_embedded_model() -> PreparedProvider:
    raise AssertionError("a test with an endpoint of its own asked for the embedded model")


@dataclass
class Chat:
    """The running app and a person's hands and eyes."""

    app: ChatApp
    pilot: Pilot[int]

    @property
    def screen(self) -> ChatScreen:
        chat = self.app.screen_stack[0]
        assert isinstance(chat, ChatScreen)
        return chat

    @property
    def session(self) -> ChatSession:
        return self.screen.shelf.current

    @property
    def last(self) -> ChatMessage:
        message = self.session.conversation.last
        assert message is not None
        return message

    @property
    def text(self) -> str:
        """The whole screen as lines of text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def notices(self) -> str:
        """What passing notices say, whatever their lines are broken into."""
        return "\n".join(notice.message for notice in self.app._notifications)

    async def until_told(self, text: str) -> None:
        """Wait until a passing notice says it."""
        await self.until(lambda: text in self.notices, repr(text))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until the condition holds; fail with the screen's text after a while."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DEADLINE_S
        while not condition():
            if loop.time() > deadline:
                raise AssertionError(f"still waiting for {what or condition}:\n{self.text}")
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def until_shown(self, *texts: str) -> None:
        """Wait until every text is on the screen."""
        for text in texts:
            await self.until(lambda text=text: text in self.text, repr(text))

    async def until_idle(self) -> None:
        """Wait until no turn runs."""
        await self.until(lambda: not self.session.is_busy, "the turn to end")

    async def type(self, text: str) -> None:
        """Press a key per character."""
        await self.pilot.press(*text)

    async def say(self, text: str) -> None:
        """Put text into the composer as if typed, and send it."""
        self.screen.composer.draft = text
        await self.pilot.press("enter")


@asynccontextmanager
async def chat_with(
    base_url: str,
    folder: Path,
    *,
    size: tuple[int, int] = (100, 30),
    flags: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    kit: ToolKit | None = None,
    make_provider: Callable[[Endpoint, WireTaps], Provider] = make_chat,
    playback: Playback | None = None,
) -> AsyncIterator[Chat]:
    """Run the app on one endpoint, with an empty config folder and no environment but `environ`."""
    all_flags = {"base_url": base_url, "model": "test-model", **(flags or {})}
    settings = load_settings(
        all_flags,
        environ or {},
        folder,
        folder,
        PRESETS,
        theme_file=folder / "theme.json",
        model_file=folder / "model.json",
    )
    directory = EndpointDirectory(
        settings.endpoints,
        no_embedded_model,
        make_provider=make_provider,
        context_window=settings.context_window,
    )
    stores = (SqliteStore(folder / "chatapp.db"), SqliteStore(None))
    app = ChatApp(settings, directory, stores, kit, playback)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Chat(app, pilot)
