"""A recording that is being played, and how far it has come: for who plays it and who tells."""

import json
from datetime import datetime

from chatapp.core.wire import Exchange
from chatapp.providers.recording import Recording


class Playback:
    """Hands out the exchanges of a recording in order, and then again from the first.

    `name` is the file's, as it is told to the person.
    """

    def __init__(self, recording: Recording, name: str = "") -> None:
        self.recording = recording
        self.name = name
        self._played = 0

    @property
    def length(self) -> int:
        """How many exchanges there are; at least one."""
        return len(self.recording.exchanges)

    @property
    def played(self) -> int:
        """How many were played, those of all rounds."""
        return self._played

    @property
    def last_number(self) -> int:
        """Which exchange was taken last, from 1; 0 before any was."""
        return (self._played - 1) % self.length + 1 if self._played else 0

    @property
    def next_number(self) -> int:
        """Which exchange comes next, from 1."""
        return self._played % self.length + 1

    @property
    def is_over(self) -> bool:
        """Whether the last exchange was the last one played."""
        return self._played > 0 and self._played % self.length == 0

    @property
    def next_question(self) -> str:
        """What the person asked in the exchange that comes next; empty where nobody knows."""
        return question_of(self.recording.exchanges[self.next_number - 1])

    @property
    def recorded_at(self) -> datetime | None:
        """When the first request left, in local time; None where nobody knows."""
        request = self.recording.exchanges[0].request
        try:
            return datetime.fromtimestamp(request.started_at).astimezone() if request else None
        except (OverflowError, OSError, ValueError):  # beyond the calendar of this machine
            return None

    def take(self) -> Exchange:
        """The exchange that comes next, which counts as played now."""
        exchange = self.recording.exchanges[self.next_number - 1]
        self._played += 1
        return exchange


def question_of(exchange: Exchange) -> str:
    """The person's words that a recorded request ends with; empty where it ends with others."""
    try:
        body: object = json.loads(exchange.request.body) if exchange.request else None
    except (ValueError, RecursionError):
        return ""
    messages = body.get("messages") if isinstance(body, dict) else None
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "user":
        return ""
    content = last.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
