"""The reply being streamed: the only mutable part of a conversation."""

from dataclasses import dataclass, field, replace

from chatapp.core.changes import (
    Change,
    PartAppended,
    PartOpened,
    Phase,
    ToolCallNamed,
    ToolResultChanged,
)
from chatapp.core.errors import EventOutOfOrder, Failure
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.usage import Timing, Usage

TextualPart = TextPart | ReasoningPart | RefusalPart


@dataclass(slots=True)
class _GrowingPart:
    """A part and the pieces that came for it, joined once at the end."""

    part: Part
    pieces: list[str] = field(default_factory=list)

    def finished(self) -> Part:
        if not self.pieces:
            return self.part
        match self.part:
            case ToolCallPart():
                return replace(self.part, arguments=self.part.arguments + "".join(self.pieces))
            case ToolResultPart():
                return self.part
            case _:
                return replace(self.part, text=self.part.text + "".join(self.pieces))


class Draft:
    """Collects the parts of one reply in constant time per delta.

    Starts from `opening`: an empty reply, or an earlier one that `asked_model` continues,
    which need not be the model that began it.
    """

    def __init__(self, opening: ChatMessage, asked_model: ModelRef) -> None:
        self._opening = opening
        self.asked_model = asked_model
        self._parts = [_GrowingPart(part) for part in opening.parts]
        self._tool_call_places: dict[int, int] = {}
        self._result_places: dict[str, int] = {}
        self._earlier_usage: Usage | None = None
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.ending = Ending.CUT
        self.failure: Failure | None = None

    @property
    def message_id(self) -> str:
        """The id of the reply."""
        return self._opening.message_id

    @property
    def has_new_content(self) -> bool:
        """Whether this response has brought anything."""
        return len(self._parts) > len(self._opening.parts) or any(
            growing.pieces for growing in self._parts
        )

    def begin_response(self) -> None:
        """Another response of the same turn begins: its tool call indexes start anew."""
        self._tool_call_places.clear()
        self._earlier_usage, self.usage = self._total_usage(), None
        self.ending, self.finish_reason = Ending.CUT, None

    def append(self, kind: type[TextualPart], text: str) -> tuple[Change, ...]:
        """Add text to the last part when it is of `kind`, else to a new part."""
        changes: tuple[Change, ...] = ()
        if not self._parts or type(self._parts[-1].part) is not kind:
            changes = (self._open(kind("")),)
        place = len(self._parts) - 1
        self._parts[place].pieces.append(text)
        return (*changes, PartAppended(self.message_id, place, text))

    def start_tool_call(self, index: int, tool_call_id: str, name: str) -> tuple[Change, ...]:
        """Open a call, or name one that was opened without its name."""
        place = self._tool_call_places.get(index)
        if place is None:
            opened = self._open(ToolCallPart(self._unused_id(tool_call_id), name, ""))
            self._tool_call_places[index] = opened.part_index
            return (opened,)
        call = self._parts[place].part
        if not isinstance(call, ToolCallPart):
            raise EventOutOfOrder(f"part {place} is no tool call")
        is_known = tool_call_id in ("", call.tool_call_id)
        new_id = call.tool_call_id if is_known else self._unused_id(tool_call_id)
        named = replace(call, tool_call_id=new_id, name=name or call.name)
        self._parts[place].part = named
        return (ToolCallNamed(self.message_id, place, named),)

    def append_arguments(self, index: int, arguments: str) -> tuple[Change, ...]:
        """Add a fragment to the arguments of the call with `index`."""
        place = self._tool_call_places.get(index)
        if place is None:
            raise EventOutOfOrder(f"arguments for tool call {index}, which was never started")
        self._parts[place].pieces.append(arguments)
        return (PartAppended(self.message_id, place, arguments),)

    def set_result(self, result: ToolResultPart) -> tuple[Change, ...]:
        """Say what became of a call, in place of what was said before."""
        place = self._result_places.get(result.tool_call_id)
        if place is None:
            opened = self._open(result)
            self._result_places[result.tool_call_id] = opened.part_index
            return (opened,)
        self._parts[place].part = result
        return (ToolResultChanged(self.message_id, place, result),)

    @property
    def tool_phase(self) -> Phase:
        """What the turn waits for while tools are at work."""
        statuses = {
            growing.part.status
            for growing in self._parts
            if isinstance(growing.part, ToolResultPart)
        }
        if ToolStatus.AWAITING_APPROVAL in statuses:
            return Phase.AWAITING_APPROVAL
        return Phase.RUNNING_TOOL if ToolStatus.RUNNING in statuses else Phase.WAITING

    def message(self, timing: Timing | None = None) -> ChatMessage:
        """The reply as it stands, as a finished message."""
        opening = self._opening
        return replace(
            opening,
            parts=tuple(growing.finished() for growing in self._parts),
            ending=self.ending,
            finish_reason=self.finish_reason,
            failure=self.failure,
            usage=_add(opening.usage, self._total_usage()),
            timing=_add_timing(opening.timing, timing),
        )

    def _total_usage(self) -> Usage | None:
        return _add(self._earlier_usage, self.usage)

    def _unused_id(self, tool_call_id: str) -> str:
        """An id that no other call of the reply has: some servers number each response anew."""
        taken = {
            growing.part.tool_call_id
            for growing in self._parts
            if isinstance(growing.part, ToolCallPart)
        }
        unused, number = tool_call_id, 2
        while unused in taken:
            unused, number = f"{tool_call_id}_{number}", number + 1
        return unused

    def _open(self, part: Part) -> PartOpened:
        self._parts.append(_GrowingPart(part))
        return PartOpened(self.message_id, len(self._parts) - 1, part)


def _add_timing(first: Timing | None, second: Timing | None) -> Timing | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _add(first: Usage | None, second: Usage | None) -> Usage | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second
