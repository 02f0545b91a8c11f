"""Conversations as `llm` kept them before 0.36: a row is a prompt and its response.

Calls stand at the response that makes them, their results at the next one, whose prompt is empty.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

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
from chatapp.exporters.foreign_json import JsonObject, as_moment, as_text
from chatapp.exporters.llm_database import LlmDatabase
from chatapp.exporters.llm_figures import ENDPOINT, timing, usage
from chatapp.exporters.reply_building import SourceConversation, SourceMessage

_RESPONSE = (
    "id",
    "conversation_id",
    "model",
    "prompt",
    "system",
    "response",
    "reasoning",
    "input_tokens",
    "output_tokens",
    "duration_ms",
    "datetime_utc",
)


def read_responses(database: LlmDatabase) -> Iterator[SourceConversation]:
    """All conversations; a response that belongs to none is one of its own."""
    names = {
        as_text(row["id"]): as_text(row["name"])
        for row in database.rows("conversations", ("id", "name"))
    }
    beside = _Beside(database)
    order = "coalesce(conversation_id, id), datetime_utc, id"
    rows = database.rows("responses", _RESPONSE, order=order)
    for conversation_id, group in groupby(rows, _conversation_id):
        responses = list(group)
        last = responses[-1]
        yield SourceConversation(
            conversation_id=f"llm-{conversation_id}",
            title=names.get(conversation_id, ""),
            model=ModelRef(ENDPOINT, as_text(last["model"]) or "unknown"),
            messages=[*_messages(responses, beside)],
            created_at=as_moment(responses[0]["datetime_utc"]),
            updated_at=as_moment(last["datetime_utc"]),
        )


def _conversation_id(row: JsonObject) -> str:
    return as_text(row["conversation_id"]) or as_text(row["id"])


class _Beside:
    """What stands in other tables, by the response it belongs to."""

    def __init__(self, database: LlmDatabase) -> None:
        self.calls = _by_response(database, "tool_calls", ("name", "arguments", "tool_call_id"))
        self.results = _by_response(
            database, "tool_results", ("name", "output", "exception", "tool_call_id")
        )
        self.fragments = _by_response(database, "prompt_fragments", ("fragment_id",), '"order"')
        self.fragment_texts = {
            row["id"]: as_text(row["content"])
            for row in database.rows("fragments", ("id", "content"))
        }

    def prompt(self, row: JsonObject) -> str:
        """What the person asked, below what it borrows from fragments."""
        fragments = self.fragments.get(as_text(row["id"]), ())
        texts = [self.fragment_texts.get(one["fragment_id"], "") for one in fragments]
        return "\n\n".join(filter(None, (*texts, as_text(row["prompt"]))))


def _by_response(
    database: LlmDatabase, table: str, columns: Sequence[str], order: str = "rowid"
) -> dict[str, list[JsonObject]]:
    found: dict[str, list[JsonObject]] = defaultdict(list)
    for row in database.rows(table, ("response_id", *columns), order=order):
        found[as_text(row["response_id"])].append(row)
    return found


def _messages(responses: Sequence[JsonObject], beside: _Beside) -> Iterator[SourceMessage]:
    parent_id: str | None = None
    system = ""
    for row in responses:
        response_id, at = as_text(row["id"]), as_moment(row["datetime_utc"])
        if (changed := as_text(row["system"])) != system and changed:
            system = changed
            yield SourceMessage(
                f"{response_id}-system", parent_id, Role.SYSTEM, (TextPart(system),), at=at
            )
            parent_id = f"{response_id}-system"
        for number, result in enumerate(beside.results.get(response_id, ()), start=1):
            source_id = f"{response_id}-result-{number}"
            name = as_text(result["name"])
            yield SourceMessage(source_id, parent_id, Role.TOOL, (_result(result),), name, at)
            parent_id = source_id
        if prompt := beside.prompt(row):
            yield SourceMessage(
                f"{response_id}-prompt", parent_id, Role.USER, (TextPart(prompt),), at=at
            )
            parent_id = f"{response_id}-prompt"
        yield SourceMessage(
            source_id=response_id,
            parent_id=parent_id,
            role=Role.ASSISTANT,
            parts=tuple(_parts(row, beside.calls.get(response_id, ()))),
            at=at,
            model=ModelRef(ENDPOINT, as_text(row["model"]) or "unknown"),
            usage=usage(row),
            timing=timing(row),
        )
        parent_id = response_id


def _parts(row: JsonObject, calls: Sequence[JsonObject]) -> Iterator[Part]:
    if reasoning := as_text(row["reasoning"]):
        yield ReasoningPart(reasoning)
    if text := as_text(row["response"]):
        yield TextPart(text)
    for call in calls:
        call_id, name = as_text(call["tool_call_id"]), as_text(call["name"])
        yield ToolCallPart(call_id, name, as_text(call["arguments"]))


def _result(row: JsonObject) -> ToolResultPart:
    exception = as_text(row["exception"])
    return ToolResultPart(
        as_text(row["tool_call_id"]),
        as_text(row["output"]) or exception,
        ToolStatus.FAILED if exception else ToolStatus.FINISHED,
    )
