"""A reply as JSON lines: one object a line, for other programs.

The last line is `done` or `error`. A `tool_call` comes once its arguments are complete.
"""

import json

from chatapp.core.errors import Failure
from chatapp.core.messages import ChatMessage, Ending, ToolCallPart, ToolResultPart
from chatapp.core.ports import JsonValue
from chatapp.core.usage import Usage
from chatapp.headless.output import Output


class JsonPrinter:
    """Implements `Printer`; notices go to standard error as plain lines."""

    def __init__(self, stdout: Output, stderr: Output) -> None:
        self._stdout = stdout
        self._stderr = stderr

    def text(self, delta: str) -> None:
        """A `text` line."""
        self._line("text", delta=delta)

    def reasoning(self, delta: str) -> None:
        """A `reasoning` line."""
        self._line("reasoning", delta=delta)

    def refusal(self, delta: str) -> None:
        """A `refusal` line."""
        self._line("refusal", delta=delta)

    def notice(self, text: str) -> None:
        """Not part of the lines."""
        self._stderr.write(f"{text}\n")

    def tool_call(self, index: int, call: ToolCallPart) -> None:
        """A `tool_call` line."""
        self._line(
            "tool_call",
            index=index,
            id=call.tool_call_id,
            name=call.name,
            arguments=call.arguments,
        )

    def tool_result(self, call: ToolCallPart, result: ToolResultPart) -> None:
        """A `tool_result` line."""
        self._line(
            "tool_result",
            id=call.tool_call_id,
            name=call.name,
            status=result.status.value,
            content=result.content,
            elapsed_s=_rounded(result.elapsed_s),
        )

    def close(self, reply: ChatMessage) -> None:
        """The calls that nobody answered, the usage, and `done` unless the reply failed."""
        if reply.ending is Ending.FINISHED:
            unanswered = reply.unanswered_calls
            for index, call in enumerate(reply.tool_calls):
                if call in unanswered:
                    self.tool_call(index, call)
        if reply.usage is not None:
            self._line("usage", **_usage_fields(reply.usage))
        if reply.failure is None:
            timing = reply.timing
            self._line(
                "done",
                ending=reply.ending.value,
                finish_reason=reply.finish_reason,
                ttft_s=_rounded(timing.ttft_s if timing else None),
                elapsed_s=_rounded(timing.elapsed_s if timing else None),
            )

    def fail(self, failure: Failure) -> None:
        """An `error` line."""
        self._line(
            "error",
            kind=failure.kind.value,
            message=failure.summary,
            status=failure.status,
            server_words=failure.server_words,
            request_id=failure.request_id,
            next_step=failure.next_step,
        )

    def _line(self, kind: str, /, **fields: JsonValue) -> None:
        self._stdout.write(json.dumps({"type": kind, **fields}, ensure_ascii=False) + "\n")


def _usage_fields(usage: Usage) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "estimated": usage.is_estimated,
    }
    if usage.cached_tokens is not None:
        fields["cached_tokens"] = usage.cached_tokens
    if usage.reasoning_tokens is not None:
        fields["reasoning_tokens"] = usage.reasoning_tokens
    return fields


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
