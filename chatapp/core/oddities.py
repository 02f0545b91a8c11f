"""What is odd about an exchange, told while one looks at it item by item.

Odd is what departs from the API as OpenAI serves it, and what servers do differently so often
that whoever reads their stream should know. Total: no item raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from chatapp.core.wire import (
    Closing,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireResponse,
)
from chatapp.core.wire_chunks import (
    DONE,
    Chunk,
    ChunkView,
    EventKind,
    Json,
    as_list,
    calls_of,
    compact,
    content_text,
    count_of,
    cut,
    function_of,
    parse_chunks,
    quoted,
    reasoning_of,
    view_chunk,
)

LONG_SILENCE_S = 10.0
LATE_FINISH_S = 1.0

_KNOWN_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")
_THINK_TAGS = ("<think>", "<thinking>", "<thought>")
_MOST_CALLS = 1000
_CUMULATIVE_AFTER = 3
"""So many deltas in a row that repeat the one before are no chance."""


class OddityKind(StrEnum):
    """What can be odd; the value is its name in `--json`."""

    STATUS = "status"
    CONTENT_TYPE = "content_type"
    NOT_A_STREAM = "not_a_stream"
    KEEP_ALIVE = "keep_alive"
    EVENT_NAME = "event_name"
    EVENT_ID = "event_id"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    SEVERAL_CHUNKS = "several_chunks"
    NO_CHOICES = "no_choices"
    CHOICES_NULL = "choices_null"
    CHOICES_EMPTY = "choices_empty"
    SEVERAL_CHOICES = "several_choices"
    NO_DELTA = "no_delta"
    CONTENT_LIST = "content_list"
    CONTENT_NULL = "content_null"
    ROLE = "role"
    ROLE_REPEATED = "role_repeated"
    REASONING_FIELD = "reasoning_field"
    THINK_TAG = "think_tag"
    CUMULATIVE = "cumulative_deltas"
    MODEL_CHANGED = "model_changed"
    CALL_INDEX_MISSING = "call_index_missing"
    CALL_INDEX_REUSED = "call_index_reused"
    CALL_ID_MISSING = "call_id_missing"
    CALL_ID_REPEATED = "call_id_repeated"
    CALL_NAME_REPEATED = "call_name_repeated"
    CALL_ARGUMENTS_OBJECT = "call_arguments_object"
    CALL_ARGUMENTS_NULL = "call_arguments_null"
    LEGACY_CALL = "function_call"
    FINISH_UNKNOWN = "finish_reason_unknown"
    FINISH_EMPTY = "finish_reason_empty"
    FINISH_REPEATED = "finish_reason_repeated"
    FINISH_LATE = "finish_reason_late"
    FINISH_MISMATCH = "finish_reason_mismatch"
    FINISH_MISSING = "finish_reason_missing"
    TEXT_AFTER_FINISH = "text_after_finish"
    USAGE_BESIDE_CHOICES = "usage_beside_choices"
    USAGE_REPEATED = "usage_repeated"
    USAGE_CUMULATIVE = "usage_cumulative"
    USAGE_ELSEWHERE = "usage_elsewhere"
    USAGE_ABSENT = "usage_absent"
    ERROR_IN_STREAM = "error_in_stream"
    SILENCE = "silence"
    AFTER_DONE = "after_done"
    NO_DONE = "no_done"
    CUT = "cut"


_MESSAGES = {
    OddityKind.STATUS: "the status is {}",
    OddityKind.CONTENT_TYPE: "the content type is {}, not text/event-stream",
    OddityKind.NOT_A_STREAM: "the body is no event stream",
    OddityKind.KEEP_ALIVE: "a comment keeps the connection alive: {}",
    OddityKind.EVENT_NAME: "the event has a name: {}",
    OddityKind.EVENT_ID: "the event has an id",
    OddityKind.NOT_JSON: "the data is not JSON",
    OddityKind.NOT_AN_OBJECT: "the data is JSON, but no object",
    OddityKind.SEVERAL_CHUNKS: "a list of chunks in one event",
    OddityKind.NO_CHOICES: "a chunk without `choices`",
    OddityKind.CHOICES_NULL: "`choices` is null",
    OddityKind.CHOICES_EMPTY: "`choices` is empty, and there is no usage",
    OddityKind.SEVERAL_CHOICES: "more than one choice",
    OddityKind.NO_DELTA: "a choice without `delta`",
    OddityKind.CONTENT_LIST: "`content` is a list of parts",
    OddityKind.CONTENT_NULL: "`content` is null",
    OddityKind.ROLE: "the role is {}",
    OddityKind.ROLE_REPEATED: "every delta names its role",
    OddityKind.REASONING_FIELD: "reasoning comes as `{}`",
    OddityKind.THINK_TAG: "reasoning stands in the text, behind {}",
    OddityKind.CUMULATIVE: "every delta repeats the text before it",
    OddityKind.MODEL_CHANGED: "the model changes its name to {}",
    OddityKind.CALL_INDEX_MISSING: "a tool call without `index`",
    OddityKind.CALL_INDEX_REUSED: "two tool calls share an `index`",
    OddityKind.CALL_ID_MISSING: "a tool call without `id`",
    OddityKind.CALL_ID_REPEATED: "later fragments of a tool call repeat its `id`",
    OddityKind.CALL_NAME_REPEATED: "later fragments of a tool call repeat its name",
    OddityKind.CALL_ARGUMENTS_OBJECT: "the arguments of a tool call are no string",
    OddityKind.CALL_ARGUMENTS_NULL: "the arguments of a tool call are null",
    OddityKind.LEGACY_CALL: "the call comes as `function_call`, which `tool_calls` replaced",
    OddityKind.FINISH_UNKNOWN: "finish_reason is {}",
    OddityKind.FINISH_EMPTY: "finish_reason is an empty string instead of null",
    OddityKind.FINISH_REPEATED: "more than one finish_reason",
    OddityKind.FINISH_LATE: "finish_reason came {} s after the last word",
    OddityKind.FINISH_MISMATCH: "finish_reason is {}",
    OddityKind.FINISH_MISSING: "no finish_reason came",
    OddityKind.TEXT_AFTER_FINISH: "more came after the finish_reason",
    OddityKind.USAGE_BESIDE_CHOICES: "usage stands in a chunk with choices, not in one of its own",
    OddityKind.USAGE_REPEATED: "usage comes in more than one chunk",
    OddityKind.USAGE_CUMULATIVE: "usage is counted up from chunk to chunk",
    OddityKind.USAGE_ELSEWHERE: "usage stands not in the chunk itself but deeper",
    OddityKind.USAGE_ABSENT: "no usage came",
    OddityKind.ERROR_IN_STREAM: "an error inside a response of status 200",
    OddityKind.SILENCE: "nothing came for {} s",
    OddityKind.AFTER_DONE: "more came after [DONE]",
    OddityKind.NO_DONE: "no [DONE] came",
    OddityKind.CUT: "the connection broke: {}",
}


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing that is odd; `detail` is the server's own word for it (hostile), or empty."""

    kind: OddityKind
    detail: str = ""

    @property
    def message(self) -> str:
        """The oddity in a clause; holds `detail`."""
        return _MESSAGES[self.kind].format(self.detail or "…")


@dataclass(frozen=True, slots=True)
class Reading:
    """One item, read: what it is above all, the begin of what it says, what is odd about it.

    `text` is what the model says in it, for counting tokens; `completion_tokens` is what the
    server has counted up to here, where it has.
    """

    kind: EventKind
    preview: str
    oddities: tuple[Oddity, ...] = ()
    text: str = ""
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An oddity of an exchange: where it came first, in items from 1, and how often it came."""

    oddity: Oddity
    first_item: int
    count: int = 1


class ExchangeReader:
    """Reads the items of one exchange in their order; constant work and memory for each.

    `is_streamed` says whether an event stream was asked for.
    """

    def __init__(self, *, is_streamed: bool = True) -> None:
        self._is_streamed = is_streamed
        self._findings: dict[OddityKind, Finding] = {}
        self._items = 0
        self._heard_at: float | None = None
        self._is_refused = False
        self._has_events = self._has_body = self._is_done = False
        self._shape = _ShapeWatch()
        self._text = _TextWatch()
        self._calls = _CallWatch()
        self._finish = _FinishWatch()
        self._usage = _UsageWatch()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd so far, each kind once, in the order in which they came first."""
        return tuple(self._findings.values())

    def read(self, item: WireItem) -> Reading:
        """Read one more item."""
        self._items += 1
        reading = self._view(item)
        silence = tuple(self._silence(item.at))
        if not (silence or reading.oddities):
            return reading
        oddities = tuple(dict.fromkeys((*silence, *reading.oddities)))
        for oddity in oddities:
            known = self._findings.get(oddity.kind)
            first, number = (known.oddity, known.first_item) if known else (oddity, self._items)
            count = known.count + 1 if known else 1
            self._findings[oddity.kind] = Finding(first, number, count)
        return replace(reading, oddities=oddities)

    def _silence(self, at: float) -> Iterator[Oddity]:
        before, self._heard_at = self._heard_at, at
        if before is not None and at - before > LONG_SILENCE_S:
            yield Oddity(OddityKind.SILENCE, f"{at - before:.0f}")

    def _view(self, item: WireItem) -> Reading:
        match item:
            case WireResponse(status=status):
                self._is_refused = status != 200
                kind = dict(item.headers).get("content-type", "")
                return Reading(EventKind.HEAD, f"{status} {kind}".strip(), tuple(self._head(item)))
            case WireComment(text=text):
                keep_alive = Oddity(OddityKind.KEEP_ALIVE, quoted(text))
                return Reading(EventKind.COMMENT, quoted(text), (keep_alive,))
            case WireBody(text=text):
                return self._view_body(text)
            case WireEvent():
                return self._view_event(item)
            case WireEnd(closing=closing, detail=detail):
                preview = f"{closing}: {detail}" if detail else closing.value
                return Reading(EventKind.END, preview, tuple(self._end(item)))
            case _:
                assert_never(item)

    def _head(self, head: WireResponse) -> Iterator[Oddity]:
        if head.status != 200:
            yield Oddity(OddityKind.STATUS, str(head.status))
            return
        kind = dict(head.headers).get("content-type", "")
        if self._is_streamed and not kind.lower().startswith("text/event-stream"):
            yield Oddity(OddityKind.CONTENT_TYPE, kind or "missing")

    def _view_body(self, text: str) -> Reading:
        is_first, self._has_body = not self._has_body, True
        is_odd = is_first and self._is_streamed and not (self._is_refused or self._has_events)
        oddities = (Oddity(OddityKind.NOT_A_STREAM),) if is_odd else ()
        chunks = parse_chunks(text) if text.lstrip().startswith("{") else None
        if not chunks or self._is_refused:
            return Reading(EventKind.BODY, quoted(text), oddities)
        view, usage = view_chunk(chunks[0]), chunks[0].usage or {}
        tokens = count_of(usage, "completion_tokens", "output_tokens")
        return Reading(EventKind.BODY, view.preview, oddities, view.text, tokens)

    def _view_event(self, event: WireEvent) -> Reading:
        oddities = list(self._fields(event))
        if event.data.strip() == DONE:
            self._is_done = True
            return Reading(EventKind.DONE, DONE, tuple(oddities))
        chunks = parse_chunks(event.data)
        if chunks is None or not chunks:
            oddity = OddityKind.NOT_JSON if chunks is None else OddityKind.NOT_AN_OBJECT
            shown = EventKind.ERROR if event.name == "error" else EventKind.ODD
            return Reading(shown, quoted(event.data), (*oddities, Oddity(oddity)))
        if len(chunks) > 1:
            oddities.append(Oddity(OddityKind.SEVERAL_CHUNKS))
        self._has_events = True
        views: list[ChunkView] = []
        for chunk in chunks:
            views.append(view_chunk(chunk))
            oddities += self._watch(chunk, event.at)
        kind = EventKind.ERROR if event.name == "error" else views[0].kind
        text = "".join(view.text for view in views)
        return Reading(kind, views[0].preview, tuple(oddities), text, self._usage.completion)

    def _fields(self, event: WireEvent) -> Iterator[Oddity]:
        if self._is_done:
            yield Oddity(OddityKind.AFTER_DONE)
        if event.name:
            yield Oddity(OddityKind.EVENT_NAME, quoted(event.name))
        if event.event_id is not None:
            yield Oddity(OddityKind.EVENT_ID)

    def _watch(self, chunk: Chunk, at: float) -> Iterator[Oddity]:
        if error := chunk.error:
            yield Oddity(OddityKind.ERROR_IN_STREAM, cut(compact(error)))
        yield from self._shape.see(chunk)
        yield from self._text.see(chunk)
        yield from self._calls.see(chunk)
        yield from self._finish.see(chunk, at, has_calls=self._calls.has_calls)
        yield from self._usage.see(chunk)

    def _end(self, end: WireEnd) -> Iterator[Oddity]:
        if end.closing is Closing.CUT:
            yield Oddity(OddityKind.CUT, end.detail)
        is_whole = end.closing in (Closing.DONE, Closing.CLEAN)
        if not (self._has_events and is_whole):
            return
        if not self._finish.has_come:
            yield Oddity(OddityKind.FINISH_MISSING)
        if not self._usage.has_come:
            yield Oddity(OddityKind.USAGE_ABSENT)
        if not self._is_done:
            yield Oddity(OddityKind.NO_DONE)


@dataclass(slots=True)
class _ShapeWatch:
    """Whether a chunk has the parts that a chunk has."""

    model: str = ""
    deltas: int = 0

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        yield from self._choices(chunk)
        model = chunk.fields.get("model")
        if isinstance(model, str) and model:
            if self.model and model != self.model:
                yield Oddity(OddityKind.MODEL_CHANGED, quoted(model))
            self.model = model
        for choice in chunk.choices:
            if not isinstance(choice.get("delta"), dict):
                yield Oddity(OddityKind.NO_DELTA)
        for delta in chunk.deltas:
            yield from self._delta(delta)

    def _choices(self, chunk: Chunk) -> Iterator[Oddity]:
        says_more = bool(chunk.usage or chunk.error)
        choices = chunk.fields.get("choices")
        if "choices" not in chunk.fields:
            if not chunk.error:
                yield Oddity(OddityKind.NO_CHOICES)
        elif choices is None:
            yield Oddity(OddityKind.CHOICES_NULL)
        elif not choices and not says_more:
            yield Oddity(OddityKind.CHOICES_EMPTY)
        indexes = [choice.get("index") for choice in chunk.choices]
        if len(indexes) > 1 or any(index not in (0, None) for index in indexes):
            yield Oddity(OddityKind.SEVERAL_CHOICES)

    def _delta(self, delta: Json) -> Iterator[Oddity]:
        role, content = delta.get("role"), delta.get("content")
        self.deltas += 1
        if isinstance(role, str):
            if role and role != "assistant":
                yield Oddity(OddityKind.ROLE, quoted(role))
            elif role and self.deltas > 2 and delta.get("content"):
                yield Oddity(OddityKind.ROLE_REPEATED)
        if isinstance(content, list | dict):
            yield Oddity(OddityKind.CONTENT_LIST)
        elif content is None and "content" in delta and not _says_else(delta):
            yield Oddity(OddityKind.CONTENT_NULL)


def _says_else(delta: Json) -> bool:
    """Whether a delta has a reason to have no text."""
    return bool(calls_of(delta) or reasoning_of(delta)[1] or delta.get("function_call"))


@dataclass(slots=True)
class _TextWatch:
    """How text and reasoning come."""

    has_begun: bool = False
    previous: str = ""
    repeats: int = 0
    fields: list[str] = field(default_factory=list)

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        for delta in chunk.first_deltas:
            name = reasoning_of(delta)[0]
            if name and name not in self.fields:
                self.fields.append(name)
                yield Oddity(OddityKind.REASONING_FIELD, name)
            if text := content_text(delta.get("content")):
                yield from self._text(text)

    def _text(self, text: str) -> Iterator[Oddity]:
        if not self.has_begun and text.strip():
            self.has_begun = True
            tag = next((tag for tag in _THINK_TAGS if text.lstrip().startswith(tag)), "")
            if tag:
                yield Oddity(OddityKind.THINK_TAG, tag)
        is_longer = len(text) > len(self.previous) > 1
        is_repeat = is_longer and text.startswith(self.previous)
        self.repeats = self.repeats + 1 if is_repeat else 0
        self.previous = text
        if self.repeats >= _CUMULATIVE_AFTER:
            yield Oddity(OddityKind.CUMULATIVE)


@dataclass(slots=True)
class _CallWatch:
    """How the fragments of tool calls come; of each open call its id and name are known."""

    has_calls: bool = False
    open: dict[object, tuple[object, object]] = field(default_factory=dict)

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        for delta in chunk.first_deltas:
            if delta.get("function_call"):
                self.has_calls = True
                yield Oddity(OddityKind.LEGACY_CALL)
            for call in calls_of(delta):
                self.has_calls = True
                yield from self._fragment(call)

    def _fragment(self, call: Json) -> Iterator[Oddity]:
        function = function_of(call)
        arguments = function.get("arguments")
        if arguments is None and ("arguments" in function or not function.get("name")):
            yield Oddity(OddityKind.CALL_ARGUMENTS_NULL)
        elif arguments is not None and not isinstance(arguments, str):
            yield Oddity(OddityKind.CALL_ARGUMENTS_OBJECT)
        index, call_id, name = call.get("index"), call.get("id"), function.get("name")
        if not isinstance(index, int):
            yield Oddity(OddityKind.CALL_INDEX_MISSING)
            index = None
        known = self.open.get(index)
        is_new = known is None or bool(name and call_id and call_id != known[0])
        if known is None or is_new:
            if known is not None and index is not None:
                yield Oddity(OddityKind.CALL_INDEX_REUSED)
            if not call_id:
                yield Oddity(OddityKind.CALL_ID_MISSING)
            if len(self.open) < _MOST_CALLS:
                self.open[index] = call_id, name
            return
        if call_id:
            yield Oddity(OddityKind.CALL_ID_REPEATED)
        if name:
            yield Oddity(OddityKind.CALL_NAME_REPEATED)


@dataclass(slots=True)
class _FinishWatch:
    """When the model says that it is done, and what it says."""

    has_come: bool = False
    spoken_at: float | None = None

    def see(self, chunk: Chunk, at: float, *, has_calls: bool) -> Iterator[Oddity]:
        if any(_says_something(delta) for delta in chunk.first_deltas):
            if self.has_come:
                yield Oddity(OddityKind.TEXT_AFTER_FINISH)
            self.spoken_at = at
        for choice in chunk.choices:
            reason = choice.get("finish_reason")
            if reason == "":
                yield Oddity(OddityKind.FINISH_EMPTY)
            elif reason is not None and choice.get("index") in (0, None):
                yield from self._reason(reason, at, has_calls=has_calls)

    def _reason(self, reason: object, at: float, *, has_calls: bool) -> Iterator[Oddity]:
        if reason not in _KNOWN_REASONS:
            yield Oddity(OddityKind.FINISH_UNKNOWN, cut(compact(reason)))
        elif reason == "stop" and has_calls:
            yield Oddity(OddityKind.FINISH_MISMATCH, "stop, though tools are called")
        elif reason == "tool_calls" and not has_calls:
            yield Oddity(OddityKind.FINISH_MISMATCH, "tool_calls, though no tool is called")
        if self.has_come:
            yield Oddity(OddityKind.FINISH_REPEATED)
        elif self.spoken_at is not None and at - self.spoken_at > LATE_FINISH_S:
            yield Oddity(OddityKind.FINISH_LATE, f"{at - self.spoken_at:.1f}")
        self.has_come = True


def _says_something(delta: Json) -> bool:
    return bool(content_text(delta.get("content")) or calls_of(delta) or reasoning_of(delta)[1])


@dataclass(slots=True)
class _UsageWatch:
    """Where token counts come, and how often."""

    has_come: bool = False
    completion: int | None = None

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        usage = chunk.usage
        if usage is None:
            return
        completion = count_of(usage, "completion_tokens", "output_tokens")
        if not isinstance(chunk.fields.get("usage"), dict):
            yield Oddity(OddityKind.USAGE_ELSEWHERE)
        if as_list(chunk.fields.get("choices")):
            yield Oddity(OddityKind.USAGE_BESIDE_CHOICES)
        if self.has_come:
            is_more = completion is not None and completion > (self.completion or 0) > 0
            yield Oddity(OddityKind.USAGE_CUMULATIVE if is_more else OddityKind.USAGE_REPEATED)
        self.has_come, self.completion = True, completion
