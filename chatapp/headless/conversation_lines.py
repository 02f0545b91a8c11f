"""Conversations as lines: a table for people, JSON objects for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chatapp.core.codec import message_to_json
from chatapp.core.message_tree import MessageTree
from chatapp.core.ports import JsonValue
from chatapp.core.records import ConversationHeader, SearchHit, StoredConversation
from chatapp.core.safe_text import safe_line
from chatapp.exporters.unsafe_characters import escaped_json
from chatapp.exporters.wording import utc_iso

SHORTEST_ID = 8
"""Characters of an id that a table shows at least."""


def json_line(fields: Mapping[str, JsonValue]) -> str:
    """One object on one line, with its newline."""
    return escaped_json(json.dumps(fields, ensure_ascii=False)) + "\n"


def header_fields(header: ConversationHeader) -> dict[str, JsonValue]:
    """A conversation in short; times are ISO 8601 in UTC, `model` is None before one is asked."""
    return {
        "id": header.conversation_id,
        "title": header.title,
        "created_at": utc_iso(header.created_at),
        "updated_at": utc_iso(header.updated_at),
        "model": str(header.model) if header.model.model else None,
        "message_count": header.message_count,
        "is_pinned": header.is_pinned,
        "has_unsent_text": header.has_unsent_text,
    }


def conversation_fields(conversation: StoredConversation) -> dict[str, JsonValue]:
    """A whole conversation; `is_shown` tells the messages of the chosen branch."""
    tree = MessageTree(conversation.messages, conversation.leaf_id)
    shown = set(tree.path_ids)
    messages: list[JsonValue] = [
        {
            **message_to_json(message),
            "created_at": utc_iso(message.created_at),
            "text": message.text,
            "is_shown": message.message_id in shown,
        }
        for message in tree.messages
    ]
    header = header_fields(conversation.header)
    return {**header, "unsent_text": conversation.unsent_text, "messages": messages}


def hit_fields(hit: SearchHit, header: ConversationHeader | None) -> dict[str, JsonValue]:
    """A place where words were found, with the conversation it is in."""
    return {
        "id": hit.conversation_id,
        "title": hit.title,
        "updated_at": utc_iso(header.updated_at if header else hit.at),
        "message_id": hit.message_id,
        "at": utc_iso(hit.at),
        "model": str(hit.model) if hit.model else None,
        "snippet": hit.snippet,
        "matches": [list(match) for match in hit.matches],
    }


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """For every id the shortest beginning, from SHORTEST_ID characters on, that is its alone."""
    ordered = sorted(set(ids))
    short: dict[str, str] = {}
    for index, own in enumerate(ordered):
        beside = ordered[max(index - 1, 0) : index] + ordered[index + 1 : index + 2]
        common = max((_common_length(own, other) for other in beside), default=0)
        short[own] = own[: max(common + 1, SHORTEST_ID)]
    return short


def _common_length(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(second)))


def table(headers: Sequence[ConversationHeader], ids: Mapping[str, str]) -> str:
    """A line for each: the beginning of its id, when it changed, its title.

    Before the titles there is room for marks, where any conversation has one.
    """
    id_width = max((len(ids[header.conversation_id]) for header in headers), default=0)
    mark_width = max((len(_marks(header)) for header in headers), default=0)
    lines: list[str] = []
    for header in headers:
        shown_id = f"{safe_line(ids[header.conversation_id]):{id_width}}"
        marks = [f"{_marks(header):{mark_width}}"] if mark_width else []
        cells = (shown_id, local_minute(header.updated_at), *marks, safe_line(header.title))
        lines.append("  ".join(cells) + "\n")
    return "".join(lines)


def _marks(header: ConversationHeader) -> str:
    marks = {"pinned": header.is_pinned, "unsent": header.has_unsent_text}
    return " ".join(mark for mark, is_set in marks.items() if is_set)


def local_minute(seconds: float) -> str:
    """A moment as the person's clock showed it. `seconds` are since the epoch."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # no clock shows such a year
        return utc_iso(seconds)[:16].replace("T", " ")
