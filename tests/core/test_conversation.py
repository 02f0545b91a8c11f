"""The reducer: its laws over random histories, and its rules one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    MessageRemoved,
    MessageRestored,
    ModelChanged,
    PartAppended,
    PartOpened,
    PathCut,
    Phase,
    PhaseChanged,
    ToolCallNamed,
    ToolResultChanged,
    ToolsDropped,
    UsageChanged,
    merge_changes,
)
from chatapp.core.conversation import Conversation
from chatapp.core.errors import EventOutOfOrder, Failure, FailureKind
from chatapp.core.messages import (
    ALONE,
    ChatMessage,
    Ending,
    Part,
    Role,
    SiblingPlace,
    TextPart,
    ToolCallPart,
)
from chatapp.core.stream_events import (
    MessageDeleted,
    ModelSelected,
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    RetryScheduled,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolsRefused,
    UserSpoke,
)
from chatapp.core.usage import Timing
from tests.support.conversations import MODELS, histories, played, undone

NO_TIME = Timing(None, 0.0, 0.0)


class PlainView:
    """The simplest view: messages by their parts, built from Changes alone."""

    def __init__(self) -> None:
        self.messages: list[ChatMessage] = []
        self.places: dict[str, SiblingPlace] = {}
        self.phase = Phase.IDLE
        self.model = MODELS[0]

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            match change:
                case MessageAdded(message, place):
                    self.messages.append(message)
                    self.places[message.message_id] = place
                case DraftOpened(message, place):
                    self.places[message.message_id] = place
                    if self.messages and self.messages[-1].message_id == message.message_id:
                        self.messages.pop()
                    self.messages.append(message)
                case PartOpened(_, index, part):
                    self._put(index, part)
                case ToolCallNamed(_, index, part):
                    old = self.messages[-1].parts[index]
                    assert isinstance(part, ToolCallPart)
                    assert isinstance(old, ToolCallPart)
                    self._put(index, replace(part, arguments=old.arguments))
                case PartAppended(_, index, text):
                    old = self.messages[-1].parts[index]
                    field = "arguments" if isinstance(old, ToolCallPart) else "text"
                    self._put(index, replace(old, **{field: getattr(old, field) + text}))
                case DraftClosed(message):
                    assert message.parts == self.messages[-1].parts
                    self.messages[-1] = message
                case PathCut(length):
                    del self.messages[length:]
                case PhaseChanged(phase):
                    self.phase = phase
                case ModelChanged(model):
                    self.model = model
                case ToolResultChanged(_, index, part):
                    self._put(index, part)
                case UsageChanged() | ToolsDropped() | MessageRemoved() | MessageRestored():
                    pass

    @property
    def branches(self) -> dict[str, SiblingPlace]:
        """The places of those messages that have alternatives."""
        places = {m.message_id: self.places[m.message_id] for m in self.messages}
        return {message_id: place for message_id, place in places.items() if place != ALONE}

    def _put(self, index: int, part: Part) -> None:
        parts = list(self.messages[-1].parts)
        parts[index : index + 1] = [part]
        self.messages[-1] = replace(self.messages[-1], parts=tuple(parts))


def shown(conversation: Conversation) -> list[tuple[str, tuple[Part, ...]]]:
    path = list(conversation.path)
    if conversation.draft:
        path[-1] = conversation.draft
    return [(message.message_id, message.parts) for message in path]


@given(histories(), st.data())
def test_changes_lead_to_what_the_final_conversation_shows(
    events: list[StreamEvent], data: st.DataObject
) -> None:
    conversation, view = Conversation(MODELS[0]), PlainView()
    waiting: list[Change] = []
    for event in events:
        waiting.extend(conversation.apply(event))
        if data.draw(st.booleans()):
            view.apply(merge_changes(waiting))
            waiting.clear()
    view.apply(merge_changes(waiting))
    assert [(m.message_id, m.parts) for m in view.messages] == shown(conversation)
    assert (view.phase, view.model) == (conversation.phase, conversation.model)
    assert view.branches == conversation.places()


@given(histories())
def test_only_what_the_person_deletes_is_lost(events: list[StreamEvent]) -> None:
    conversation = Conversation(MODELS[0])
    known: set[str] = set()
    for event in events:
        for change in conversation.apply(event):
            match change:
                case MessageAdded(message) | DraftOpened(message) | MessageRestored(message):
                    known.add(message.message_id)
                case MessageRemoved(removed):
                    known.remove(removed.message.message_id)
                case _:
                    pass
        assert {message.message_id for message in conversation.messages} == known
    for message_id in known:
        assert message_id in {m.message_id for m in conversation.siblings(message_id)}


@given(histories())
def test_the_phase_is_busy_exactly_while_a_draft_is_open(events: list[StreamEvent]) -> None:
    conversation = Conversation(MODELS[0])
    for event in events:
        conversation.apply(event)
        assert conversation.phase.is_busy == (conversation.draft is not None)


@given(histories())
def test_the_path_is_one_line_from_a_first_message(events: list[StreamEvent]) -> None:
    path = played(events).path
    assert [message.parent_id for message in path] == [
        None,
        *(message.message_id for message in path[:-1]),
    ][: len(path)]


@given(histories())
def test_without_deletions_and_summaries_the_person_and_the_model_take_turns(
    events: list[StreamEvent],
) -> None:
    is_cut_or_summed = any(
        isinstance(event, MessageDeleted) or (isinstance(event, RequestSent) and event.is_summary)
        for event in events
    )
    assume(not is_cut_or_summed)
    for before, after in pairwise(played(events).path):
        assert after.role != before.role


def lines(conversation: Conversation) -> list[list[ChatMessage]]:
    """Every way from a first message down to one that nothing follows."""
    known = {message.message_id: message for message in conversation.messages}
    parents = {message.parent_id for message in conversation.messages}
    found: list[list[ChatMessage]] = []
    for message_id in known.keys() - parents:
        line: list[ChatMessage] = []
        above: str | None = message_id
        while above is not None:
            line.insert(0, known[above])
            above = line[0].parent_id
        found.append(line)
    return found


def ids(messages: Iterable[ChatMessage]) -> list[str]:
    return [message.message_id for message in messages]


def families(conversation: Conversation) -> dict[str, list[str]]:
    return {
        message_id: ids(conversation.siblings(message_id))
        for message_id in ids(conversation.messages)
    }


def at_rest(events: list[StreamEvent]) -> Conversation:
    conversation = played(events)
    assume(conversation.draft is None)
    assume(conversation.messages)
    return conversation


@given(histories(), st.data())
def test_without_some_messages_the_person_and_the_model_still_take_turns(
    events: list[StreamEvent], data: st.DataObject
) -> None:
    """So no `[` or `]` leads from a question to a reply, and no reply stands alone.

    A question is left that nobody answers where its only reply is deleted.
    """
    assume(not any(isinstance(event, MessageDeleted) for event in events))
    assume(not any(isinstance(event, RequestSent) and event.is_summary for event in events))
    conversation = at_rest(events)
    while ways := [
        each.message_id
        for each in conversation.messages
        if each.role is Role.USER or len(conversation.siblings(each.message_id)) > 1
    ]:
        conversation.apply(MessageDeleted(data.draw(st.sampled_from(ways))))
        for line in lines(conversation):
            roles = [message.role for message in line]
            assert roles == [(Role.USER, Role.ASSISTANT)[place % 2] for place in range(len(line))]
        for message in conversation.messages:
            assert {each.role for each in conversation.siblings(message.message_id)} == {
                message.role
            }


@given(histories(), st.data())
def test_a_deletion_takes_a_question_with_its_replies_and_nothing_else(
    events: list[StreamEvent], data: st.DataObject
) -> None:
    conversation = at_rest(events)
    before = conversation.messages
    chosen = data.draw(st.sampled_from(before))
    gone = {chosen.message_id}
    if chosen.role is Role.USER:
        answers = [each for each in before if each.parent_id == chosen.message_id]
        gone |= {a.message_id for a in answers if a.role is Role.ASSISTANT and not a.is_summary}
    conversation.apply(MessageDeleted(chosen.message_id))
    kept = [message for message in before if message.message_id not in gone]
    assert ids(conversation.messages) == ids(kept)
    assert [message.parts for message in conversation.messages] == [m.parts for m in kept]
    heirs = {
        message.message_id: message.parent_id for message in before if message.message_id in gone
    }
    if beside := reply_beside(chosen, before):
        heirs[chosen.message_id] = beside
    for was, message in zip(kept, conversation.messages, strict=True):
        parent_id = was.parent_id
        while parent_id in heirs:
            parent_id = heirs[parent_id]
        assert message.parent_id == parent_id


def reply_beside(chosen: ChatMessage, messages: Sequence[ChatMessage]) -> str | None:
    """The reply that what followed a deleted one hangs under: the nearest before it, else after."""
    family = [each for each in messages if each.parent_id == chosen.parent_id]
    replies = [each for each in family if each.role is Role.ASSISTANT and not each.is_summary]
    if chosen not in replies:
        return None
    place = replies.index(chosen)
    beside = [*replies[:place][::-1], *replies[place + 1 :]]
    return beside[0].message_id if beside else None


@given(histories(), st.data())
def test_deletions_undone_in_reverse_order_restore_the_very_tree(
    events: list[StreamEvent], data: st.DataObject
) -> None:
    conversation = at_rest(events)
    states = []
    while conversation.path and data.draw(st.booleans()):
        chosen = data.draw(st.sampled_from(conversation.path))
        before = (conversation.messages, conversation.path, families(conversation))
        leaf_id = conversation.leaf_id
        changes = conversation.apply(MessageDeleted(chosen.message_id))
        states.append((before, undone(changes, leaf_id)))
    for before, deletion in reversed(states):
        conversation.apply(deletion)
        assert (conversation.messages, conversation.path, families(conversation)) == before


@given(histories())
def test_a_conversation_comes_back_from_its_messages(events: list[StreamEvent]) -> None:
    lived = played(events)
    back = Conversation(lived.model, lived.messages, lived.leaf_id)
    assert back.path == lived.path
    assert back.messages == lived.messages
    assert families(back) == families(lived)


@pytest.fixture
def asked() -> Conversation:
    conversation = Conversation(MODELS[0])
    conversation.apply(UserSpoke("u", "问", MODELS[0], 1.0))
    conversation.apply(RequestSent("r", "u", MODELS[0], 2.0))
    return conversation


def test_deltas_of_one_kind_join_in_one_part(asked: Conversation) -> None:
    for delta in ("Al", "uminum", "₂"):
        asked.apply(TextDelta(delta))
    assert asked.draft is not None
    assert asked.draft.parts == (TextPart("Aluminum₂"),)


def test_parallel_tool_calls_are_kept_apart(asked: Conversation) -> None:
    for event in (
        ToolCallStarted(0, "a", "get_weather"),
        ToolCallStarted(1, "b", ""),
        ToolCallDelta(1, '{"city":'),
        ToolCallDelta(0, '{"city":"北京"}'),
        ToolCallStarted(1, "", "get_time"),
        ToolCallDelta(1, '"上海"}'),
    ):
        asked.apply(event)
    assert asked.draft is not None
    assert asked.draft.tool_calls == (
        ToolCallPart("a", "get_weather", '{"city":"北京"}'),
        ToolCallPart("b", "get_time", '{"city":"上海"}'),
    )


@pytest.mark.parametrize(
    ("kind", "text", "ending"),
    [
        (FailureKind.CUT, "some", Ending.CUT),
        (FailureKind.CONNECTION_LOST, "some", Ending.CUT),
        (FailureKind.CUT, "", Ending.FAILED),
        (FailureKind.SERVER_ERROR, "some", Ending.FAILED),
    ],
)
def test_a_reply_is_cut_when_the_connection_went_and_failed_otherwise(
    asked: Conversation, kind: FailureKind, text: str, ending: Ending
) -> None:
    if text:
        asked.apply(TextDelta(text))
    asked.apply(ResponseInterrupted(Failure(kind, "It failed.")))
    asked.apply(ReplyClosed(NO_TIME))
    assert asked.last is not None
    assert asked.last.ending is ending


@pytest.mark.parametrize(
    "event", [TextDelta("x"), ResponseStarted(), ResponseFinished("stop"), ReplyClosed(NO_TIME)]
)
def test_an_event_of_a_response_needs_an_open_reply(event: StreamEvent) -> None:
    with pytest.raises(EventOutOfOrder, match=type(event).__name__):
        Conversation(MODELS[0]).apply(event)


@pytest.mark.parametrize(
    "event",
    [
        UserSpoke("u2", "x", MODELS[0], 3.0),
        RequestSent("r2", "u", MODELS[0], 3.0),
        ToolCallDelta(0, "{}"),
    ],
)
def test_nothing_comes_between_a_request_and_its_end(
    asked: Conversation, event: StreamEvent
) -> None:
    with pytest.raises(EventOutOfOrder):
        asked.apply(event)


def test_the_model_that_takes_no_tools_is_the_one_that_was_asked(asked: Conversation) -> None:
    asked.apply(ModelSelected(MODELS[1]))
    assert asked.apply(ToolsRefused()) == (ToolsDropped(MODELS[0]),)


def test_a_reply_needs_a_question_on_the_path() -> None:
    with pytest.raises(EventOutOfOrder):
        Conversation(MODELS[0]).apply(RequestSent("r", "nobody", MODELS[0], 1.0))


@pytest.mark.parametrize(
    ("wait_s", "words"),
    [(0.0, "now"), (0.04, "now"), (0.4, "in 0.4 s"), (1.2, "in 1 s"), (30.0, "in 30 s")],
)
def test_how_long_a_retry_waits_is_never_told_as_0_s(wait_s: float, words: str) -> None:
    conversation = Conversation(MODELS[0])
    conversation.apply(UserSpoke("question", "Hello?", MODELS[0], at=0.0))
    conversation.apply(RequestSent("reply", "question", MODELS[0], at=0.0))
    conversation.apply(RetryScheduled(2, wait_s, "It is busy."))
    assert conversation.phase_detail == f"It is busy; attempt 2 {words}"
