"""The conversation: a tree of messages, at most one draft, and the one way to change them."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    MessageRemoved,
    MessageRestored,
    ModelChanged,
    PathCut,
    Phase,
    PhaseChanged,
    ToolsDropped,
    UsageChanged,
)
from chatapp.core.draft import Draft
from chatapp.core.errors import EventOutOfOrder, Failure, FailureKind
from chatapp.core.message_tree import MessageTree
from chatapp.core.messages import (
    ALONE,
    ChatMessage,
    Ending,
    ModelRef,
    ReasoningPart,
    RefusalPart,
    Role,
    SiblingPlace,
    TextPart,
    ToolResultPart,
    ToolStatus,
)
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
    ToolEvent,
    ToolFinished,
    ToolProgressed,
    ToolsRefused,
    ToolStarted,
    TreeEvent,
    UsageReported,
    UserSpoke,
)
from chatapp.core.usage import Usage


class Conversation:
    """A tree of messages, the path shown, the draft, the phase, and the next request's model.

    Only `apply` changes it. `path` runs from the first message to the newest of the
    chosen branch. While a draft is open its last message is the reply as it was opened;
    `draft` is the same reply as it stands. `messages` and `leaf_id` bring back an earlier
    conversation with the path that ends, or passes, there.
    """

    def __init__(
        self, model: ModelRef, messages: Iterable[ChatMessage] = (), leaf_id: str | None = None
    ) -> None:
        self._tree = MessageTree(messages, leaf_id)
        self._draft: Draft | None = None
        self._phase = Phase.IDLE
        self._phase_detail = ""
        self._model = model

    @property
    def model(self) -> ModelRef:
        """The model the next request goes to."""
        return self._model

    @property
    def phase(self) -> Phase:
        """What is happening now."""
        return self._phase

    @property
    def phase_detail(self) -> str:
        """More about the phase in a few words, or empty."""
        return self._phase_detail

    @property
    def draft_usage(self) -> Usage | None:
        """The running response's token counts, where the server tells them early."""
        return self._draft.usage if self._draft else None

    @property
    def draft(self) -> ChatMessage | None:
        """The reply being streamed, as it stands; costs its length, so not for every delta."""
        return self._draft.message() if self._draft else None

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The messages of the chosen branch, oldest first."""
        return self._tree.path

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """All messages, those of other branches included, in the order in which they came."""
        return self._tree.messages

    @property
    def leaf_id(self) -> str | None:
        """The id of the path's last message."""
        return self._tree.leaf_id

    @property
    def last(self) -> ChatMessage | None:
        """The newest message of the path."""
        leaf_id = self._tree.leaf_id
        return None if leaf_id is None else self._tree.get(leaf_id)

    def message(self, message_id: str) -> ChatMessage | None:
        """The message with this id, on the path or not; a draft as it was opened."""
        return self._tree.get(message_id)

    def siblings(self, message_id: str) -> tuple[ChatMessage, ...]:
        """The message and its alternatives, in the order in which they came. Raises KeyError."""
        return self._tree.siblings(message_id)

    def with_replies(self, message_id: str) -> tuple[str, ...]:
        """The ids of what goes when a message is deleted, itself last. Raises KeyError.

        A question takes its replies along, all alternatives of them, but no summary.
        """
        return self._tree.with_replies(message_id)

    def places(self) -> dict[str, SiblingPlace]:
        """The places of those messages of the path that have alternatives, by id."""
        places = {message_id: self._tree.place(message_id) for message_id in self._tree.path_ids}
        return {message_id: place for message_id, place in places.items() if place != ALONE}

    def apply(self, event: StreamEvent) -> tuple[Change, ...]:
        """Take in one event and say what became different.

        Raises EventOutOfOrder where the grammar of `stream_events` forbids the event.
        """
        return tuple(self._apply(event))

    def _apply(self, event: StreamEvent) -> Iterator[Change]:
        match event:
            case TextDelta(text):
                yield from self._enter(Phase.ANSWERING)
                yield from self._require_draft(event).append(TextPart, text)
            case ReasoningDelta(text):
                yield from self._enter(Phase.REASONING)
                yield from self._require_draft(event).append(ReasoningPart, text)
            case RefusalDelta(text):
                yield from self._enter(Phase.ANSWERING)
                yield from self._require_draft(event).append(RefusalPart, text)
            case ToolCallStarted(index, tool_call_id, name):
                yield from self._enter(Phase.CALLING_TOOL, name)
                yield from self._require_draft(event).start_tool_call(index, tool_call_id, name)
            case ToolCallDelta(index, arguments):
                yield from self._require_draft(event).append_arguments(index, arguments)
            case ResponseStarted():
                self._require_draft(event).begin_response()
                yield from self._enter(Phase.WAITING)
            case PromptProgressed(processed, total):
                self._require_draft(event)
                yield from self._enter(Phase.READING_PROMPT, f"{processed}/{total}")
            case RetryScheduled(attempt, wait_s, reason):
                self._require_draft(event)
                detail = f"{reason.rstrip('.')}; attempt {attempt} {_waiting_words(wait_s)}"
                yield from self._enter(Phase.RETRYING, detail)
            case ToolsRefused():
                yield ToolsDropped(self._require_draft(event).asked_model)
            case ToolApprovalNeeded() | ToolStarted() | ToolProgressed() | ToolFinished():
                yield from self._follow_tool(event)
            case UsageReported(usage):
                self._require_draft(event).usage = usage
                yield UsageChanged(usage)
            case ResponseFinished(finish_reason):
                draft = self._require_draft(event)
                draft.ending, draft.finish_reason = Ending.FINISHED, finish_reason
            case ResponseInterrupted(cause):
                self._interrupt(self._require_draft(event), cause)
            case UserSpoke():
                yield from self._hear(event)
            case RequestSent():
                yield from self._open_draft(event)
            case ReplyClosed(timing):
                message = self._require_draft(event).message(timing)
                self._draft = None
                self._tree.put(message)
                yield DraftClosed(message)
                yield from self._enter(Phase.IDLE)
            case BranchSelected() | MessageDeleted() | DeletionUndone():
                yield from self._change_tree(event)
            case ModelSelected(model):
                if model != self._model:
                    self._model = model
                    yield ModelChanged(model)
            case _:
                assert_never(event)

    def _follow_tool(self, event: ToolEvent) -> Iterator[Change]:
        draft = self._require_draft(event)
        match event:
            case ToolApprovalNeeded(tool_call_id):
                result = ToolResultPart(tool_call_id, "", ToolStatus.AWAITING_APPROVAL)
            case ToolStarted(tool_call_id):
                result = ToolResultPart(tool_call_id, "", ToolStatus.RUNNING)
            case ToolProgressed(tool_call_id, text):
                result = ToolResultPart(tool_call_id, text, ToolStatus.RUNNING)
            case ToolFinished(tool_call_id, content, status, elapsed_s):
                result = ToolResultPart(tool_call_id, content, status, elapsed_s)
            case _:
                assert_never(event)
        yield from draft.set_result(result)
        yield from self._enter(draft.tool_phase)

    def _enter(self, phase: Phase, detail: str = "") -> Iterator[Change]:
        if (phase, detail) != (self._phase, self._phase_detail):
            self._phase, self._phase_detail = phase, detail
            yield PhaseChanged(phase, detail)

    def _require_draft(self, event: StreamEvent) -> Draft:
        if self._draft is None:
            raise EventOutOfOrder(f"{type(event).__name__} while no reply is open")
        return self._draft

    @staticmethod
    def _interrupt(draft: Draft, cause: Interruption | Failure) -> None:
        if isinstance(cause, Interruption):
            draft.ending = Ending.STOPPED
            return
        is_cut = cause.kind in (FailureKind.CUT, FailureKind.CONNECTION_LOST)
        draft.ending = Ending.CUT if is_cut and draft.has_new_content else Ending.FAILED
        draft.failure = cause

    def _hear(self, event: UserSpoke) -> Iterator[Change]:
        self._require_quiet(event)
        if event.edits is not None:
            edited = self._require_message(event.edits, event)
            if event.edits not in self._tree.path_ids:
                raise EventOutOfOrder("an edited message is not on the path")
            yield from self._cut_path_after(edited.parent_id)
        message = ChatMessage(
            message_id=event.message_id,
            parent_id=self._tree.leaf_id,
            role=Role.USER,
            parts=(TextPart(event.text),),
            created_at=event.at,
            model=event.model,
        )
        self._tree.put(message)
        self._tree.extend_path(message.message_id)
        yield MessageAdded(message, self._tree.place(message.message_id))

    def _open_draft(self, event: RequestSent) -> Iterator[Change]:
        self._require_quiet(event)
        if event.parent_id not in self._tree.path_ids:
            raise EventOutOfOrder("a reply to a message that is not on the path")
        opening = self._tree.get(event.message_id) or ChatMessage(
            message_id=event.message_id,
            parent_id=event.parent_id,
            role=Role.ASSISTANT,
            parts=(),
            created_at=event.at,
            model=event.model,
            is_summary=event.is_summary,
        )
        if self._tree.leaf_id != event.message_id:
            yield from self._cut_path_after(event.parent_id)
            self._tree.put(opening)
            self._tree.extend_path(opening.message_id)
        self._draft = Draft(opening, event.model)
        yield DraftOpened(opening, self._tree.place(opening.message_id))
        yield from self._enter(Phase.WAITING)

    def _cut_path_after(self, message_id: str | None) -> Iterator[Change]:
        """Let the path end with a message that is on it, or be empty."""
        path = self._tree.path_ids
        length = 0 if message_id is None else path.index(message_id) + 1
        if length < len(path):
            self._tree.end_path_at(message_id)
            yield PathCut(length)

    def _change_tree(self, event: TreeEvent) -> Iterator[Change]:
        self._require_quiet(event)
        before = self._places_on_path()
        match event:
            case BranchSelected(message_id):
                self._require_message(message_id, event)
                self._tree.show_branch(message_id)
            case MessageDeleted(message_id):
                self._require_message(message_id, event)
                for gone_id in self._tree.with_replies(message_id):
                    yield MessageRemoved(self._tree.remove(gone_id))
                self._tree.mend_path()
            case DeletionUndone(removed, leaf_id):
                for each in reversed(removed):
                    yield MessageRestored(*self._tree.restore(each))
                self._tree.show_restored(removed, leaf_id)
            case _:
                assert_never(event)
        yield from self._lead_path_from(before)

    def _places_on_path(self) -> list[tuple[ChatMessage, SiblingPlace]]:
        return [(message, self._tree.place(message.message_id)) for message in self._tree.path]

    def _lead_path_from(self, before: list[tuple[ChatMessage, SiblingPlace]]) -> Iterator[Change]:
        """Say how the path came from `before` to what it is; what is as it was stays."""
        path = self._places_on_path()
        kept = 0
        while kept < min(len(before), len(path)) and before[kept] == path[kept]:
            kept += 1
        if kept < len(before):
            yield PathCut(kept)
        for message, place in path[kept:]:
            yield MessageAdded(message, place)

    def _require_quiet(self, event: StreamEvent) -> None:
        if self._draft is not None:
            raise EventOutOfOrder(f"{type(event).__name__} while a reply is open")

    def _require_message(self, message_id: str, event: StreamEvent) -> ChatMessage:
        message = self._tree.get(message_id)
        if message is None:
            raise EventOutOfOrder(f"{type(event).__name__} about a message that is not there")
        return message


def _waiting_words(seconds: float) -> str:
    """How long it is until the next attempt; never 0 s."""
    if seconds < 0.05:
        return "now"
    return f"in {seconds:.1f} s" if seconds < 1 else f"in {seconds:.0f} s"
