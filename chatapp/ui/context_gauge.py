"""Knows how full the context windows of the open sessions are, and says once when one is."""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary, WeakSet

from chatapp.core.context import CompactPolicy, ContextMeter, ContextWindow
from chatapp.core.messages import ModelRef
from chatapp.session.chat_session import ChatSession
from chatapp.session.compaction import Advice, advise
from chatapp.ui.status_figures import ContextFigure

FULL_NOTICE = (
    "The next request would not fit into the model's context: "
    "/compact sums up what was said; or start a new conversation."
)


class ContextGauge:
    """Measures in the background; what it knows is there at once.

    `find_window` tells a model's window and may take a request; it is asked only between
    turns, and not before something was said. `warn` shows a sentence to the person.
    """

    def __init__(
        self,
        find_window: Callable[[ModelRef], Awaitable[ContextWindow | None]],
        policy: CompactPolicy,
        warn: Callable[[str], None],
    ) -> None:
        self._find_window = find_window
        self._policy = policy
        self._warn = warn
        self._windows: dict[ModelRef, ContextWindow] = {}
        self._meters: WeakKeyDictionary[ChatSession, ContextMeter] = WeakKeyDictionary()
        self._figures: WeakKeyDictionary[ChatSession, ContextFigure] = WeakKeyDictionary()
        self._measured: WeakKeyDictionary[ChatSession, object] = WeakKeyDictionary()
        self._told: WeakSet[ChatSession] = WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()

    def figure(self, session: ChatSession) -> ContextFigure | None:
        """How full the session's window is as far as is known, a streaming reply included."""
        figure = self._figures.get(session)
        if figure is None or figure.model != session.conversation.model:
            return None
        meter = session.meter
        return figure.with_reply(meter.estimated_completion_tokens) if meter else figure

    def advice(self, session: ChatSession) -> Advice:
        """What to do about the session's next request."""
        figure = self.figure(session)
        return advise(self._policy, figure.fill, figure.window) if figure else Advice.SEND

    def window(self, model: ModelRef) -> ContextWindow | None:
        """The window of a model, where it is known by now."""
        return self._windows.get(model)

    def refresh(self, session: ChatSession, on_change: Callable[[], None]) -> None:
        """Measure the session anew if it has changed; `on_change` is called when that is done."""
        conversation = session.conversation
        path, model = conversation.path, conversation.model
        state = (len(path), conversation.last, model, session.options, session.is_busy)
        if self._measured.get(session) == state or not path or not model.model:
            return
        self._measured[session] = state
        task = asyncio.create_task(self._measure(session, state, on_change))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Drop what runs in the background."""
        for task in self._tasks:
            task.cancel()

    async def _measure(
        self, session: ChatSession, state: object, on_change: Callable[[], None]
    ) -> None:
        model = session.conversation.model
        if not session.is_busy and (found := await self._find_window(model)) is not None:
            self._windows[model] = found
        window = self._windows.get(model)
        session.context_window = window.tokens if window else None
        if window is None:
            return
        meter = self._meters.setdefault(session, ContextMeter())
        fill = await asyncio.to_thread(meter.fill, session.next_request())
        if self._measured.get(session) is state:
            self._figures[session] = ContextFigure(model, fill, window)
            self._tell_when_full(session)
            on_change()

    def _tell_when_full(self, session: ChatSession) -> None:
        if self.advice(session) is not Advice.TELL:
            self._told.discard(session)
        elif session not in self._told and not session.is_busy:
            self._told.add(session)
            self._warn(FULL_NOTICE)
