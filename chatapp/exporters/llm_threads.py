"""Conversations as `llm` keeps them since 0.36: messages in a tree, named by hashes.

A turn is one request: it leads to a message, and a thread is all turns of one conversation. Where
its turns part, there are branches.
"""

import json
from collections.abc import Iterator, Mapping

from chatapp.core.messages import (
    ModelRef,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.ports import JsonValue
from chatapp.exporters.foreign_json import JsonObject, as_items, as_moment, as_object, as_text
from chatapp.exporters.llm_database import LlmDatabase
from chatapp.exporters.llm_figures import ENDPOINT, timing, usage
from chatapp.exporters.reply_building import SourceConversation, SourceMessage

_TURN = (
    "tip_message_hash",
    "model",
    "input_tokens",
    "output_tokens",
    "duration_ms",
    "datetime_utc",
)
_ROLES = {"user": Role.USER, "system": Role.SYSTEM, "tool": Role.TOOL}


def read_threads(database: LlmDatabase) -> Iterator[SourceConversation]:
    """All threads, in the order in which they were begun."""
    columns = ("id", "name", "tip_message_hash", "datetime_utc")
    for thread in database.rows("threads", columns, order="id"):
        thread_id = as_text(thread["id"])
        turns = [*database.rows("turns", _TURN, "thread_id = ?", [thread_id], "datetime_utc, id")]
        tip = as_text(thread["tip_message_hash"])
        models = [as_text(turn["model"]) for turn in turns]
        yield SourceConversation(
            conversation_id=f"llm-{thread_id}",
            title=as_text(thread["name"]),
            model=ModelRef(ENDPOINT, models[-1] if models else "unknown"),
            messages=[*_Thread(database).messages(turns, tip)],
            leaf_id=tip or None,
            created_at=as_moment(thread["datetime_utc"]),
            updated_at=as_moment(turns[-1]["datetime_utc"]) if turns else None,
        )


class _Thread:
    """Follows the turns of one thread up the tree of messages."""

    def __init__(self, database: LlmDatabase) -> None:
        self._database = database
        self._reached: set[str] = set()

    def messages(self, turns: list[JsonObject], tip: str) -> Iterator[SourceMessage]:
        """Every message once, parents first."""
        for turn in turns:
            yield from self._lead_to(as_text(turn["tip_message_hash"]), turn)
        yield from self._lead_to(tip, dict.fromkeys(_TURN))

    def _lead_to(self, tip: str, turn: JsonObject) -> Iterator[SourceMessage]:
        line: list[tuple[str, str | None, Role]] = []
        above: str | None = tip
        while above and above not in self._reached:
            row = next(
                self._database.rows("messages", ("parent_hash", "role"), "hash = ?", [above]), None
            )
            if row is None:
                break
            self._reached.add(above)
            parent = as_text(row["parent_hash"]) or None
            line.append((above, parent, _ROLES.get(as_text(row["role"]), Role.ASSISTANT)))
            above = parent
        for message_hash, parent, role in reversed(line):
            is_answer = message_hash == tip and role is Role.ASSISTANT
            yield SourceMessage(
                source_id=message_hash,
                parent_id=parent if parent in self._reached else None,
                role=role,
                parts=tuple(self._parts(message_hash)),
                at=as_moment(turn["datetime_utc"]),
                model=ModelRef(ENDPOINT, as_text(turn["model"]) or "unknown")
                if is_answer
                else None,
                usage=usage(turn) if is_answer else None,
                timing=timing(turn) if is_answer else None,
            )

    def _parts(self, message_hash: str) -> Iterator[Part]:
        columns = ("type", "tool_name", "text", "payload")
        rows = self._database.rows("parts", columns, "message_hash = ?", [message_hash], "position")
        for row in rows:
            payload = _payload(row["payload"])
            match as_text(row["type"]):
                case "tool_call":
                    arguments = json.dumps(payload.get("arguments") or {}, ensure_ascii=False)
                    call_id = as_text(payload.get("tool_call_id"))
                    yield ToolCallPart(call_id, as_text(row["tool_name"]), as_text(arguments))
                case "tool_result":
                    yield _result(payload)
                case "reasoning":
                    if text := self._text(row, payload):
                        yield ReasoningPart(text)
                case "attachment":
                    yield TextPart("\n\n[file]")
                case _:
                    if text := self._text(row, payload):
                        yield TextPart(text)

    def _text(self, row: JsonObject, payload: JsonObject) -> str:
        """A part's text, put together where it borrows from fragments."""
        pieces = [as_object(piece) for piece in as_items(payload.get("text_ref"))]
        return as_text(row["text"]) or "".join(
            as_text(piece.get("literal")) or self._fragment(piece.get("fragment"))
            for piece in pieces
        )

    def _fragment(self, fragment_id: JsonValue) -> str:
        if not isinstance(fragment_id, int):
            return ""
        rows = self._database.rows("fragments", ("content",), "id = ?", [fragment_id])
        return "".join(as_text(row["content"]) for row in rows)


def _payload(value: JsonValue) -> JsonObject:
    try:
        payload = json.loads(as_text(value) or "{}")
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, Mapping) else {}


def _result(payload: JsonObject) -> ToolResultPart:
    exception = as_text(payload.get("exception"))
    return ToolResultPart(
        as_text(payload.get("tool_call_id")),
        as_text(payload.get("output")) or exception,
        ToolStatus.FAILED if exception else ToolStatus.FINISHED,
    )
