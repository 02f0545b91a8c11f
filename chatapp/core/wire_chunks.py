"""What the data of one server-sent event says, for a person who looks at the stream.

A reader of its own beside the provider's decoder: that one makes the best of a chunk, this one
shows it as it is. Any text is taken; nothing raises.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

Json = Mapping[str, object]

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


@dataclass(frozen=True, slots=True)
class ChunkView:
    """One chunk, looked at: what it is above all, and all that is in it, in words.

    `text` is all that the model says in it: visible text, reasoning and arguments.
    """

    kind: EventKind
    preview: str
    text: str = ""


def parse_chunks(data: str) -> list[Json] | None:
    """The chunks in an event's data, mostly one; None when it is not JSON.

    JSON that is no object makes no chunk.
    """
    try:
        parsed: object = json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return None
    return [part for part in as_list(parsed) if isinstance(part, Mapping)]


def view_chunk(chunk: Json) -> ChunkView:
    """Say what a chunk is and what is in it."""
    parts = list(_parts(chunk))
    if not parts:
        return ChunkView(EventKind.EMPTY, _preview_of_empty(chunk))
    kinds = list(EventKind)
    parts.sort(key=lambda part: kinds.index(part[0]))
    preview = " · ".join(words for _kind, words in parts)
    return ChunkView(parts[0][0], cut(preview), spoken_text(chunk))


def spoken_text(chunk: Json) -> str:
    """What the model says in a chunk: visible text, reasoning, arguments of calls."""
    return "".join(
        text
        for delta in deltas_of(chunk)
        for text in (
            content_text(delta.get("content")),
            reasoning_of(delta)[1],
            *(_text(function_of(call).get("arguments")) for call in calls_of(delta)),
        )
    )


def choices_of(chunk: Json) -> list[Json]:
    """The choices that are objects."""
    return [choice for choice in as_list(chunk.get("choices")) if isinstance(choice, Mapping)]


def deltas_of(chunk: Json) -> list[Json]:
    """The deltas of all choices; a whole `message` counts as one."""
    found = (choice.get("delta") or choice.get("message") for choice in choices_of(chunk))
    return [delta for delta in found if isinstance(delta, Mapping)]


def first_deltas_of(chunk: Json) -> list[Json]:
    """The deltas of the first choice alone: others are replies of their own."""
    first = [choice for choice in choices_of(chunk) if choice.get("index") in (0, None)]
    return deltas_of({"choices": first})


def calls_of(delta: Json) -> list[Json]:
    """The fragments of tool calls in a delta."""
    return [call for call in as_list(delta.get("tool_calls")) if isinstance(call, Mapping)]


def function_of(call: Json) -> Json:
    """What a fragment says of its function."""
    function = call.get("function")
    return function if isinstance(function, Mapping) else {}


def reasoning_of(delta: Json) -> tuple[str, str]:
    """The field in which reasoning came, and its text; two empty strings where none did."""
    for field in REASONING_FIELDS:
        if text := content_text(delta.get(field)):
            return field, text
    return "", ""


def usage_of(chunk: Json) -> Json | None:
    """The token counts, wherever in the chunk they stand."""
    groq = chunk.get("x_groq")
    places = (chunk, groq if isinstance(groq, Mapping) else {}, *choices_of(chunk))
    found = (place.get("usage") for place in places)
    return next((usage for usage in found if isinstance(usage, Mapping) and usage), None)


def error_of(chunk: Json) -> object:
    """The error object or text in a chunk, or None."""
    return chunk.get("error") or next(
        (choice["error"] for choice in choices_of(chunk) if choice.get("error")), None
    )


def content_text(content: object) -> str:
    """The text of `content`: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in as_list(content))
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


def _parts(chunk: Json) -> Iterator[tuple[EventKind, str]]:
    if error := error_of(chunk):
        message = error.get("message") if isinstance(error, Mapping) else error
        yield EventKind.ERROR, cut(_text(message) or compact(error))
    for delta in deltas_of(chunk):
        yield from _delta_parts(delta)
    for choice in choices_of(chunk):
        if text := _text(choice.get("text")):
            yield EventKind.TEXT, quoted(text)
        if reason := _text(choice.get("finish_reason")):
            yield EventKind.FINISH, f"finish_reason {reason}"
    if usage := usage_of(chunk):
        yield EventKind.USAGE, _preview_of_usage(usage)


def _delta_parts(delta: Json) -> Iterator[tuple[EventKind, str]]:
    for call in calls_of(delta):
        yield EventKind.TOOL_CALL, _preview_of_call(call)
    if isinstance(legacy := delta.get("function_call"), Mapping):
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


def _preview_of_empty(chunk: Json) -> str:
    progress = chunk.get("prompt_progress")
    if isinstance(progress, Mapping):
        return cut(f"prompt_progress {compact(progress)}")
    roles = (_text(delta.get("role")) for delta in deltas_of(chunk))
    role = next(filter(None, roles), "")
    return f"role {role}" if role else cut(compact(chunk))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
