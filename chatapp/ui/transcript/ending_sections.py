"""What stands below a message's text: how it ended, what comes next."""

from collections.abc import Iterator
from typing import assert_never

from chatapp.core.errors import Failure
from chatapp.core.messages import ChatMessage, Ending, ModelRef, Role
from chatapp.core.safe_text import safe_line
from chatapp.session.compaction import summary_failure
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.sections import FlowSection, KeyOf, LabelSection, Section
from chatapp.ui.transcript.text_flow import PlainFlow

LONGEST_SERVER_WORDS = 1200
"""Characters of a server's own words that are shown; some answer with a web page."""

SUMMARY_HINT = "The model is told this in place of all above. Delete it (d) to bring all back."
UNFINISHED_HINT = "It is not used: the model is told all above. {} makes it anew, d deletes it."

_QUIET_REASONS = (None, "stop", "tool_calls", "function_call")
_REASONS = {
    "length": "cut at the token limit",
    "content_filter": "withheld by the server's content filter",
}


def waiting_mark() -> LabelSection:
    """Stands where a reply will begin."""
    return LabelSection([("…", inks.muted)])


def divider(model: ModelRef) -> LabelSection:
    """Says that the next request goes to another model."""
    name = safe_line(str(model))
    return LabelSection([(f"── now talking to {name} ──", inks.muted)])


def ending(message: ChatMessage, key_of: KeyOf) -> Iterator[Section]:
    """Say how a finished message ended, unless it simply did."""
    if message.role is not Role.ASSISTANT:
        return
    failure = message.failure
    if failure is not None:
        yield from _failure(summary_failure(failure) if message.is_summary else failure, key_of)
    says_all = failure is not None and "continue" in failure.actions
    if (words := _ending_words(message)) and not says_all:
        if can_go_on(message):
            words += f" · {_way_to('continue', key_of)}"
        yield FlowSection(PlainFlow(words, True, style_name="muted"), "  ", sign="■ ")
    if message.is_summary:
        unfinished = UNFINISHED_HINT.format(key_of("retry"))
        hint = SUMMARY_HINT if message.replaces_history else unfinished
        yield FlowSection(PlainFlow(hint, True, style_name="muted"))


def _ending_words(message: ChatMessage) -> str:
    reason = message.finish_reason
    match message.ending:
        case Ending.STOPPED:
            return "stopped" if message.parts else "stopped before it began"
        case Ending.CUT:
            return "cut off"
        case Ending.INTERRUPTED:
            return "interrupted: chatapp ended before the reply did"
        case Ending.FAILED:
            return ""
        case Ending.FINISHED if reason not in _QUIET_REASONS:
            return _REASONS.get(reason or "", f"ended: {safe_line(reason or '')}")
        case Ending.FINISHED if message.is_summary and message.parts and not message.text.strip():
            return "no summary was written"
        case Ending.FINISHED:
            return "" if message.parts else "the reply was empty"
        case _:
            assert_never(message.ending)


def can_go_on(message: ChatMessage) -> bool:
    """Whether a reply broke off and may be continued; a summary is better begun anew."""
    is_broken_off = message.ending in (Ending.STOPPED, Ending.CUT, Ending.INTERRUPTED)
    is_cut = is_broken_off or message.finish_reason == "length"
    return bool(message.parts) and is_cut and not message.is_summary


def _way_to(command_name: str, key_of: KeyOf) -> str:
    """A command with its key, or as it is typed where it has none."""
    key = key_of(command_name)
    return key if key == f"/{command_name}" else f"{key} {command_name}"


def _failure(failure: Failure, key_of: KeyOf) -> Iterator[Section]:
    def lines(text: str, style_name: str, prefix: str = "  ", sign: str = "") -> Section:
        flow = PlainFlow(text, True, style_name=style_name)
        return FlowSection(flow, prefix, inks.error, sign)

    yield lines(safe_line(failure.summary), "error", sign="✗ ")
    facts = [
        f"status {failure.status}" if failure.status is not None else "",
        f"request {safe_line(failure.request_id)}" if failure.request_id else "",
        f"asks to wait {failure.retry_after_s:.0f} s" if failure.retry_after_s is not None else "",
    ]
    if any(facts):
        yield lines(" · ".join(fact for fact in facts if fact), "muted")
    if words := failure.server_words.strip():
        shown = words[:LONGEST_SERVER_WORDS]
        yield lines(shown + ("…" if shown != words else ""), "muted", "  │ ")
    if failure.next_step:
        yield lines(safe_line(failure.next_step), "text", sign="→ ")
    if failure.actions:
        yield lines(" · ".join(_way_to(name, key_of) for name in failure.actions), "text")
