"""What was written comes back, whenever the program ended."""

import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core.changes import PartAppended, PartOpened
from chatapp.core.conversation import Conversation
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import (
    CANCELLED_ANSWER,
    ChatMessage,
    Ending,
    Part,
    Role,
    TextPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.records import (
    ConversationHeader,
    ConversationImported,
    MessageWritten,
    ReplyGrew,
    ReplyOpened,
    StoredConversation,
    TitleChosen,
    TitleSource,
    UnsentTextKept,
    Write,
)
from chatapp.core.stream_events import (
    MessageDeleted,
    ReplyClosed,
    RequestSent,
    StreamEvent,
    UserSpoke,
)
from chatapp.core.usage import Timing
from chatapp.storage.sqlite_store import SqliteStore
from tests.storage.recording import NOW, opened, replied, run, said, writes_of
from tests.support.conversations import MODELS, histories, played, undone


def at_rest(part: Part) -> Part:
    if isinstance(part, ToolResultPart) and not part.status.is_final:
        return replace(part, status=ToolStatus.CANCELLED, content=CANCELLED_ANSWER)
    return part


def as_recovered(conversation: Conversation) -> tuple[ChatMessage, ...]:
    """The messages of a conversation whose program dies now."""
    draft = conversation.draft
    if draft is None:
        return conversation.messages
    opening = conversation.message(draft.message_id)
    assert opening is not None
    parts = [at_rest(part) for part in draft.parts]
    answered = {part.tool_call_id for part in parts if isinstance(part, ToolResultPart)}
    parts += [
        ToolResultPart(call.tool_call_id, CANCELLED_ANSWER, ToolStatus.CANCELLED)
        for call in draft.tool_calls
        if call.tool_call_id not in answered
    ]
    dead = replace(opening, parts=tuple(parts), ending=Ending.INTERRUPTED)
    return tuple(dead if each is opening else each for each in conversation.messages)


async def record(
    store: SqliteStore, events: Sequence[StreamEvent], together: int = 1
) -> Conversation:
    """Write a history down, the writes of several events in one transaction."""
    conversation = Conversation(MODELS[0])
    waiting: list[Write] = []
    for number, writes in enumerate(writes_of(conversation, events)):
        waiting += writes
        if number % together == 0:
            await store.write(waiting)
            waiting = []
    await store.write(waiting)
    return conversation


@given(histories(), st.integers(1, 9))
@settings(max_examples=50)
def test_whatever_happened_is_there_after_a_crash(events: list[StreamEvent], together: int) -> None:
    async def scenario(path: Path) -> None:
        async with opened(path) as store:
            conversation = await record(store, events, together)
            if not conversation.messages:
                return
        async with opened(path) as store:
            loaded = await store.load("c")
            assert loaded.messages == as_recovered(conversation)
            draft = conversation.draft
            assert loaded.recovered_id == (draft and draft.message_id)
            assert loaded.leaf_id == conversation.leaf_id
            assert not loaded.is_live_elsewhere
            again = Conversation(loaded.header.model, loaded.messages, loaded.leaf_id)
            shown = [message.message_id for message in conversation.path]
            assert [message.message_id for message in again.path] == shown
            assert loaded.header.message_count == len(conversation.messages)
            assert [await store.load(each.conversation_id) for each in await store.headers()] == [
                loaded
            ]

    with tempfile.TemporaryDirectory() as folder:
        run(scenario(Path(folder) / "chatapp.db"))


@pytest.mark.parametrize("deleted_id", ["q1", "b1"])
async def test_a_crash_amid_a_deletion_or_its_undoing_leaves_every_reply_below_its_question(
    path: Path, deleted_id: str
) -> None:
    events: list[StreamEvent] = []
    for turn in range(3):
        events.append(UserSpoke(f"q{turn}", "?", MODELS[0], NOW))
        for name in ("a", "b"):
            events.append(RequestSent(f"{name}{turn}", f"q{turn}", MODELS[0], NOW))
            events.append(ReplyClosed(Timing(None, 0.0, 0.0)))
    async with opened(path) as store:
        conversation = await record(store, events)
        before = await store.load("c")
        leaf_id = conversation.leaf_id
        deletion = MessageDeleted(deleted_id)
        changes = Conversation(MODELS[0], before.messages, leaf_id).apply(deletion)
        for event in (deletion, undone(changes, leaf_id)):
            for writes in writes_of(conversation, [event]):
                for write in writes:
                    await store.write([write])
                    messages = (await store.load("c")).messages
                    roles = {each.message_id: each.role for each in messages}
                    above = [roles.get(each.parent_id or "") for each in messages]
                    pairs = zip(messages, above, strict=True)
                    assert all(
                        role is Role.USER for each, role in pairs if each.role is not Role.USER
                    )
            assert (await store.load("c")).messages == conversation.messages
        assert await store.load("c") == before


@given(histories())
@settings(max_examples=25)
def test_an_imported_conversation_comes_back_the_same(events: list[StreamEvent]) -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await record(store, events)
            await store.write([ConversationImported(conversation)])
            await store.write([ConversationImported(conversation)])
            assert await store.load("c") == conversation

    conversation = stored(played(events))
    run(scenario())


def stored(conversation: Conversation) -> StoredConversation:
    return StoredConversation(
        header=ConversationHeader(
            conversation_id="c",
            title="A title",
            created_at=NOW - 5,
            updated_at=NOW,
            model=MODELS[2],
            message_count=len(conversation.messages),
            is_pinned=True,
            title_source=TitleSource.MODEL,
            has_unsent_text=True,
        ),
        messages=conversation.messages,
        leaf_id=conversation.leaf_id,
        unsent_text="not sent",
    )


_PAIR = re.compile("[\ud800-\udbff](?=[\udc00-\udfff])")
hostile = st.text(st.characters() | st.sampled_from("\ud800\udfff\x00\x1b\n"), max_size=20).map(
    lambda text: _PAIR.sub("", text)  # JSON makes one character of two halves that fit
)


@given(st.lists(st.builds(TextPart, hostile), max_size=3), hostile, hostile)
@settings(max_examples=50)
def test_any_text_comes_back_the_same(parts: list[Part], title: str, unsent_text: str) -> None:
    async def scenario() -> None:
        message = said("", parts=tuple(parts), failure=Failure(FailureKind.BUG, title))
        async with opened(None) as store:
            await store.write(
                [
                    MessageWritten("c", message),
                    TitleChosen("c", title, TitleSource.PERSON),
                    UnsentTextKept("c", unsent_text),
                ]
            )
            loaded = await store.load("c")
            assert loaded.messages == (message,)
            # what has no UTF-8 can be kept in a message only
            assert loaded.unsent_text == unsent_text.encode(errors="replace").decode()
            await store.search(title)

    run(scenario())


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300, 2.0**41])
async def test_a_message_of_any_time_is_kept_and_found(at: float) -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("word", created_at=at))])
        assert len((await store.load("c")).messages) == 1
        assert [hit.message_id for hit in await store.search("word")] == ["u"]


async def test_many_messages_of_one_second_are_all_found() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("word", f"u{n}")) for n in range(300)])
        hits = await store.search("word", limit=1000)
        assert {hit.message_id for hit in hits} == {f"u{n}" for n in range(300)}


async def test_an_opened_reply_costs_the_same_whatever_came_before(path: Path) -> None:
    async with opened(path) as store:
        await store.write([ReplyOpened("c", replied("", parts=()))])
        await store.write([ReplyGrew("c", "r", (PartOpened("r", 0, TextPart("")),))])
        await store.write([ReplyGrew("c", "r", (PartAppended("r", 0, "x" * 1_000_000),))])
        wal = path.with_name("chatapp.db-wal")
        before = wal.stat().st_size
        for _ in range(20):
            await store.write([ReplyGrew("c", "r", (PartAppended("r", 0, "y"),))])
        assert wal.stat().st_size - before < 20 * 32_000  # a few pages each
        (reply,) = (await store.load("c")).messages
        assert reply.text == "x" * 1_000_000 + "y" * 20


async def test_only_what_can_be_missed_is_not_waited_for_until_the_disk_has_it() -> None:
    async with opened(None) as store:

        async def level() -> int:
            connection = store._connections[store._writing]
            query = "PRAGMA synchronous"
            return await store._call(
                store._writing, lambda: int(connection.execute(query).fetchone()[0])
            )

        normal, full = 1, 2
        await store.write([MessageWritten("c", said("question"))])
        assert await level() == full
        await store.write([ReplyOpened("c", replied("", parts=()))])
        await store.write([ReplyGrew("c", "r", (PartOpened("r", 0, TextPart("")),))])
        assert await level() == normal
        grown = ReplyGrew("c", "r", (PartAppended("r", 0, "answer"),))
        await store.write([grown, MessageWritten("c", replied("answer"))])
        assert await level() == full


async def test_a_reply_that_is_continued_keeps_its_place_and_its_children(path: Path) -> None:
    first = replied("Once", ending=Ending.STOPPED)
    later = said("and?", "u2", parent_id="r")
    async with opened(path) as store:
        await store.write([MessageWritten("c", each) for each in (said("tell"), first, later)])
        await store.write([ReplyOpened("c", first)])
        await store.write([ReplyGrew("c", "r", (PartAppended("r", 0, " upon"),))])
    async with opened(path) as store:
        loaded = await store.load("c")
        assert [message.text for message in loaded.messages] == ["tell", "Once upon", "and?"]
        assert loaded.messages[1].ending is Ending.INTERRUPTED
        assert loaded.messages[2].parent_id == "r"
        whole = replace(first, parts=(TextPart("Once upon a time"),), ending=Ending.FINISHED)
        await store.write([ReplyOpened("c", loaded.messages[1])])
        await store.write([MessageWritten("c", whole)])
        assert (await store.load("c")).messages == (said("tell"), whole, later)
        assert [hit.message_id for hit in await store.search("once")] == ["r"]
