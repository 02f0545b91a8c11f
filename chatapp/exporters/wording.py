"""What exports say of a message beside its text, in the same words in every format."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from chatapp.core.message_tree import MessageTree
from chatapp.core.messages import (
    ALONE,
    ChatMessage,
    Ending,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.records import ConversationHeader, StoredConversation
from chatapp.core.safe_text import safe_line
from chatapp.core.usage import Usage

_LAST_MOMENT = 253_402_300_799.0
"""The end of the year 9999, the last that a date can name."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A tool call with what became of it; either may be missing."""

    call: ToolCallPart | None
    result: ToolResultPart | None

    @property
    def heading(self) -> str:
        """The tool, how the call ended and how long it took, on one line."""
        name = safe_line(self.call.name) if self.call else ""
        words = [f"Tool call: {name or 'unnamed'}"]
        words.append(self.result.status.value if self.result else "not answered")
        if self.result and self.result.elapsed_s is not None:
            words.append(f"{self.result.elapsed_s:.1f} s")
        return " \u00b7 ".join(words)


Piece = TextPart | ReasoningPart | RefusalPart | Exchange
"""What a reader sees of a message, from top to bottom."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A message of the chosen path; `branch` is ‹2/3› where there are alternatives."""

    message: ChatMessage
    branch: str

    @property
    def heading(self) -> str:
        """Who speaks, which alternative it is and when it was, on one line."""
        words = [speaker(self.message), self.branch, utc_minute(self.message.created_at)]
        return " \u00b7 ".join(word for word in words if word)


UNSENT_HEADING = "Not sent"
"""Stands above what was written at the end and not sent."""


def origin(header: ConversationHeader) -> str:
    """When a conversation began and with which model, where one was asked, on one line."""
    model = safe_line(str(header.model)) if header.model.model else ""
    return " \u00b7 ".join(word for word in (utc_minute(header.created_at), model) if word)


def passages(conversation: StoredConversation) -> Iterator[Passage]:
    """The messages of the chosen path, from the first."""
    tree = MessageTree(conversation.messages, conversation.leaf_id)
    for message in tree.path:
        place = tree.place(message.message_id)
        branch = "" if place == ALONE else f"\u2039{place.position}/{place.count}\u203a"
        yield Passage(message, branch)


def pieces(message: ChatMessage) -> Iterator[Piece]:
    """The parts of a message, every result at the call it answers."""
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    for part in message.parts:
        match part:
            case ToolCallPart(tool_call_id):
                result = next((one for one in results if one.tool_call_id == tool_call_id), None)
                if result is not None:
                    results.remove(result)
                yield Exchange(part, result)
            case ToolResultPart():
                pass
            case _:
                yield part
    yield from (Exchange(None, result) for result in results)


def speaker(message: ChatMessage) -> str:
    """Who says a message, on one line."""
    match message.role:
        case Role.USER:
            return "You"
        case Role.SYSTEM:
            return "System"
        case Role.TOOL:
            return "Tool"
        case Role.ASSISTANT:
            name = safe_line(str(message.model)) if message.model else "Assistant"
            return f"{name} (summary of all before)" if message.is_summary else name


def ending_words(message: ChatMessage) -> str:
    """What is unusual about a reply's end, in a sentence; empty where nothing is."""
    why = f": {message.failure.summary}" if message.failure else "."
    match message.ending:
        case Ending.FINISHED:
            is_cut = message.finish_reason == "length"
            return "Cut at the token limit." if is_cut else ""
        case Ending.STOPPED:
            return "Stopped."
        case Ending.CUT:
            return f"Cut off{why}"
        case Ending.FAILED:
            return f"Failed{why}"
        case Ending.INTERRUPTED:
            return "Interrupted: the program ended while the reply came."


def server_words(message: ChatMessage) -> str:
    """What the server wrote when it failed; may be empty. Hostile text."""
    return message.failure.server_words if message.failure else ""


def figures(message: ChatMessage) -> str:
    """Tokens, time and cost of a reply on one line; `~` marks an estimate."""
    words = [] if message.usage is None else [_tokens(message.usage)]
    if message.timing is not None:
        words.append(f"{message.timing.elapsed_s:.1f} s")
    if message.cost_usd is not None:
        words.append(f"~${message.cost_usd:.4f}")
    return " \u00b7 ".join(words)


def _tokens(usage: Usage) -> str:
    mark = "~" if usage.is_estimated else ""
    details = [
        f"{count:,} {kind}"
        for count, kind in ((usage.cached_tokens, "cached"), (usage.reasoning_tokens, "reasoning"))
        if count
    ]
    counts = f"{mark}{usage.prompt_tokens:,} tokens in, {mark}{usage.completion_tokens:,} out"
    return f"{counts} ({', '.join(details)})" if details else counts


def utc_minute(seconds: float) -> str:
    """A moment for people: 2023-11-14 22:13 UTC. `seconds` are since the epoch."""
    return _utc(seconds).strftime("%Y-%m-%d %H:%M UTC")


def utc_iso(seconds: float) -> str:
    """A moment for programs, ISO 8601: 2023-11-14T22:13:20Z. `seconds` are since the epoch."""
    return _utc(seconds).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _utc(seconds: float) -> datetime:
    within = 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), _LAST_MOMENT)
    return datetime.fromtimestamp(within, UTC)
