"""Keeps the status bar's figures true: live while a response runs, final afterwards."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from textual.timer import Timer

from chatapp.core.changes import Phase
from chatapp.core.messages import ChatMessage, ModelRef, Role
from chatapp.core.usage import Usage
from chatapp.session.chat_session import ChatSession
from chatapp.ui.context_gauge import ContextGauge
from chatapp.ui.cost import Cost, estimate_cost
from chatapp.ui.status_figures import StatusFigures

TICK_S = 0.25
"""How often live figures are drawn; they are read, not watched."""

COSTS_KEPT = 200
"""Prices that are remembered, for conversations that a person goes back to."""

_NO_BYTES_DUE = (Phase.RETRYING, Phase.AWAITING_APPROVAL, Phase.RUNNING_TOOL)
"""Phases in which the server has nothing to say, so that its silence is no stall."""


class TimerHost(Protocol):
    """A widget, for its timers."""

    def set_interval(self, interval: float, callback: Callable[[], None] | None = None) -> Timer:
        """Call `callback` every `interval` seconds until the timer is stopped."""
        ...


class LiveFigures:
    """Gathers figures from a session and hands them to `show`; its timer runs only in a turn.

    `base_url_of` tells an endpoint's address, by which its prices are found; `gauge` how full
    the model's context window is.
    """

    def __init__(
        self,
        host: TimerHost,
        show: Callable[[StatusFigures], None],
        base_url_of: Callable[[str], str],
        gauge: ContextGauge,
    ) -> None:
        self._host = host
        self._show_figures = show
        self._gauge = gauge
        self._session: ChatSession | None = None
        self._base_url_of = base_url_of
        self._timer: Timer | None = None
        self._costs: dict[tuple[ModelRef, Usage], Cost | None] = {}
        self._pricing: set[asyncio.Task[None]] = set()

    def update(self, session: ChatSession) -> None:
        """Show the session's figures now, and go on showing them while it is busy."""
        self._session = session
        self._gauge.refresh(session, lambda: self._update_if_shown(session))
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if session.is_busy:
            self._timer = self._host.set_interval(TICK_S, lambda: self._show(live_figures(session)))
            self._show(live_figures(session))
            return
        figures = final_figures(session)
        reply = _last_reply(session)
        if reply and reply.model and reply.usage:
            figures = replace(figures, cost=self._cost(session, reply.model, reply.usage))
        self._show(figures)

    def _update_if_shown(self, session: ChatSession) -> None:
        if self._session is session:
            self.update(session)

    def _show(self, figures: StatusFigures) -> None:
        context = self._gauge.figure(self._session) if self._session else None
        self._show_figures(replace(figures, context=context))

    def _cost(self, session: ChatSession, model: ModelRef, usage: Usage) -> Cost | None:
        """The price, if it is known by now; else it is looked up and shown when it is there."""
        if (model, usage) not in self._costs:
            if len(self._costs) >= COSTS_KEPT:
                self._costs.clear()
            self._costs[model, usage] = None
            task = asyncio.create_task(self._look_up(session, model, usage))
            self._pricing.add(task)
            task.add_done_callback(self._pricing.discard)
        return self._costs[model, usage]

    async def _look_up(self, session: ChatSession, model: ModelRef, usage: Usage) -> None:
        base_url = self._base_url_of(model.endpoint)
        cost = await asyncio.to_thread(estimate_cost, model, usage, base_url)
        self._costs[model, usage] = cost
        reply = _last_reply(session)
        if cost and not session.is_busy and reply and reply.usage == usage:
            self._show(replace(final_figures(session), cost=cost))


def live_figures(session: ChatSession) -> StatusFigures:
    """The figures of a running response."""
    conversation, meter, now = session.conversation, session.meter, time.perf_counter()
    awaits_bytes = conversation.phase not in _NO_BYTES_DUE
    return StatusFigures(
        model=conversation.model,
        phase=conversation.phase,
        phase_detail=conversation.phase_detail,
        timing=meter.timing(now) if meter else None,
        usage=conversation.draft_usage,
        estimated_tokens=meter.estimated_completion_tokens if meter else 0,
        silence_s=meter.silence_s(now) if meter and awaits_bytes else 0.0,
    )


def final_figures(session: ChatSession) -> StatusFigures:
    """The figures of the last reply, without its price."""
    conversation, reply = session.conversation, _last_reply(session)
    if reply is None:
        return StatusFigures(conversation.model, conversation.phase, conversation.phase_detail)
    return StatusFigures(
        model=conversation.model,
        phase=conversation.phase,
        timing=reply.timing,
        usage=reply.usage,
        finish_reason=reply.finish_reason,
        ending=reply.ending,
    )


def _last_reply(session: ChatSession) -> ChatMessage | None:
    last = session.conversation.last
    return last if last is not None and last.role is Role.ASSISTANT else None
