"""The request that would be sent now, to the letter."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from chatapp.core.ports import JsonValue
from chatapp.core.safe_text import safe_line
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.chat_session import ChatSession
from chatapp.ui import clipboard
from chatapp.ui.widgets.json_view import JsonView


def open_request(
    app: App[int], session: ChatSession, directory: EndpointDirectory, unsent: str
) -> None:
    """Show the session's next request, with the unsent text in it. No key is part of it."""
    endpoint = session.conversation.model.endpoint
    request = session.next_request(unsent)
    address = f"{directory.endpoint(endpoint).base_url}/chat/completions"
    app.push_screen(RequestScreen(address, lambda: directory.request_body(endpoint, request)))


class RequestScreen(ModalScreen[None]):
    """Shows what `make_body` makes, which is called in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, address: str, make_body: Callable[[], Mapping[str, JsonValue]]) -> None:
        super().__init__()
        self._address = address
        self._make_body = make_body
        self._text = ""
        self._view = JsonView()

    def compose(self) -> ComposeResult:
        """Lay out the text in a panel."""
        with Vertical() as panel:
            panel.border_title = Content(f"POST {safe_line(self._address)}")
            panel.border_subtitle = "y copy \u00b7 Esc close"
            yield self._view

    def on_mount(self) -> None:
        """Make the text while the panel is shown already."""
        self._view.focus()
        self.run_worker(self._fill())

    def action_copy(self) -> None:
        """Copy the whole text."""
        if self._text:
            self.run_worker(self._copy())

    async def _fill(self) -> None:
        self._text = await asyncio.to_thread(self._make_text)
        self._view.show(self._text)

    def _make_text(self) -> str:
        return json.dumps(self._make_body(), ensure_ascii=False, indent=2)

    async def _copy(self) -> None:
        way = await clipboard.copy(self._text, self.app)
        self.notify(f"Copied the request to the {way}.", markup=False)
