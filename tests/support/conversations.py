"""Hypothesis strategies: whole conversations as legal sequences of events."""

from collections.abc import Sequence

from hypothesis import strategies as st

from chatapp.core.changes import Change, MessageRemoved
from chatapp.core.conversation import Conversation
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ModelRef, Role, ToolStatus
from chatapp.core.stream_events import (
    BranchSelected,
    DeletionUndone,
    Interruption,
    MessageDeleted,
    ModelSelected,
    PromptProgressed,
    ReasoningDelta,
    RefusalDelta,
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    RetryScheduled,
    StreamEvent,
    TextDelta,
    ToolApprovalNeeded,
    ToolCallDelta,
    ToolCallStarted,
    ToolFinished,
    ToolProgressed,
    ToolsRefused,
    ToolStarted,
    UsageReported,
    UserSpoke,
)
from chatapp.core.usage import Timing, Usage

MODELS = (ModelRef("lab", "model-a"), ModelRef("lab", "model-b"), ModelRef("home", "模型"))

pieces = st.one_of(
    st.text(min_size=1, max_size=8),
    st.sampled_from(["是", "\n\n", "**", "```", "- ", "\x1b[31m", "O₃", "👩‍💻", "| a | b |\n"]),
)
usages = st.builds(Usage, st.integers(0, 99), st.integers(0, 99), st.integers(0, 200))
timings = st.builds(Timing, st.none() | st.floats(0, 9), st.floats(0, 9), st.floats(0, 99))
failures = st.builds(
    Failure,
    kind=st.sampled_from(FailureKind),
    summary=st.just("It failed."),
    next_step=st.just("Try again."),
    actions=st.just(("retry",)),
    server_words=pieces,
)
endings = st.one_of(
    st.builds(ResponseFinished, st.sampled_from(["stop", "length", "tool_calls", None])),
    st.builds(ResponseInterrupted, failures),
    st.just(ResponseInterrupted(Interruption.STOPPED)),
)


@st.composite
def responses(draw: st.DrawFn) -> list[StreamEvent]:
    """One response as a provider yields it."""
    events: list[StreamEvent] = []
    if draw(st.booleans()):
        events.append(RetryScheduled(1, 0.5, "503"))
    if draw(st.booleans()):
        events.append(ToolsRefused())
    events.append(ResponseStarted("served", "req-1"))
    calls = 0
    for kind in draw(st.lists(st.sampled_from("ttttrrfcaup"), max_size=12)):
        match kind:
            case "t":
                events.append(TextDelta(draw(pieces)))
            case "r":
                events.append(ReasoningDelta(draw(pieces)))
            case "f":
                events.append(RefusalDelta(draw(pieces)))
            case "c":
                events.append(ToolCallStarted(calls, f"call_{calls}", draw(st.just("") | pieces)))
                calls += 1
            case "a" if calls:
                events.append(ToolCallDelta(draw(st.integers(0, calls - 1)), draw(pieces)))
            case "u":
                events.append(UsageReported(draw(usages)))
            case "p":
                events.append(PromptProgressed(3, 9))
    events.append(draw(endings))
    return events


@st.composite
def tool_runs(draw: st.DrawFn, tool_call_id: str) -> list[StreamEvent]:
    """What a tool that was called tells, to its end."""
    events: list[StreamEvent] = []
    if draw(st.booleans()):
        events.append(ToolApprovalNeeded(tool_call_id))
    if draw(st.booleans()):
        events.append(ToolStarted(tool_call_id))
        events += [
            ToolProgressed(tool_call_id, text) for text in draw(st.lists(pieces, max_size=2))
        ]
    final = st.sampled_from([status for status in ToolStatus if status.is_final])
    events.append(
        ToolFinished(tool_call_id, draw(pieces), draw(final), draw(st.none() | st.just(0.5)))
    )
    return events


@st.composite
def tree_walks(
    draw: st.DrawFn, conversation: Conversation, deletions: list[DeletionUndone]
) -> list[StreamEvent]:
    """At most one thing the person does to the tree; `deletions` can be undone."""
    ways = ["", "", *(["flip", "delete"] if conversation.messages else [])]
    match draw(st.sampled_from([*ways, *(["undo"] if deletions else [])])):
        case "flip":
            return [BranchSelected(draw(st.sampled_from(conversation.messages)).message_id)]
        case "delete":
            message = draw(st.sampled_from(conversation.messages))
            return [MessageDeleted(message.message_id)]
        case "undo":
            return [deletions.pop()]
        case _:
            return []


@st.composite
def openings(draw: st.DrawFn, conversation: Conversation, turn: int) -> list[StreamEvent]:
    """How a turn begins, up to its request."""
    path, model, at = conversation.path, conversation.model, 1_700_000_000.0 + turn
    user_id, reply_id = f"user-{turn}", f"reply-{turn}"
    replies = [message for message in path[1:] if message.role is Role.ASSISTANT]
    spoken = [message for message in path if message.role is Role.USER]
    ways = ["send", *(["edit"] if spoken else []), *(["retry"] if replies else [])]
    ways += ["summarise"] if path else []
    ways += ["continue"] if replies and replies[-1] is path[-1] else []
    match draw(st.sampled_from(ways)):
        case "send":
            told = UserSpoke(user_id, draw(pieces), model, at)
            return [told, RequestSent(reply_id, user_id, model, at + 0.5)]
        case "edit":
            edited = draw(st.sampled_from(spoken)).message_id
            told = UserSpoke(user_id, draw(pieces), model, at, edits=edited)
            return [told, RequestSent(reply_id, user_id, model, at + 0.5)]
        case "summarise":
            parent_id = path[-1].message_id
            return [RequestSent(reply_id, parent_id, model, at + 0.5, is_summary=True)]
        case "retry":
            parent_id = draw(st.sampled_from(replies)).parent_id or ""
            return [RequestSent(reply_id, parent_id, model, at + 0.5)]
        case _:
            last = path[-1]
            return [RequestSent(last.message_id, last.parent_id or "", model, at + 0.5)]


@st.composite
def histories(draw: st.DrawFn, max_turns: int = 4) -> list[StreamEvent]:
    """A conversation from its first event; the last turn may still be running."""
    conversation = Conversation(MODELS[0])
    events: list[StreamEvent] = []

    def add(*new: StreamEvent) -> None:
        for event in new:
            leaf_id = conversation.leaf_id
            changes = conversation.apply(event)
            if isinstance(event, MessageDeleted):
                deletions.append(undone(changes, leaf_id))
            events.append(event)

    deletions: list[DeletionUndone] = []
    for turn in range(draw(st.integers(0, max_turns))):
        if draw(st.booleans()):
            add(ModelSelected(draw(st.sampled_from(MODELS))))
        add(*draw(tree_walks(conversation, deletions)))
        add(*draw(openings(conversation, turn)), *draw(responses()))
        while (draft := conversation.draft) and draft.unanswered_calls and draw(st.booleans()):
            for call in draft.unanswered_calls:
                add(*draw(tool_runs(call.tool_call_id)))
            add(*draw(responses()))
        add(ReplyClosed(draw(timings)))
    add(*draw(tree_walks(conversation, deletions)))
    if events and draw(st.booleans()):
        del events[-draw(st.integers(1, 3)) :]
    return events


def undone(changes: Sequence[Change], leaf_id: str | None) -> DeletionUndone:
    """What brings back what went with `changes`, when the path had ended with `leaf_id`."""
    removed = tuple(change.removed for change in changes if isinstance(change, MessageRemoved))
    return DeletionUndone(removed, leaf_id)


def played(events: Sequence[StreamEvent]) -> Conversation:
    """Apply all events to a new conversation."""
    conversation = Conversation(MODELS[0])
    for event in events:
        conversation.apply(event)
    return conversation
