"""The conversation: a tree of messages, at most one draft, and the one way to change them."""

from collections.abc import Iterator
from typing import assert_never

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    ModelChanged,
    PathCut,
    Phase,
    PhaseChanged,
    ToolsDropped,
    UsageChanged,
)
from chatapp.core.draft import Draft
from chatapp.core.errors import EventOutOfOrder, Failure, FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.stream_events import (
    Interruption,
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
    UsageReported,
    UserSpoke,
)
from chatapp.core.usage import Usage


class Conversation:
    """Messages, the path shown, the draft, the phase, and the model of the next request.

    Only `apply` changes it. `path` runs from the first message to the newest of the
    chosen branch. While a draft is open its last message is the reply as it was opened;
    `draft` is the same reply as it stands.
    """

    def __init__(self, model: ModelRef) -> None:
        self._messages: dict[str, ChatMessage] = {}
        self._path: list[str] = []
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
        return tuple(self._messages[message_id] for message_id in self._path)

    @property
    def last(self) -> ChatMessage | None:
        """The newest message of the path."""
        return self._messages[self._path[-1]] if self._path else None

    def siblings(self, message_id: str) -> tuple[ChatMessage, ...]:
        """The message and its alternatives, in the order in which they came."""
        parent_id = self._messages[message_id].parent_id
        return tuple(m for m in self._messages.values() if m.parent_id == parent_id)

    def total_usage(self) -> Usage | None:
        """Everything this conversation has cost, discarded branches included."""
        total: Usage | None = None
        for message in self._messages.values():
            if message.usage is not None:
                total = message.usage if total is None else total + message.usage
        return total

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
                detail = f"{reason.rstrip('.')}; attempt {attempt} in {wait_s:.0f} s"
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
                self._messages[message.message_id] = message
                yield DraftClosed(message)
                yield from self._enter(Phase.IDLE)
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
        if self._draft is not None:
            raise EventOutOfOrder("the person spoke while a reply is open")
        message = ChatMessage(
            message_id=event.message_id,
            parent_id=self._path[-1] if self._path else None,
            role=Role.USER,
            parts=(TextPart(event.text),),
            created_at=event.at,
            model=event.model,
        )
        self._messages[message.message_id] = message
        self._path.append(message.message_id)
        yield MessageAdded(message)

    def _open_draft(self, event: RequestSent) -> Iterator[Change]:
        if self._draft is not None:
            raise EventOutOfOrder("a request left while a reply is open")
        if event.parent_id not in self._path:
            raise EventOutOfOrder("a reply to a message that is not on the path")
        opening = self._messages.get(event.message_id) or ChatMessage(
            message_id=event.message_id,
            parent_id=event.parent_id,
            role=Role.ASSISTANT,
            parts=(),
            created_at=event.at,
            model=event.model,
        )
        length = self._path.index(event.parent_id) + 1
        if self._path[length:] not in ([], [event.message_id]):
            yield PathCut(length)
        del self._path[length:]
        self._path.append(event.message_id)
        self._messages[event.message_id] = opening
        self._draft = Draft(opening, event.model)
        yield DraftOpened(opening)
        yield from self._enter(Phase.WAITING)
