"""What a person does to the tree: edit, make anew, flip, delete, undo, sum up."""

from collections.abc import Sequence

from chatapp.core.conversation import Conversation
from chatapp.core.messages import ChatMessage, Ending, Role, SiblingPlace, TextPart
from chatapp.session.chat_session import ChatSession
from tests.session.test_chat_session import (
    FINISHED,
    MODEL,
    Batch,
    OneEndpoint,
    ScriptedProvider,
    start,
    text,
)


def answers(*texts: str) -> list[Sequence[Batch | None]]:
    return [[*text(answer), FINISHED] for answer in texts]


async def talked(
    *pairs: tuple[str, str], more: Sequence[str] = ()
) -> tuple[ChatSession, list[Batch | None]]:
    """A session in which these questions were answered so; `more` are the answers to come."""
    session, provider, _ = start(*answers(*(answer for _, answer in pairs), *more))
    for question, _ in pairs:
        session.send(question)
        await session.wait()
    return session, provider.requests


def shown(session: ChatSession) -> list[str]:
    return [message.text for message in session.conversation.path]


def at(session: ChatSession, place: int) -> ChatMessage:
    return session.conversation.path[place]


async def test_an_edited_message_stands_beside_the_old_one() -> None:
    session, requests = await talked(("q1", "a1"), ("q2", "a2"), more=["b1"])
    first = at(session, 0)
    assert session.send("q1 better", edits=first.message_id)
    await session.wait()
    assert shown(session) == ["q1 better", "b1"]
    assert [m.text for m in requests[-1].messages] == ["q1 better"]
    assert session.flip(at(session, 0).message_id, -1)
    assert shown(session) == ["q1", "a1", "q2", "a2"]
    assert not session.flip(first.message_id, -1), "there is none before the first"


async def test_a_reply_or_what_is_not_there_cannot_be_edited() -> None:
    session, requests = await talked(("q1", "a1"))
    assert not session.send("x", edits=at(session, 1).message_id)
    assert not session.send("x", edits="nobody")
    assert len(requests) == 1


async def test_any_reply_or_question_is_answered_anew() -> None:
    session, requests = await talked(("q1", "a1"), ("q2", "a2"), more=["b1", "c1"])
    question, reply = at(session, 0), at(session, 1)
    assert session.retry(reply.message_id)
    await session.wait()
    assert shown(session) == ["q1", "b1"]
    assert session.retry(question.message_id)
    await session.wait()
    assert shown(session) == ["q1", "c1"]
    assert [len(request.messages) for request in requests] == [1, 3, 1, 1]
    assert session.conversation.places()[at(session, 1).message_id].count == 3
    assert not session.retry("nobody")


async def test_deleting_is_undone_in_reverse_order() -> None:
    session, _ = await talked(("q1", "a1"), ("q2", "a2"))
    before = shown(session)
    for place in (1, 2):
        assert session.delete_message(at(session, place).message_id)
    assert shown(session) == ["q1", "q2"]
    assert session.undo_deletion() is not None
    assert session.undo_deletion() is not None
    assert session.undo_deletion() is None
    assert shown(session) == before


async def test_a_deleted_question_takes_all_its_replies_and_one_undo_brings_all_back() -> None:
    session, _ = await talked(("q1", "a1"), ("q2", "a2"), more=["b2", "a3", "a4"])
    assert session.retry()
    await session.wait()
    session.flip(at(session, 3).message_id, -1)
    for question in ("q3", "q4"):
        session.send(question)
        await session.wait()
    before = (session.conversation.messages, session.conversation.path)
    assert shown(session) == ["q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4"]
    assert session.delete_message(at(session, 2).message_id)
    assert shown(session) == ["q1", "a1", "q3", "a3", "q4", "a4"]
    assert {message.text for message in session.conversation.messages} == {*shown(session)}
    assert session.conversation.places() == {}
    assert session.undo_deletion() == before[1][2].message_id
    assert (session.conversation.messages, session.conversation.path) == before
    assert session.undo_deletion() is None


async def test_what_followed_a_deleted_reply_follows_the_one_beside_it() -> None:
    session, requests = await talked(("q1", "a1"), more=["b1", "a2", "a3"])
    session.retry()
    await session.wait()
    session.send("q2")
    await session.wait()
    before = (session.conversation.messages, session.conversation.path)
    assert session.delete_message(at(session, 1).message_id)
    assert shown(session) == ["q1", "a1", "q2", "a2"]
    assert session.conversation.places() == {}
    session.undo_deletion()
    assert (session.conversation.messages, session.conversation.path) == before
    session.delete_message(at(session, 1).message_id)
    session.send("q3")
    await session.wait()
    assert [m.text for m in requests[-1].messages] == ["q1", "a1", "q2", "a2", "q3"]
    session.undo_deletion()
    assert shown(session) == ["q1", "b1", "q2", "a2", "q3", "a3"]


async def test_an_edited_question_stays_when_the_one_beside_it_is_deleted() -> None:
    session, _ = await talked(("q1", "a1"), ("q2", "a2"), more=["b2"])
    session.send("q2 better", edits=at(session, 2).message_id)
    await session.wait()
    edited = session.conversation.path
    assert session.delete_message(at(session, 2).message_id)
    assert shown(session) == ["q1", "a1", "q2", "a2"], "the alternative takes its place"
    assert session.conversation.places() == {}
    session.undo_deletion()
    assert session.conversation.path == edited
    assert session.conversation.places()[at(session, 2).message_id] == SiblingPlace(2, 2)


async def test_a_summary_stays_when_the_question_above_it_is_deleted() -> None:
    session, _ = await talked(("q1", "a1"), ("q2", "a2"), more=["short"])
    session.delete_message(at(session, 3).message_id)
    assert session.compact()
    await session.wait()
    assert shown(session) == ["q1", "a1", "q2", "short"]
    session.delete_message(at(session, 2).message_id)
    assert shown(session) == ["q1", "a1", "short"]


async def test_a_reply_without_a_question_is_kept_and_cannot_go_on() -> None:
    """As it may come from another program."""
    orphan = ChatMessage("r", None, Role.ASSISTANT, (TextPart("half"),), 1.0, ending=Ending.CUT)
    conversation = Conversation(MODEL, [orphan])
    session = ChatSession(OneEndpoint(ScriptedProvider()), MODEL, conversation=conversation)
    assert not session.can_continue
    assert not session.continue_reply()
    assert not session.retry()


async def test_while_a_reply_streams_the_tree_stands_still() -> None:
    session, _, _ = start([*text("half"), None])
    session.send("q1")
    question = at(session, 0).message_id
    assert not session.delete_message(question)
    assert not session.flip(question, 1)
    assert not session.retry(question)
    assert not session.compact()
    await session.close()


async def test_a_summary_is_made_anew_as_a_summary_and_never_continued() -> None:
    session, requests = await talked(("q1", "a1"), more=["short", "shorter"])
    assert session.compact()
    await session.wait()
    summary = at(session, 2)
    assert (summary.is_summary, summary.role) == (True, Role.ASSISTANT)
    assert not session.can_continue
    assert session.retry()
    await session.wait()
    assert at(session, 2).is_summary
    assert shown(session) == ["q1", "a1", "shorter"]
    assert len(requests[-1].messages) == len(requests[-2].messages)
    assert session.conversation.places()[at(session, 2).message_id].count == 2


async def test_a_message_found_on_another_branch_is_shown() -> None:
    session, _ = await talked(("q1", "a1"), more=["b1"])
    old = at(session, 1)
    session.retry()
    await session.wait()
    assert session.show_message(old.message_id)
    assert shown(session) == ["q1", "a1"]
    assert not session.show_message("nobody")


async def test_the_next_request_has_what_is_not_sent_yet() -> None:
    session, _ = await talked(("q1", "a1"))
    assert [m.text for m in session.next_request("q2").messages] == ["q1", "a1", "q2"]
    assert [m.text for m in session.next_request().messages] == ["q1", "a1"]
    assert shown(session) == ["q1", "a1"]


async def test_a_question_deleted_in_an_earlier_session_comes_back_with_its_replies() -> None:
    session, _ = await talked(("q1", "a1"), ("q2", "a2"), more=["b1"])
    session.retry(at(session, 1).message_id)
    await session.wait()
    before = (session.conversation.messages, session.conversation.path)
    assert session.delete_message(at(session, 0).message_id)
    left = session.conversation
    again = Conversation(MODEL, left.messages, left.leaf_id)
    reopened = ChatSession(OneEndpoint(ScriptedProvider()), MODEL, conversation=again)
    reopened.inherit_deletions(session)
    assert reopened.undo_deletion() == before[1][0].message_id
    assert (again.messages, again.path) == before
    assert session.undo_deletion() is None
