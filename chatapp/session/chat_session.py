"""One conversation and its turns: what a person can do with it, whatever shows it."""

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chatapp.core.changes import Change
from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, Ending, ModelRef, Role
from chatapp.core.ports import ChatRequest, ProviderDirectory, Sampling
from chatapp.core.stream_events import ModelSelected, RequestSent, StreamEvent, UserSpoke
from chatapp.core.usage import ResponseMeter
from chatapp.session.tool_runner import ToolRunner
from chatapp.session.turn import Turn

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


class ChatSession:
    """Owns a conversation, runs at most one turn at a time, tells listeners every Change.

    Needs a running event loop from `send` on. A turn reads the options as they are when it
    begins. Without a `runner` the model is told of no tools, and calls it makes all the same
    end the turn.
    """

    def __init__(
        self,
        directory: ProviderDirectory,
        model: ModelRef,
        options: TurnOptions | None = None,
        runner: ToolRunner | None = None,
    ) -> None:
        self._directory = directory
        self._conversation = Conversation(model)
        self._listeners: list[Listener] = []
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None
        self._runner = runner
        self.options = options or TurnOptions()

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

    def send(self, text: str) -> bool:
        """Say `text` and start the turn that answers it; False while a turn is running."""
        if self.is_busy:
            return False
        model = self._conversation.model
        spoken = UserSpoke(_new_id(), text, model, at=time.time())
        self._emit((spoken,))
        self._start_turn(self._conversation.path, reply_id=_new_id())
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
        return not self.is_busy and self._path_to_last_question() != ()

    def retry(self) -> bool:
        """Answer the last message of the person anew; the old reply is kept as an alternative."""
        if not self.can_retry:
            return False
        self._start_turn(self._path_to_last_question(), reply_id=_new_id())
        return True

    @property
    def can_continue(self) -> bool:
        """Whether the last reply ended before its time."""
        last = self._conversation.last
        if self.is_busy or last is None or last.role is not Role.ASSISTANT:
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

    def _path_to_last_question(self) -> tuple[ChatMessage, ...]:
        path = self._conversation.path
        while path and path[-1].role is not Role.USER:
            path = path[:-1]
        return path

    def _start_turn(self, messages: tuple[ChatMessage, ...], reply_id: str) -> None:
        """Send `messages`; the reply hangs below the last, or continues it when it has its id."""
        last = messages[-1]
        continues_last = last.message_id == reply_id
        parent_id = last.parent_id if continues_last else last.message_id
        if parent_id is None:
            raise ValueError("a reply without a question before it")
        model = self._conversation.model
        runner = self._runner if self.options.has_tools else None
        request = ChatRequest(
            model=model.model,
            messages=messages,
            system=self.options.system,
            sampling=self.options.sampling,
            tool_choice=self.options.tool_choice,
            has_parallel_tool_calls=self.options.has_parallel_tool_calls,
            continues_last=continues_last,
            is_streamed=self.options.is_streamed,
        )
        self._emit((RequestSent(reply_id, parent_id, model, at=time.time()),))
        turn = Turn(
            self._directory.provider(model.endpoint),
            request,
            self._emit,
            lambda: self._conversation.draft,
            runner,
        )
        previous = self._task
        self._turn = turn
        self._task = asyncio.create_task(_run_after(previous, turn), name="turn")

    def _emit(self, events: Sequence[StreamEvent]) -> None:
        changes: list[Change] = []
        for event in events:
            changes.extend(self._conversation.apply(event))
        for listener in tuple(self._listeners):
            listener(changes)


async def _run_after(previous: asyncio.Task[None] | None, turn: Turn) -> None:
    """Run the turn once a stopped one has closed its response, so that they never overlap.

    A turn that is stopped before it began waits all the same: others wait for it.
    """
    if previous is not None and not previous.done():
        await asyncio.wait([previous])
    await turn.run()


def _new_id() -> str:
    return uuid.uuid4().hex
