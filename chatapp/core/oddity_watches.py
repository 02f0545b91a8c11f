"""Each looks at the chunks of one stream in their order, and says what is odd about one thing.

Constant work and memory for each chunk; no chunk raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from chatapp.core.oddities import Oddity, OddityKind
from chatapp.core.wire_chunks import (
    Chunk,
    Json,
    as_list,
    calls_of,
    compact,
    completion_count,
    content_text,
    cut,
    function_of,
    quoted,
    reasoning_of,
)

LATE_FINISH_S = 1.0

_KNOWN_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")
_THINK_TAGS = ("<think>", "<thinking>", "<thought>")
_MOST_CALLS = 1000
_CUMULATIVE_AFTER = 3
"""So many deltas in a row that repeat the one before are no chance."""


@dataclass(slots=True)
class ShapeWatch:
    """Whether a chunk has the parts that a chunk has."""

    model: str = ""
    deltas: int = 0

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        """Look at one more chunk."""
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
        if None in indexes:
            yield Oddity(OddityKind.CHOICE_INDEX_MISSING)

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
class TextWatch:
    """How text and reasoning come."""

    opening: str | None = ""
    """How the text begins, as long as that may become a tag."""
    previous: str = ""
    repeats: int = 0
    fields: list[str] = field(default_factory=list)

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        """Look at one more chunk."""
        for delta in chunk.first_deltas:
            name = reasoning_of(delta)[0]
            if name and name not in self.fields:
                self.fields.append(name)
                yield Oddity(OddityKind.REASONING_FIELD, name)
            if text := content_text(delta.get("content")):
                yield from self._text(text)

    def _text(self, text: str) -> Iterator[Oddity]:
        yield from self._tag(text)
        is_longer = len(text) > len(self.previous) > 1
        is_repeat = is_longer and text.startswith(self.previous)
        self.repeats = self.repeats + 1 if is_repeat else 0
        self.previous = text
        if self.repeats >= _CUMULATIVE_AFTER:
            yield Oddity(OddityKind.CUMULATIVE)

    def _tag(self, text: str) -> Iterator[Oddity]:
        if self.opening is None:
            return
        self.opening = (self.opening + text).lstrip()
        if tag := next((tag for tag in _THINK_TAGS if self.opening.startswith(tag)), ""):
            yield Oddity(OddityKind.THINK_TAG, tag)
        if tag or not any(tag.startswith(self.opening) for tag in _THINK_TAGS):
            self.opening = None


@dataclass(slots=True)
class CallWatch:
    """How the fragments of tool calls come; of each open call its id and name are known."""

    has_calls: bool = False
    open: dict[object, tuple[object, object]] = field(default_factory=dict)

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        """Look at one more chunk."""
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
class FinishWatch:
    """When the model says that it is done, and what it says."""

    has_come: bool = False
    spoken_at: float | None = None

    def see(self, chunk: Chunk, at: float, *, has_calls: bool) -> Iterator[Oddity]:
        """Look at one more chunk."""
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
class UsageWatch:
    """Where token counts come, and how often; those in `timings` count where no others come."""

    has_come: bool = False
    has_timings: bool = False
    completion: int | None = None

    def see(self, chunk: Chunk) -> Iterator[Oddity]:
        """Look at one more chunk."""
        completion = completion_count(chunk)
        if chunk.usage is None:
            if chunk.timings is not None and not self.has_come:
                self.has_timings, self.completion = True, completion
            return
        if not isinstance(chunk.fields.get("usage"), dict):
            is_in_choice = any(choice.get("usage") is chunk.usage for choice in chunk.choices)
            yield Oddity(OddityKind.USAGE_ELSEWHERE, "a choice" if is_in_choice else "`x_groq`")
        if as_list(chunk.fields.get("choices")):
            yield Oddity(OddityKind.USAGE_BESIDE_CHOICES)
        if self.has_come:
            is_more = completion is not None and completion > (self.completion or 0) > 0
            yield Oddity(OddityKind.USAGE_CUMULATIVE if is_more else OddityKind.USAGE_REPEATED)
        self.has_come, self.completion = True, completion

    def end(self) -> Iterator[Oddity]:
        """Say what was missed in a stream that ended in order."""
        if self.has_timings and not self.has_come:
            yield Oddity(OddityKind.USAGE_ELSEWHERE, "`timings`")
        elif not self.has_come:
            yield Oddity(OddityKind.USAGE_ABSENT)
