"""What a turn looks like without a screen: the port, and plain text."""

from dataclasses import replace
from typing import Protocol

from chatapp.core.errors import Failure
from chatapp.core.messages import ChatMessage, Ending, ToolCallPart, ToolResultPart
from chatapp.headless.output import Output

RESULT_SHOWN = 200
"""Characters of a tool's answer that plain output shows; `--json` has it whole."""


def without_continuing(failure: Failure, step: str) -> Failure:
    """The failure with `step` for the advice to continue a reply of which nothing is kept here."""
    return replace(failure, next_step=step) if "continue" in failure.actions else failure


class Printer(Protocol):
    """Shows one reply as it comes."""

    def text(self, delta: str) -> None:
        """More visible text."""
        ...

    def reasoning(self, delta: str) -> None:
        """More of what the model thinks before it answers."""
        ...

    def refusal(self, delta: str) -> None:
        """More of the model's words for declining."""
        ...

    def notice(self, text: str) -> None:
        """Something the person may want to know meanwhile."""
        ...

    def tool_call(self, index: int, call: ToolCallPart) -> None:
        """A call is complete; `index` counts the calls of the reply."""
        ...

    def tool_result(self, call: ToolCallPart, result: ToolResultPart) -> None:
        """It is final what became of a call."""
        ...

    def close(self, reply: ChatMessage) -> None:
        """The reply is over, in whatever way."""
        ...

    def fail(self, failure: Failure) -> None:
        """There is no reply, or no whole one."""
        ...


class PlainPrinter:
    """The reply's text on standard output, everything else on standard error."""

    def __init__(self, stdout: Output, stderr: Output) -> None:
        self._stdout = stdout
        self._stderr = stderr

    def text(self, delta: str) -> None:
        """Print it, with no newline of ours."""
        self._stdout.write(delta)

    def reasoning(self, delta: str) -> None:
        """Reasoning is not part of the answer; `--json` has it."""

    def refusal(self, delta: str) -> None:
        """A refusal is the answer."""
        self._stdout.write(delta)

    def notice(self, text: str) -> None:
        """Print a line of its own on standard error."""
        if self._stdout.is_terminal:
            self._stdout.end_line()
        self._stderr.write(f"{text}\n")

    def tool_call(self, index: int, call: ToolCallPart) -> None:
        """Say who is called with what."""
        self.notice(f"The model calls {call.name or 'a tool'}({call.arguments})")

    def tool_result(self, call: ToolCallPart, result: ToolResultPart) -> None:
        """Say how it ended and how the answer begins."""
        words = " ".join(result.content.split())
        shown = words if len(words) <= RESULT_SHOWN else words[:RESULT_SHOWN] + "\u2026"
        self.notice(f"  {result.status}: {shown}")

    def close(self, reply: ChatMessage) -> None:
        """End the line on a terminal, then say what is unusual about the reply."""
        if self._stdout.is_terminal:
            self._stdout.end_line()
        if reply.ending is not Ending.FINISHED:
            return
        for index, call in enumerate(reply.unanswered_calls):
            self.tool_call(index, call)
        if reply.finish_reason == "length":
            self.notice("The reply was cut at the token limit (finish_reason: length).")
        elif reply.finish_reason not in (None, "stop", "tool_calls", "function_call"):
            self.notice(f"finish_reason: {reply.finish_reason}")
        elif not reply.parts:
            self.notice("The reply is empty.")

    def fail(self, failure: Failure) -> None:
        """Say what happened, in whose words, and what to do."""
        status = f" (status {failure.status})" if failure.status is not None else ""
        self.notice(f"chatapp: {failure.summary}{status}")
        for label, words in (
            ("server", failure.server_words),
            ("request id", failure.request_id),
            ("next", failure.next_step),
        ):
            if words:
                self._stderr.write(f"  {label}: {words}\n")
