"""Branches by key in the whole program: nothing is overwritten, and everything comes back."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chatapp.ui.transcript.transcript_view import TranscriptView
from tests.support.chat_server import ChatServer, reply
from tests.support.full_screen import Chat, chat_with


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
async def chat(chat_server: ChatServer, tmp_path: Path) -> AsyncIterator[Chat]:
    """A chat in which one question has been answered, read by key."""
    for text in ("one apple", "two pears", "three plums"):
        chat_server.enqueue(*reply(text))
    async with chat_with(chat_server.base_url, tmp_path) as running:
        await running.say("fruit?")
        await running.until_idle()
        await running.pilot.press("shift+tab")
        yield running


async def press(chat: Chat, *keys: str) -> None:
    await chat.pilot.press(*keys)
    await chat.until_idle()


async def test_a_reply_made_anew_stands_beside_the_first(chat: Chat) -> None:
    await press(chat, "r")
    await chat.until_shown("two pears", "‹2/2›")
    assert "one apple" not in chat.text
    await press(chat, "[")
    await chat.until_shown("one apple", "‹1/2›")
    await press(chat, "]")
    await chat.until_shown("two pears", "‹2/2›")
    assert chat.screen.transcript.focused_message_id == chat.last.message_id


async def test_a_question_is_edited_and_the_first_version_flipped_back_to(chat: Chat) -> None:
    chat.screen.composer.draft = "unsent"
    await press(chat, "up", "e")
    await chat.until_shown("editing a message · Esc cancels")
    await press(chat, *" juice?", "enter")
    await chat.until_shown("fruit? juice?", "two pears", "unsent")
    assert "editing" not in chat.text
    await press(chat, "shift+tab", "up", "[")
    await chat.until_shown("one apple", "‹1/2›")
    assert "juice" not in chat.text


async def test_an_edit_that_is_given_up_changes_nothing(chat: Chat) -> None:
    before = chat.session.conversation.messages
    await press(chat, "e", "!", "escape")
    assert chat.screen.composer.draft == ""
    assert chat.session.conversation.messages == before


async def test_an_edited_message_may_begin_like_a_command(chat: Chat) -> None:
    chat.screen.composer.begin_edit(chat.session.conversation.path[0].message_id, "/help")
    await press(chat, "enter")
    await chat.until_shown("two pears")
    assert chat.session.conversation.path[0].text == "/help"


async def test_a_message_is_deleted_and_brought_back(chat: Chat) -> None:
    assert "u undelete" not in chat.text
    await press(chat, "d")
    await chat.until(lambda: "one apple" not in chat.text, "the deletion")
    await chat.until_shown("u undelete")
    await press(chat, "u")
    await chat.until_shown("one apple")


async def test_the_footer_shows_the_keys_of_the_focused_message(chat: Chat) -> None:
    await chat.until_shown("e edit  r regenerate")
    assert "[ ] flip" not in chat.text
    await press(chat, "r")
    await chat.until_shown("[ ] flip  e edit  r regenerate")
    await press(chat, "i")
    await chat.until_shown("F1 help")
    assert "r regenerate" not in chat.text


async def test_a_summary_is_shown_and_taken_back(chat: Chat) -> None:
    await press(chat, "i")
    await chat.say("/compact")
    await chat.until_shown("Summary of what came before", "▸ 2 words")
    await chat.until_idle()
    await press(chat, "shift+tab", "enter")
    await chat.until_shown("│ two pears")
    await press(chat, "d")
    await chat.until(lambda: "Summary of what" not in chat.text, "the deletion")
    await chat.until_shown("one apple")


async def test_up_walks_through_what_was_sent(chat: Chat) -> None:
    await press(chat, "i")
    await chat.say("vegetables?")
    await chat.until_idle()
    await press(chat, "up", "up")
    assert chat.screen.composer.draft == "fruit?"
    await press(chat, "down", "down")
    assert chat.screen.composer.draft == ""


async def test_a_search_goes_to_the_very_line_of_another_branch(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    road = "".join(f"{number}. step number {number}\n" for number in range(1, 60))
    chat_server.enqueue(*reply(road))
    chat_server.enqueue(*reply("in short"))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("the way?")
        await chat.until_idle()
        first = chat.last.message_id
        await press(chat, "shift+tab", "r")
        await chat.until_shown("in short")
        await press(chat, "ctrl+r")
        await chat.until(lambda: len(chat.app.screen_stack) > 1, "the search")
        await chat.pilot.press(*"step number 47")
        await chat.until_shown("the way?")
        await chat.pilot.press("enter")
        await chat.until(lambda: len(chat.app.screen_stack) == 1, "the chat")
        await chat.until_shown("step number 47", "step number 50")
        assert "step number 2\n" not in chat.text
        assert chat.screen.transcript.focused_message_id == first


async def test_a_key_for_a_message_that_has_just_gone_does_nothing(chat: Chat) -> None:
    reply_id = chat.last.message_id
    for name in ("delete", "delete", "previous-branch", "fork"):
        chat.screen.post_message(TranscriptView.ActionRequested(name, reply_id))
    await chat.until_told("Deleted the reply; u brings it back.")
    assert "streaming" not in chat.notices
    assert chat.last.text == "fruit?"
    await press(chat, "d")
    await chat.until_told("Deleted the question; u brings it back.")
    assert chat.session.conversation.path == ()


async def test_a_question_goes_with_its_replies_and_one_key_brings_all_back(chat: Chat) -> None:
    await press(chat, "i")
    await chat.say("vegetables?")
    await chat.until_idle()
    question_id = chat.session.conversation.path[-2].message_id
    await press(chat, "shift+tab", "up", "d")
    await chat.until_told("Deleted the question and its reply; u brings both back.")
    await chat.until(lambda: "two pears" not in chat.text, "the deletion")
    assert "vegetables?" not in chat.text
    assert "‹" not in chat.text
    await press(chat, "u")
    await chat.until_shown("fruit?", "one apple", "vegetables?", "two pears")
    assert "Deleted" not in chat.notices  # it is true no more
    transcript = chat.screen.transcript
    await chat.until(lambda: transcript.focused_message_id == question_id, "the question's focus")
    await chat.until(lambda: "u undelete" not in chat.text, "the end of what can come back")


async def test_all_replies_go_with_their_question_and_what_follows_stays(
    chat: Chat, chat_server: ChatServer
) -> None:
    await press(chat, "r", "i")
    await chat.say("vegetables?")
    await chat.until_idle()
    await chat.until_shown("fruit?", "two pears", "‹2/2›", "vegetables?", "three plums")
    await press(chat, "shift+tab", "up", "up", "up", "d")
    await chat.until_told("Deleted the question and its 2 replies; u brings them all back.")
    await chat.until(lambda: "two pears" not in chat.text, "the deletion")
    await chat.until_shown("vegetables?", "three plums")
    assert "‹" not in chat.text
    await press(chat, "i")
    await chat.say("/undelete")
    await chat.until_shown("fruit?", "two pears", "‹2/2›", "vegetables?", "three plums")
    chat_server.enqueue(*reply("four figs"))
    await chat.say("more?")
    await chat.until_shown("four figs")
    sent = [message["content"] for message in chat_server.chats[-1].body["messages"]]
    assert sent[-5:] == ["fruit?", "two pears", "vegetables?", "three plums", "more?"]


async def test_an_edited_message_that_went_meanwhile_is_not_lost(chat: Chat) -> None:
    question = chat.session.conversation.path[0]
    chat.screen.composer.begin_edit(question.message_id, question.text)
    await chat.type(" or nuts")
    chat.session.delete_message(question.message_id)
    await chat.pilot.press("enter")
    await chat.until_told("Enter sends this as a new one")
    assert "streaming" not in chat.notices
    await press(chat, "enter")
    await chat.until_shown("fruit? or nuts", "two pears")
