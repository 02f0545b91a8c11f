"""Stream events from wire chunks, whatever the server makes of the API.

Every known departure from the OpenAI API has its branch here or in the modules this one
puts together. Nothing that arrives raises, and what comes out follows the grammar of
`core.stream_events`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chatapp.core.errors import Failure
from chatapp.core.stream_events import (
    PromptProgressed,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from chatapp.core.usage import Usage
from chatapp.providers.cumulative_text import CumulativeFilter
from chatapp.providers.failures import cut_failure, stream_failure
from chatapp.providers.part_text import LONGEST_LABEL, flat_text, label_or_empty, text_or_empty
from chatapp.providers.think_tags import ThinkTagSplitter
from chatapp.providers.tool_call_fragments import ToolCallAssembler
from chatapp.providers.usage_fields import read_timings, read_usage

_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
"""Where servers put reasoning; of several in one delta, which repeat each other, the first."""

_TAGS = "think tags"

_MORE_IN_CHUNK = ("usage", "error", "timings", "x_groq", "prompt_progress", "type")
_MORE_IN_CHOICE = ("usage", "error")
_MORE_IN_DELTA = (*_REASONING_FIELDS, "tool_calls", "refusal", "function_call")


class ChunkDecoder:
    """Decodes the chunks of one response; a whole completion is one chunk to it.

    The end is held back until `finish`, because some servers send more after a
    finish reason; of several finish reasons the last counts.
    """

    def __init__(self, request_id: str = "") -> None:
        self._request_id = request_id
        self._has_started = self._is_over = self._is_plain = False
        self._came_by_delta = False
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._timings: object = None
        self._text = CumulativeFilter()
        self._think = ThinkTagSplitter()
        self._reasoning = CumulativeFilter()
        self._reasoning_source = ""
        self._reasoning_pieces: list[str] = []
        self._reasoning_length = 0
        self._tagged_pieces: list[str] = []
        self._tool_calls = ToolCallAssembler()

    @property
    def is_over(self) -> bool:
        """Whether the response has ended, so that nothing more will come out."""
        return self._is_over

    @property
    def has_finish_reason(self) -> bool:
        """Whether the server has said that the reply is complete."""
        return self._finish_reason is not None

    def feed(self, chunk: object) -> list[ProviderEvent]:
        """Decode one chunk: parsed JSON of any shape."""
        if self._is_over:
            return []
        if self._is_plain and (text := _plain_text(chunk)):
            return [TextDelta(text)]
        events: list[ProviderEvent] = []
        served_model = ""
        for part in chunk if isinstance(chunk, list) else (chunk,):
            if isinstance(part, dict) and not self._is_over:
                served_model = served_model or label_or_empty(part.get("model"))
                events += self._read_chunk(part)
        self._is_plain = (
            self._text.is_passive and self._think.is_passive and not self._reasoning.is_holding
        )
        return self._started(events, served_model)

    def feed_error(self, error: object) -> list[ProviderEvent]:
        """End the response with what the server sent as its error: JSON or plain text."""
        if self._is_over:
            return []
        if isinstance(error, Mapping) and error.get("error"):
            error = error["error"]
        return self._started([*self._flush(), *self._fail(stream_failure(error, self._request_id))])

    def finish(
        self, failure: Failure | None = None, *, is_done: bool = False
    ) -> list[ProviderEvent]:
        """End the response: in order when the server said so in any way, else as cut.

        `failure` is what broke the connection, if something did; `is_done` that `[DONE]`, or
        the whole of a reply that is not streamed, has come.
        """
        if self._is_over:
            return []
        events = list(self._flush())
        is_in_order = is_done or self.has_finish_reason
        if is_in_order:
            self._is_over = True
            events.append(ResponseFinished(self._finish_reason))
        else:
            events += self._fail(failure or cut_failure(self._request_id))
        return self._started(events) if is_in_order or len(events) > 1 else events

    def _started(self, events: list[ProviderEvent], served_model: str = "") -> list[ProviderEvent]:
        """Put the beginning before the first events; a chunk that says nothing begins nothing."""
        if self._has_started or not (events or served_model):
            return events
        self._has_started = True
        return [ResponseStarted(served_model, self._request_id), *events]

    def _fail(self, failure: Failure) -> Iterator[ProviderEvent]:
        self._is_over = True
        yield ResponseInterrupted(failure)

    def _read_chunk(self, chunk: dict[str, Any]) -> Iterator[ProviderEvent]:
        yield from _read_progress(chunk.get("prompt_progress"))
        self._timings = chunk.get("timings") or self._timings
        error = _error_of(chunk)
        usage = chunk.get("usage")
        for choice in _first_choices(chunk.get("choices")):
            yield from self._read_choice(choice)
            error = error or choice.get("error")
            usage = usage or choice.get("usage")
        if isinstance(groq := chunk.get("x_groq"), dict):
            usage = usage or groq.get("usage")
            error = error or groq.get("error")
        yield from self._report(read_usage(usage))
        if error:
            yield from self._flush()
            yield from self._fail(stream_failure(error, self._request_id))

    def _report(self, usage: Usage | None) -> Iterator[ProviderEvent]:
        # zeros after real counts are a server's way of saying nothing
        if usage is None or usage == self._usage or (self._usage and not usage.total_tokens):
            return
        self._usage = usage
        yield UsageReported(usage)

    def _read_choice(self, choice: dict[str, Any]) -> Iterator[ProviderEvent]:
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason not in ("", "null"):
            self._finish_reason = reason[:LONGEST_LABEL]
        delta, message = choice.get("delta"), choice.get("message")
        if isinstance(delta, dict) and delta:
            for event in self._read_delta(delta):
                self._came_by_delta = True
                yield event
        elif isinstance(message, dict):
            if not self._came_by_delta:  # else it sums up what the deltas brought
                yield from self._read_delta(message)
        elif isinstance(text := choice.get("text"), str):
            yield from self._read_text(text)

    def _read_delta(self, delta: dict[str, Any]) -> Iterator[ProviderEvent]:
        for field in _REASONING_FIELDS:
            if text := flat_text(delta.get(field)):
                yield from self._read_reasoning(text, field)
                break
        content = delta.get("content")
        if isinstance(content, str):
            yield from self._read_text(content)
        elif content:
            yield from self._read_parts(content)
        if refusal := text_or_empty(delta.get("refusal")):
            yield RefusalDelta(refusal)
        if calls := delta.get("tool_calls"):
            yield from self._tool_calls.feed(calls)
        if call := delta.get("function_call"):
            yield from self._tool_calls.feed_legacy(call)

    def _read_parts(self, content: object) -> Iterator[ProviderEvent]:
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, str):
                yield from self._read_text(part)
            elif isinstance(part, dict):
                kind = part.get("type")
                if kind == "refusal":
                    if refusal := text_or_empty(part.get("refusal")):
                        yield RefusalDelta(refusal)
                elif kind in ("thinking", "reasoning") or "thinking" in part:
                    yield from self._read_reasoning(flat_text(part), "content")
                else:
                    yield from self._read_text(flat_text(part))

    def _read_text(self, text: str) -> Iterator[ProviderEvent]:
        if not text:
            return
        yield from map(ReasoningDelta, self._reasoning.finish())
        for increment in self._text.feed(text):
            yield from self._split(*self._think.feed(increment))

    def _split(self, reasoning: str, answer: str) -> Iterator[ProviderEvent]:
        if reasoning and self._reasoning_source in ("", _TAGS):
            self._reasoning_source = _TAGS
            yield ReasoningDelta(reasoning)
        elif reasoning:
            self._tagged_pieces.append(reasoning)
        if self._tagged_pieces and not self._think.is_inside:
            yield from self._release_tagged()
        if answer:
            yield TextDelta(answer)

    def _release_tagged(self) -> Iterator[ProviderEvent]:
        """Show reasoning from tags that came after a field's, unless it only repeats it."""
        tagged = "".join(self._tagged_pieces)
        self._tagged_pieces.clear()
        if not self._repeats_reasoning(tagged):
            yield ReasoningDelta(tagged)

    def _read_reasoning(self, text: str, source: str) -> Iterator[ProviderEvent]:
        if not text:
            return
        if not self._reasoning_source:
            self._reasoning_source = source
        is_other = source != self._reasoning_source
        if is_other and self._repeats_reasoning(text):
            return  # the whole once more, under another name
        for increment in self._reasoning.feed(text):
            self._reasoning_pieces.append(increment)
            self._reasoning_length += len(increment.strip())
            yield ReasoningDelta(increment)

    def _repeats_reasoning(self, text: str) -> bool:
        """Whether a text is all the reasoning there was; a shorter one is told by its length."""
        if len(text) < self._reasoning_length:
            return False
        return text.strip() == "".join(self._reasoning_pieces).strip()

    def _flush(self) -> Iterator[ProviderEvent]:
        """Give out what was held back, and the server's own counts if nothing better came."""
        yield from map(ReasoningDelta, self._reasoning.finish())
        for increment in self._text.finish():
            yield from self._split(*self._think.feed(increment))
        yield from self._split(*self._think.finish())
        if self._tagged_pieces:
            yield from self._release_tagged()
        if self._usage is None:
            yield from self._report(read_timings(self._timings))


def _plain_text(chunk: object) -> str:
    """The text of a chunk that holds nothing else of interest, or "": the common case, fast."""
    if not isinstance(chunk, dict):
        return ""
    choices = chunk.get("choices")
    if not (isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], dict)):
        return ""
    choice = choices[0]
    delta = choice.get("delta")
    if not isinstance(delta, dict) or choice.get("finish_reason") or choice.get("index"):
        return ""
    text = delta.get("content")
    if not isinstance(text, str) or (len(delta) > 1 and _has_any(delta, _MORE_IN_DELTA)):
        return ""
    is_more = _has_any(chunk, _MORE_IN_CHUNK) or _has_any(choice, _MORE_IN_CHOICE)
    return "" if is_more else text


def _has_any(mapping: dict[str, Any], names: tuple[str, ...]) -> bool:
    for name in names:  # noqa: SIM110 - a generator costs more than all the rest
        if mapping.get(name):
            return True
    return False


def _first_choices(choices: object) -> list[dict[str, Any]]:
    """What belongs to choice 0; of several that do not say their index, the first."""
    if isinstance(choices, dict):
        choices = [choices]
    if not isinstance(choices, list):
        return []
    found = [choice for choice in choices if isinstance(choice, dict)]
    zeroth = [choice for choice in found if choice.get("index") in (0, "0")]
    return zeroth or [choice for choice in found if choice.get("index") is None][:1]


def _read_progress(progress: object) -> Iterator[ProviderEvent]:
    if isinstance(progress, dict):
        processed, total = progress.get("processed"), progress.get("total")
        if isinstance(processed, int) and isinstance(total, int) and 0 <= processed <= total < 1e15:
            yield PromptProgressed(processed, total)


def _error_of(chunk: dict[str, Any]) -> object:
    if error := chunk.get("error"):
        return error
    if chunk.get("object") == "error" or chunk.get("type") == "error":
        return chunk
    if "choices" not in chunk:
        words = chunk.get("message") or chunk.get("detail")
        if isinstance(words, str) and ("detail" in chunk or chunk.get("code")):
            return chunk
    return None
