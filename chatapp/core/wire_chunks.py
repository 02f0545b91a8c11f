"""What the data of one server-sent event says, for a person who looks at the stream.

A reader of its own beside the provider's decoder: that one makes the best of a chunk, this one
shows it as it is. Any text is taken; nothing raises.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

Json = dict[str, object]

REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")

PREVIEW_LENGTH = 200
"""Characters of a preview; whoever shows it cuts it to the room there is."""

DONE = "[DONE]"


class EventKind(StrEnum):
    """What an item is above all; of several things in one chunk, the first named here."""

    ERROR = "error"
    TOOL_CALL = "tool call"
    TEXT = "text"
    REASONING = "reasoning"
    FINISH = "finish"
    USAGE = "usage"
    DONE = "done"
    COMMENT = "comment"
    EMPTY = "empty"
    ODD = "odd"
    HEAD = "head"
    BODY = "body"
    END = "end"


_RANKS = {kind: rank for rank, kind in enumerate(EventKind)}


@dataclass(frozen=True, slots=True)
class ChunkView:
    """One chunk, looked at: what it is above all, and all that is in it, in words.

    `text` is all that the model says in it: visible text, reasoning and arguments.
    """

    kind: EventKind
    preview: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk taken apart once; what has not the shape it should have is left out.

    `deltas` are those of all choices, where a whole `message` counts as one, `first_deltas`
    those of the first choice alone: others are replies of their own. `timings` are the counts
    of llama.cpp, which come whether or not usage was asked for.
    """

    fields: Json
    choices: tuple[Json, ...]
    deltas: tuple[Json, ...]
    first_deltas: tuple[Json, ...]
    usage: Json | None
    timings: Json | None
    error: object

    @classmethod
    def of(cls, fields: Json) -> "Chunk":
        """Take a chunk apart."""
        choices = tuple(c for c in as_list(fields.get("choices")) if isinstance(c, dict))
        first = tuple(choice for choice in choices if choice.get("index") in (0, None))
        return cls(
            fields,
            choices,
            _deltas_of(choices),
            _deltas_of(first),
            _usage_of(fields, choices),
            _timings_of(fields),
            fields.get("error") or next((c["error"] for c in choices if c.get("error")), None),
        )


def parse_chunks(data: str) -> list[Chunk] | None:
    """The chunks in an event's data, mostly one; None when it is not JSON.

    JSON that is no object makes no chunk.
    """
    try:
        parsed: object = json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return None
    return [Chunk.of(part) for part in as_list(parsed) if isinstance(part, dict)]


def view_chunk(chunk: Chunk) -> ChunkView:
    """Say what a chunk is and what is in it."""
    parts = list(_parts(chunk))
    if not parts:
        return ChunkView(EventKind.EMPTY, _preview_of_empty(chunk))
    parts.sort(key=lambda part: _RANKS[part[0]])
    preview = " · ".join(words for _kind, words in parts)
    return ChunkView(parts[0][0], cut(preview), _spoken_text(chunk))


def _spoken_text(chunk: Chunk) -> str:
    """What the model says in a chunk: visible text, reasoning, arguments of calls."""
    return "".join(
        text
        for delta in chunk.deltas
        for text in (
            content_text(delta.get("content")),
            reasoning_of(delta)[1],
            *(_text(function_of(call).get("arguments")) for call in calls_of(delta)),
        )
    )


def calls_of(delta: Json) -> list[Json]:
    """The fragments of tool calls in a delta."""
    return [call for call in as_list(delta.get("tool_calls")) if isinstance(call, dict)]


def function_of(call: Json) -> Json:
    """What a fragment says of its function."""
    function = call.get("function")
    return function if isinstance(function, dict) else {}


def reasoning_of(delta: Json) -> tuple[str, str]:
    """The field in which reasoning came, and its text; two empty strings where none did."""
    for field in REASONING_FIELDS:
        if text := content_text(delta.get(field)):
            return field, text
    return "", ""


def content_text(content: object) -> str:
    """The text of `content`: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    texts = (part.get("text") if isinstance(part, dict) else part for part in as_list(content))
    return "".join(map(_text, texts))


def as_list(value: object) -> list[object]:
    """The value when it is a list, nothing for None, else a list of it."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def count_of(usage: Json, *names: str) -> int | None:
    """The first of the counts that there is."""
    for name in names:
        value = usage.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def completion_count(chunk: Chunk) -> int | None:
    """The tokens of the reply up to here, where a chunk tells them."""
    if chunk.usage is not None:
        return count_of(chunk.usage, "completion_tokens", "output_tokens")
    return None if chunk.timings is None else count_of(chunk.timings, "predicted_n")


def quoted(text: str) -> str:
    """Text in quotes, its line breaks shown, cut where it is long."""
    return json.dumps(cut(text), ensure_ascii=False)


def compact(value: object) -> str:
    """Parsed JSON as text again."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return "…"


def cut(text: str) -> str:
    """At most `PREVIEW_LENGTH` characters of a text."""
    return text if len(text) <= PREVIEW_LENGTH else text[: PREVIEW_LENGTH - 1] + "…"


def _deltas_of(choices: tuple[Json, ...]) -> tuple[Json, ...]:
    found = (choice.get("delta") or choice.get("message") for choice in choices)
    return tuple(delta for delta in found if isinstance(delta, dict))


def _usage_of(fields: Json, choices: tuple[Json, ...]) -> Json | None:
    """The token counts, wherever in the chunk they stand."""
    groq = fields.get("x_groq")
    places = (fields, groq if isinstance(groq, dict) else {}, *choices)
    for place in places:
        usage = place.get("usage")
        if usage and isinstance(usage, dict):
            return usage
    return None


def _timings_of(fields: Json) -> Json | None:
    timings = fields.get("timings")
    if not isinstance(timings, dict):
        return None
    has_counts = all(count_of(timings, name) is not None for name in ("prompt_n", "predicted_n"))
    return timings if has_counts else None


def _parts(chunk: Chunk) -> Iterator[tuple[EventKind, str]]:
    if error := chunk.error:
        message = error.get("message") if isinstance(error, dict) else error
        yield EventKind.ERROR, cut(_text(message) or compact(error))
    for delta in chunk.deltas:
        yield from _delta_parts(delta)
    for choice in chunk.choices:
        if text := _text(choice.get("text")):
            yield EventKind.TEXT, quoted(text)
        if reason := _text(choice.get("finish_reason")):
            yield EventKind.FINISH, f"finish_reason {reason}"
    if usage := chunk.usage:
        yield EventKind.USAGE, _preview_of_usage(usage)


def _delta_parts(delta: Json) -> Iterator[tuple[EventKind, str]]:
    for call in calls_of(delta):
        yield EventKind.TOOL_CALL, _preview_of_call(call)
    if isinstance(legacy := delta.get("function_call"), dict):
        yield EventKind.TOOL_CALL, _preview_of_call({"function": legacy})
    if text := content_text(delta.get("content")) or _text(delta.get("refusal")):
        yield EventKind.TEXT, quoted(text)
    if reasoning := reasoning_of(delta)[1]:
        yield EventKind.REASONING, quoted(reasoning)


def _preview_of_call(call: Json) -> str:
    function = function_of(call)
    arguments = function.get("arguments")
    shown = arguments if isinstance(arguments, str) else compact(arguments)
    index = call.get("index")
    named = _text(function.get("name"))
    words = (f"#{index}" if isinstance(index, int) else "", named, shown if arguments else "")
    return cut(" ".join(filter(None, words))) or "…"


def _preview_of_usage(usage: Json) -> str:
    prompt = count_of(usage, "prompt_tokens", "input_tokens")
    completion = count_of(usage, "completion_tokens", "output_tokens")
    if prompt is None and completion is None:
        return cut(compact(usage))
    return f"{prompt or 0} prompt + {completion or 0} completion tokens"


def _preview_of_empty(chunk: Chunk) -> str:
    progress = chunk.fields.get("prompt_progress")
    if isinstance(progress, dict):
        return cut(f"prompt_progress {compact(progress)}")
    roles = (_text(delta.get("role")) for delta in chunk.deltas)
    role = next(filter(None, roles), "")
    return f"role {role}" if role else cut(compact(chunk.fields))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
