"""What the inspector says about what it shows, in a sentence or a word."""

from chatapp.core.exchange_log import ExchangeLog
from chatapp.core.safe_text import safe_line
from chatapp.providers.body_reader import GATHERING_S
from chatapp.ui.inspector.event_filter import EventFilter

UNWATCHED = (
    "Received before anybody watched: events that were read together share a time, "
    f"late by {GATHERING_S * 1000:.0f} ms at most."
)
"""What is to be known of the times of such an exchange."""


def caution(log: ExchangeLog | None, watched_since: float) -> str:
    """What is to be known of the times of an exchange; "" where each is its event's own.

    `watched_since` is a time of the clock of its items.
    """
    request = log.request if log is not None else None
    is_past = request is not None and request.is_whole and request.at < watched_since
    return UNWATCHED if is_past else ""


def missing(event_filter: EventFilter, waiting: int, *, is_paused: bool) -> str:
    """What keeps the list from showing everything; `waiting` events are not in it yet."""
    only = f"only {safe_line(str(event_filter))}" if event_filter else ""
    paused = f"paused, {waiting:,} more" if waiting else "paused"
    return ", ".join(filter(None, (only, paused if is_paused else "")))


def nothing_odd(log: ExchangeLog | None, direction: int) -> str:
    """Why the way to the next odd event (1), or the one before (-1), leads nowhere."""
    if log is None or not log.findings:
        return "Nothing is odd here." if log is not None and log.end else "Nothing is odd so far."
    if direction > 0:
        return "Nothing odd after this event; N looks before it."
    return "Nothing odd before this event; n looks after it."
