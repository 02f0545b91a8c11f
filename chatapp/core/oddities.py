"""What can be odd about an exchange.

Odd is what departs from the API as OpenAI serves it, and what servers do differently so often
that whoever reads their stream should know.
"""

from dataclasses import dataclass
from enum import StrEnum


class OddityKind(StrEnum):
    """What can be odd; the value is its name in `--json`."""

    STATUS = "status"
    CONTENT_TYPE = "content_type"
    NOT_A_STREAM = "not_a_stream"
    KEEP_ALIVE = "keep_alive"
    EVENT_NAME = "event_name"
    EVENT_ID = "event_id"
    EVENT_CUT = "event_cut"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    SEVERAL_CHUNKS = "several_chunks"
    NO_CHOICES = "no_choices"
    CHOICES_NULL = "choices_null"
    CHOICES_EMPTY = "choices_empty"
    SEVERAL_CHOICES = "several_choices"
    CHOICE_INDEX_MISSING = "choice_index_missing"
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
    GIVEN_UP = "given_up"


_MESSAGES = {
    OddityKind.STATUS: "the status is {}",
    OddityKind.CONTENT_TYPE: "the content type is {}, not text/event-stream",
    OddityKind.NOT_A_STREAM: "the body is no event stream",
    OddityKind.KEEP_ALIVE: "a comment keeps the connection alive: {}",
    OddityKind.EVENT_NAME: "the event has a name: {}",
    OddityKind.EVENT_ID: "the event has an id",
    OddityKind.EVENT_CUT: "the last event is incomplete",
    OddityKind.NOT_JSON: "the data is not JSON",
    OddityKind.NOT_AN_OBJECT: "the data is JSON, but no object",
    OddityKind.SEVERAL_CHUNKS: "a list of chunks in one event",
    OddityKind.NO_CHOICES: "a chunk without `choices`",
    OddityKind.CHOICES_NULL: "`choices` is null",
    OddityKind.CHOICES_EMPTY: "`choices` is empty, and there is no usage",
    OddityKind.SEVERAL_CHOICES: "more than one choice",
    OddityKind.CHOICE_INDEX_MISSING: "a choice without `index`",
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
    OddityKind.USAGE_ELSEWHERE: "usage stands not in the chunk itself but in {}",
    OddityKind.USAGE_ABSENT: "no usage came",
    OddityKind.ERROR_IN_STREAM: "an error inside a response of status 200",
    OddityKind.SILENCE: "nothing came for {} s",
    OddityKind.AFTER_DONE: "more came after [DONE]",
    OddityKind.NO_DONE: "no [DONE] came",
    OddityKind.CUT: "the connection broke: {}",
    OddityKind.GIVEN_UP: "given up by chatapp: {}",
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
class Finding:
    """An oddity of an exchange: where it came first, in items from 1, and how often it came."""

    oddity: Oddity
    first_item: int
    count: int = 1
