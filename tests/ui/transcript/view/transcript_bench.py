"""A transcript in an app of its own, with everything it posts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.pilot import Pilot

from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.stream_events import (
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    UserSpoke,
)
from chatapp.core.usage import Timing
from chatapp.ui.transcript.transcript_view import TranscriptView

MODEL = ModelRef("lab", "model-a")
OTHER = ModelRef("home", "model-b")
KEYS = {"retry": "F5", "continue": "F6", "model": "Ctrl+L"}
Posted = TypeVar("Posted", bound=Message)
AT = 1_700_000_000.0


class TranscriptApp(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "stop", "Stop")]

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Message] = []
        self.stops = 0

    def action_stop(self) -> None:
        self.stops += 1

    def compose(self) -> ComposeResult:
        yield TranscriptView(key_of=lambda name: KEYS.get(name, f"/{name}"))

    def on_transcript_view_copy_requested(self, message: TranscriptView.CopyRequested) -> None:
        self.posted.append(message)

    def on_transcript_view_action_requested(self, message: TranscriptView.ActionRequested) -> None:
        self.posted.append(message)

    def on_transcript_view_keys_changed(self, message: TranscriptView.KeysChanged) -> None:
        self.posted.append(message)

    def on_transcript_view_typing_requested(self, message: TranscriptView.TypingRequested) -> None:
        self.posted.append(message)


class Bench:
    """One conversation, shown and played event by event."""

    def __init__(self, app: TranscriptApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.view = app.query_one(TranscriptView)
        self.conversation = Conversation(MODEL)
        self.show()

    def show(self) -> None:
        conversation = self.conversation
        self.view.show(
            conversation.path, conversation.draft, conversation.model, conversation.places()
        )

    def show_messages(self, messages: Sequence[ChatMessage]) -> None:
        self.view.show(messages, None, MODEL)

    def play(self, *events: StreamEvent) -> None:
        for event in events:
            self.view.apply(self.conversation.apply(event))

    def turn(self, question: str, *events: StreamEvent, number: int = 1) -> None:
        self.begin(question, *events, number=number)
        self.play(ResponseFinished("stop"), ReplyClosed(Timing(None, 0, 0)))

    def begin(self, question: str, *events: StreamEvent, number: int = 1) -> None:
        user_id = f"user-{number}"
        self.play(
            UserSpoke(user_id, question, self.conversation.model, AT),
            RequestSent(f"reply-{number}", user_id, self.conversation.model, AT),
            ResponseStarted(),
            *events,
        )

    def follows(self) -> bool:
        return self.view.is_following

    def rows(self) -> list[str]:
        """The lines on screen, as the compositor paints them, without the scroll bar."""
        size = self.view.size
        strips = self.view.render_lines(size.region)
        return [strip.text.rstrip() for strip in strips]

    def screen(self) -> str:
        return "\n".join(self.rows())

    def row_of(self, text: str) -> int:
        return next(y for y, row in enumerate(self.rows()) if text in row)

    def posted(self, kind: type[Posted]) -> list[Posted]:
        return [message for message in self.app.posted if isinstance(message, kind)]

    async def until(self, condition: Callable[[], bool], within_s: float = 5) -> None:
        deadline = asyncio.get_running_loop().time() + within_s
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, "waited in vain"
            await self.pilot.pause()


@asynccontextmanager
async def bench(width: int = 60, height: int = 24) -> AsyncIterator[Bench]:
    app = TranscriptApp()
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        made = Bench(app, pilot)
        made.view.focus()
        await pilot.pause()
        yield made


def said(text: str) -> TextDelta:
    return TextDelta(text)


def message(number: int, text: str, role: Role | None = None) -> ChatMessage:
    role = role or (Role.USER if number % 2 == 0 else Role.ASSISTANT)
    return ChatMessage(f"m{number}", None, role, (TextPart(text),), AT, MODEL)


def lines(count: int, word: str = "line") -> str:
    """A text of numbered lines that Markdown keeps apart."""
    return "\n\n".join(f"{word} {number}" for number in range(count))
