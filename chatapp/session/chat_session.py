"""One conversation and its turns: what a person can do with it, whatever shows it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from chatapp.core.changes import Change, MessageRemoved
from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, Ending, ModelRef, Role, TextPart
from chatapp.core.ports import REPLY_LIMIT, ChatRequest, ProviderDirectory, Sampling
from chatapp.core.stream_events import (
    BranchSelected,
    DeletionUndone,
    MessageDeleted,
    ModelSelected,
    RequestSent,
    StreamEvent,
    UserSpoke,
)
from chatapp.core.usage import ResponseMeter
from chatapp.session.compaction import summary_request, was_too_long
from chatapp.session.identity import new_id
from chatapp.session.recorder import Recorder
from chatapp.session.tool_runner import ToolRunner
from chatapp.session.turn import Pace, Turn

Listener = Callable[[Sequence[Change]], None]


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """What goes with every request of a conversation; `tool_choice` as in ChatRequest.

    `has_tools` False tells the model of no tools, though there may be some.
    """

    system: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    is_streamed: bool = True
    tool_choice: str = "auto"
    has_parallel_tool_calls: bool | None = None
    has_tools: bool = True
    reply_limit: int = REPLY_LIMIT


class ChatSession:
    """Owns a conversation, runs at most one turn at a time, tells listeners every Change.

    Needs a running event loop from `send` on. A turn reads the options as they are when it
    begins. Without a `runner` the model is told of no tools, and calls it makes all the same
    end the turn. `conversation` goes on with an earlier one, in place of an empty one for
    `model`. With a `recorder` a request leaves once the question is on disk. Replies are read no
    faster than `pace` returns.
    """

    def __init__(
        self,
        directory: ProviderDirectory,
        model: ModelRef,
        options: TurnOptions | None = None,
        runner: ToolRunner | None = None,
        *,
        conversation: Conversation | None = None,
        recorder: Recorder | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._directory = directory
        self._conversation = conversation or Conversation(model)
        self._recorder = recorder
        self._listeners: list[Listener] = [recorder.hear] if recorder else []
        self._deletions: list[DeletionUndone] = []
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None
        self._runner = runner
        self._pace = pace
        self.options = options or TurnOptions()
        self.own_system: str | None = None
        """The system prompt where it is this conversation's own, and not the settings'."""
        self.context_window: int | None = None
        """The model's window in tokens, set by whoever knows it; `compact` asks for what fits."""

    @property
    def conversation(self) -> Conversation:
        """The conversation, to read."""
        return self._conversation

    @property
    def meter(self) -> ResponseMeter | None:
        """The figures of the running response, or None."""
        return self._turn.meter if self._turn and self.is_busy else None

    @property
    def is_busy(self) -> bool:
        """Whether a turn is running."""
        return self._conversation.phase.is_busy

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every batch of changes; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def runner(self) -> ToolRunner | None:
        """What runs tools in this conversation."""
        return self._runner

    @property
    def conversation_id(self) -> str:
        """The name by which the conversation is kept; empty where it is not."""
        return self._recorder.conversation_id if self._recorder else ""

    def send(self, text: str, edits: str | None = None) -> bool:
        """Say `text` and start the turn that answers it; False while a turn is running.

        With the id of an earlier message it stands beside that one and is answered anew.
        """
        if self.is_busy or not self._can_edit(edits):
            return False
        model = self._conversation.model
        spoken = UserSpoke(new_id(), text, model, at=time.time(), edits=edits)
        self._emit((spoken,))
        self._start_turn(self._conversation.path, reply_id=new_id())
        return True

    def stop(self) -> bool:
        """End the running turn at once; False when none is running."""
        if not (self._turn and self._task and self.is_busy):
            return False
        self._turn.stop()
        if self._turn.has_begun:
            self._task.cancel()
        return True

    @property
    def can_retry(self) -> bool:
        """Whether there is a message of the person that can be answered anew."""
        return not self.is_busy and _up_to_question(self._conversation.path) != ()

    def retry(self, message_id: str | None = None) -> bool:
        """Answer the last message of the person anew; the old reply is kept as an alternative.

        With the id of a reply that one is made anew, with that of a question it is answered. A
        summary is made anew of what came before it.
        """
        path = self._path_to(message_id)
        is_summary = bool(path) and path[-1].is_summary
        asked = path[:-1] if is_summary else _up_to_question(path)
        if self.is_busy or not asked:
            return False
        self._start_turn(asked, reply_id=new_id(), is_summary=is_summary)
        return True

    @property
    def can_continue(self) -> bool:
        """Whether the last reply ended before its time."""
        last = self._conversation.last
        if self.is_busy or last is None or last.role is not Role.ASSISTANT or last.is_summary:
            return False
        if last.parent_id is None:  # a file may bring a reply without its question
            return False
        return bool(last.text) and (
            last.ending is not Ending.FINISHED or last.finish_reason == "length"
        )

    def continue_reply(self) -> bool:
        """Let the model go on where the last reply broke off, in the same message."""
        last = self._conversation.last
        if last is None or not self.can_continue:
            return False
        self._start_turn(self._conversation.path, reply_id=last.message_id)
        return True

    @property
    def can_compact(self) -> bool:
        """Whether there is enough to sum up, and no summary of it yet."""
        path = self._conversation.path
        return not self.is_busy and len(path) > 1 and not path[-1].replaces_history

    def compact(self) -> bool:
        """Let the model sum up the path; the summary stands for it in what is sent later.

        One that was not finished is made anew.
        """
        if not self.can_compact:
            return False
        if self._conversation.path[-1].is_summary:
            return self.retry()
        self._start_turn(self._conversation.path, reply_id=new_id(), is_summary=True)
        return True

    def flip(self, message_id: str, step: int) -> bool:
        """Show the alternative `step` places on from a message; False where there is none."""
        if self.is_busy or self._conversation.message(message_id) is None:
            return False
        family = [message.message_id for message in self._conversation.siblings(message_id)]
        place = family.index(message_id) + step
        if not 0 <= place < len(family):
            return False
        self._emit((BranchSelected(family[place]),))
        return True

    def show_message(self, message_id: str) -> bool:
        """Lead the path through a message; False where it is not there or a reply is open."""
        if message_id in {message.message_id for message in self._conversation.path}:
            return True
        if self.is_busy or self._conversation.message(message_id) is None:
            return False
        self._emit((BranchSelected(message_id),))
        return True

    def delete_message(self, message_id: str) -> bool:
        """Take a message out, a question with its replies; what came after them stays.

        False while a turn is running, and where there is no such message.
        """
        if self.is_busy or self._conversation.message(message_id) is None:
            return False
        leaf_id = self._conversation.leaf_id
        changes = self._emit((MessageDeleted(message_id),))
        removed = tuple(each.removed for each in changes if isinstance(each, MessageRemoved))
        self._deletions.append(DeletionUndone(removed, leaf_id))
        return True

    def undo_deletion(self) -> str | None:
        """Bring back what was deleted last, all that went along included.

        Returns the id of the message that the person deleted; None when there is none, or a turn
        is running.
        """
        if self.is_busy or not self._deletions:
            return None
        undone = self._deletions.pop()
        self._emit((undone,))
        return undone.removed[-1].message.message_id

    def inherit_deletions(self, earlier: "ChatSession") -> None:
        """Let `undo_deletion` bring back what an earlier session of the conversation deleted."""
        deletions = earlier._deletions  # noqa: SLF001 - another of this class
        self._deletions[:0] = deletions
        deletions.clear()

    def next_request(self, text: str = "") -> ChatRequest:
        """The request that would leave now if `text` were sent, with the tools at hand."""
        path = self._conversation.path
        if text:
            last = self._conversation.leaf_id
            parts = (TextPart(text),)
            path = (*path, ChatMessage("unsent", last, Role.USER, parts, created_at=time.time()))
        request = self._request(path, continues_last=False)
        tools = self._runner.tools if self._runner and self.options.has_tools else ()
        return replace(request, tools=tuple(tool.declaration for tool in tools))

    def set_system(self, system: str) -> None:
        """Send this system prompt with the conversation's requests from now on."""
        self.options = replace(self.options, system=system)
        self.own_system = system
        if self._recorder is not None:
            self._recorder.keep_system(system)

    def keep_unsent(self, text: str) -> None:
        """Keep what stands in the composer with the conversation."""
        if self._recorder is not None:
            self._recorder.keep_unsent(text)

    @property
    def is_deleted(self) -> bool:
        """Whether the conversation was deleted, so that nothing of it goes to disk any more."""
        return self._recorder is not None and self._recorder.is_ended

    def end_keeping(self) -> None:
        """Put nothing more on disk: the conversation is deleted."""
        if self._recorder is not None:
            self._recorder.end()

    def select_model(self, model: ModelRef) -> None:
        """Send the next request to `model`."""
        self._emit((ModelSelected(model),))

    async def wait(self) -> None:
        """Return once no turn runs and its response is closed."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Stop what runs and wait until it has ended."""
        self.stop()
        await self.wait()

    def _can_edit(self, message_id: str | None) -> bool:
        if message_id is None:
            return True
        return any(
            message.message_id == message_id and message.role is Role.USER
            for message in self._conversation.path
        )

    def _path_to(self, message_id: str | None) -> tuple[ChatMessage, ...]:
        """The path up to a message and with it, or all of it; empty where it is not on it."""
        path = self._conversation.path
        if message_id is None:
            return path
        ids = [message.message_id for message in path]
        return path[: ids.index(message_id) + 1] if message_id in ids else ()

    def _request(self, messages: tuple[ChatMessage, ...], *, continues_last: bool) -> ChatRequest:
        return ChatRequest(
            model=self._conversation.model.model,
            messages=messages,
            system=self.options.system,
            sampling=self.options.sampling,
            tool_choice=self.options.tool_choice,
            has_parallel_tool_calls=self.options.has_parallel_tool_calls,
            continues_last=continues_last,
            is_streamed=self.options.is_streamed,
            reply_limit=self.options.reply_limit,
        )

    def _start_turn(
        self, messages: tuple[ChatMessage, ...], reply_id: str, *, is_summary: bool = False
    ) -> None:
        """Send `messages`; the reply hangs below the last, or continues it when it has its id."""
        last = messages[-1]
        continues_last = last.message_id == reply_id
        parent_id = last.parent_id if continues_last else last.message_id
        if parent_id is None:
            raise ValueError("a reply without a question before it")
        model = self._conversation.model
        has_tools = self.options.has_tools and not is_summary
        request = self._request(messages, continues_last=continues_last)
        if is_summary:
            refused = self._refused_summaries(last.message_id)
            request = summary_request(request, self.context_window, refused)
        self._emit((RequestSent(reply_id, parent_id, model, time.time(), is_summary),))
        runner = self._runner if has_tools else None
        turn = Turn(
            self._directory.provider(model.endpoint),
            request,
            self._emit,
            lambda: self._conversation.draft,
            runner,
            is_strange=runner is not None and runner.is_strange(model.endpoint),
            pace=self._pace,
        )
        previous = self._task
        self._turn = turn
        self._task = asyncio.create_task(_run_after(previous, turn, self._recorder), name="turn")

    def _refused_summaries(self, message_id: str) -> int:
        """How many summaries of the path up to a message were too much for the model to read."""
        model = self._conversation.model.model
        return sum(
            message.is_summary and message.parent_id == message_id and was_too_long(message, model)
            for message in self._conversation.messages
        )

    def _emit(self, events: Sequence[StreamEvent]) -> Sequence[Change]:
        """Apply the events, and tell the listeners what became different."""
        changes: list[Change] = []
        for event in events:
            changes.extend(self._conversation.apply(event))
        for listener in tuple(self._listeners):
            listener(changes)
        return changes


def _up_to_question(path: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """The path up to the person's last message and with it; empty where there is none."""
    for length in range(len(path), 0, -1):
        if path[length - 1].role is Role.USER:
            return path[:length]
    return ()


async def _run_after(
    previous: asyncio.Task[None] | None, turn: Turn, recorder: Recorder | None
) -> None:
    """Run the turn once a stopped one has closed its response, so that they never overlap.

    A turn that is stopped before it began waits all the same: others wait for it. What the
    person wrote is on disk before the request leaves, or the disk is known to fail.
    """
    if previous is not None and not previous.done():
        await asyncio.wait([previous])
    if recorder is not None:
        await recorder.settled()
    await turn.run()
