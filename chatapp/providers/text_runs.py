"""Neighbouring deltas as one: what comes after the decoder costs by event, not by letter."""

from collections.abc import Iterable
from itertools import groupby

from chatapp.core.stream_events import ProviderEvent, ReasoningDelta, TextDelta


def join_text(events: Iterable[ProviderEvent]) -> list[ProviderEvent]:
    """Return the events with every run of text, and every run of reasoning, joined."""
    joined: list[ProviderEvent] = []
    for kind, run in groupby(events, type):
        if kind is TextDelta:
            joined.append(TextDelta("".join(e.text for e in run if isinstance(e, TextDelta))))
        elif kind is ReasoningDelta:
            joined.append(
                ReasoningDelta("".join(e.text for e in run if isinstance(e, ReasoningDelta)))
            )
        else:
            joined += run
    return joined
