"""Conversations on the screen: kept, found, opened, renamed, deleted, brought back."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.events import Key

from chatapp.core.errors import StorageError
from chatapp.core.messages import Ending, Role
from chatapp.core.records import StoredConversation
from chatapp.exporters.json_export import JsonExporter
from chatapp.session.compaction import Advice
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.ui import conversation_list
from chatapp.ui.screens.search_screen import SearchScreen
from chatapp.ui.widgets.model_picker import ModelPicker
from chatapp.ui.widgets.sidebar import Sidebar
from tests.exporters.samples import CONVERSATION
from tests.support.chat_server import ChatServer, Respond, Wait, ending, text_chunks
from tests.support.full_screen import Chat, chat_with
from tests.support.programs import Home


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


async def ask(chat: Chat, text: str) -> None:
    await chat.say(text)
    await chat.until_idle()


async def stored(folder: Path) -> dict[str, StoredConversation]:
    """What a program that is started now finds, by title."""
    store = SqliteStore(folder / "chatapp.db")
    await store.open()
    try:
        headers = await store.headers()
        return {header.title: await store.load(header.conversation_id) for header in headers}
    finally:
        await store.close()


async def test_a_conversation_is_there_after_a_restart(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("The Tang ", "dynasty, 唐朝."), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "which dynasty?")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("ctrl+r")
        await chat.until_shown("which dynasty?")
        await chat.pilot.press("enter")
        await chat.until_shown("The Tang dynasty, 唐朝.")
        await ask(chat, "and then?")
        texts = [m["content"] for m in chat_server.chats[-1].body["messages"]]
        assert texts == ["which dynasty?", "The Tang dynasty, 唐朝.", "and then?"]


async def test_the_question_is_on_disk_before_the_request_leaves(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    found: list[str] = []

    def look(_exchange: object) -> list[object]:
        with sqlite3.connect(tmp_path / "chatapp.db") as database:
            found.extend(row[0] for row in database.execute("SELECT title FROM conversations"))
        database.close()
        return [*text_chunks("yes"), *ending()]

    chat_server.default = look  # type: ignore[assignment]
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "is it there?")
        assert chat.last.text == "yes"
    assert found == ["is it there?"]


@pytest.mark.parametrize("words", ["唐", "中国", "preci", '"golden age"'])
async def test_search_finds_words_and_jumps_to_the_very_message(
    chat_server: ChatServer, tmp_path: Path, words: str
) -> None:
    filler = "line\n\n" * 60
    answer = "中国 的 唐朝 was a golden age of precious things."
    chat_server.enqueue(*text_chunks(filler), *ending())
    chat_server.enqueue(*text_chunks(answer), *ending())
    chat_server.enqueue(*text_chunks(filler), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for question in ("one", "two", "three"):
            await ask(chat, question)
        target = chat.session.conversation.path[3]
        await chat.pilot.press("ctrl+n", "ctrl+r")
        await chat.until(lambda: isinstance(chat.app.screen, SearchScreen), "the search")
        await chat.pilot.press(*words)
        await chat.until_shown("golden age")
        await chat.pilot.press("enter")
        await chat.until(lambda: chat.session.conversation.messages, "the conversation")
        await chat.until_shown("precious things")
        await chat.until(
            lambda: chat.screen.transcript.focused_message_id == target.message_id, "the message"
        )


async def test_one_streams_on_while_another_is_in_view_and_is_marked_unread(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("begun "), Wait(gate), *text_chunks("done"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await chat.say("slow one")
        await chat.until_shown("begun")
        slow = chat.session
        await chat.pilot.press("ctrl+n")
        await ask(chat, "quick one")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("● slow one")
        gate.set()
        await chat.until_shown("• slow one")
        await chat.until_told("“slow one” has its reply")
        assert not slow.is_busy
        await chat.pilot.press("down", "enter")
        await chat.until_shown("begun done")
        await chat.until(lambda: "• slow one" not in chat.text, "the mark to go")


async def test_the_sidebar_renames_pins_and_deletes(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await ask(chat, "first")
        await chat.pilot.press("ctrl+n")
        await ask(chat, "second")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("Today")
        await chat.pilot.press("r", "ctrl+u", *"neu 唐", "enter")
        await chat.until_shown("neu 唐")
        await chat.pilot.press("p")
        await chat.until_shown("Pinned")
        await chat.pilot.press("d")
        await chat.until_told("Deleted “neu 唐”")
        await chat.until(lambda: "Pinned" not in chat.text, "the row to go")
        await chat.pilot.press("u")
        await chat.until_shown("Pinned")
    assert sorted(await stored(tmp_path)) == ["first", "neu 唐"]


async def test_keys_of_the_list_stay_in_the_list(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await chat.say("endless")
        await chat.until_shown("begun")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("● endless")
        await chat.pilot.press("f2")
        await chat.until_shown("New title")
        await chat.pilot.press("escape", "pagedown", "escape")
        assert chat.screen.composer.has_focus
        assert chat.session.is_busy
        await chat.pilot.press("escape")
        await chat.until_idle()


@pytest.mark.parametrize("key", ["ctrl+t", "f12"])
async def test_the_bottom_line_shows_no_key_that_is_the_lists_own(
    chat_server: ChatServer, tmp_path: Path, key: str
) -> None:
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path, size=(160, 30)) as chat:
        await chat.say("endless")
        await chat.until_shown("begun", "Esc stop")
        await chat.pilot.press(key)
        await chat.until(lambda: "Esc stop" not in chat.text, "the footer of the list")
        await chat.until_shown("Ctrl+C stop", "Ctrl+L model")
        await chat.pilot.press("ctrl+l")
        assert isinstance(chat.app.screen, ModelPicker)
        await chat.pilot.press("escape", "escape")
        assert chat.screen.composer.has_focus
        await chat.until_shown("Esc stop")
        assert "Ctrl+C stop" not in chat.text
        await chat.pilot.press(key)
        if chat.screen.composer.has_focus:  # the list was there, and is hidden now
            await chat.pilot.press(key)
        await chat.until_shown("Ctrl+C stop")
        await chat.pilot.press("ctrl+c")
        await chat.until_idle()
        await chat.until(lambda: "Ctrl+C stop" not in chat.text, "nothing to stop")


async def test_on_a_narrow_screen_the_list_goes_once_one_is_chosen(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(60, 24)) as chat:
        await ask(chat, "first")
        await chat.pilot.press("ctrl+n", "ctrl+t")
        await chat.until_shown("Today")
        await chat.pilot.press("down", "enter")
        await chat.until_shown("Hello, world!")
        assert not chat.screen.sidebar.display


async def test_a_deleted_conversation_in_view_gives_way_and_comes_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "to be deleted")
        await chat.say("/delete")
        await chat.until(lambda: not chat.session.conversation.messages, "an empty one")
        assert await stored(tmp_path) == {}
        await chat.until_told("Deleted “to be deleted”. /undelete brings it back.")
        await chat.say("/undelete")
        await chat.until_told("Brought back “to be deleted”.")
        assert "Deleted" not in chat.notices
        await chat.until(lambda: "/undelete brings" not in chat.text, "the notice to go")
        await chat.until_shown("to be deleted")
    assert list(await stored(tmp_path)) == ["to be deleted"]


async def test_a_streaming_conversation_that_is_deleted_stays_deleted(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("endless")
        await chat.until_shown("begun")
        await chat.say("/delete")
        await chat.until_told("Deleted “endless”")
        assert chat_server.chats[0].disconnected.wait(5)
    assert await stored(tmp_path) == {}


async def test_editing_makes_an_alternative_and_brackets_flip(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        chat_server.enqueue(*text_chunks("answer one"), *ending())
        await ask(chat, "version one")
        chat_server.enqueue(*text_chunks("answer two"), *ending())
        chat.screen.composer.draft = "unsent words"
        await chat.pilot.press("shift+tab", "up", "e")
        assert chat.screen.composer.draft == "version one"
        await ask(chat, "version two")
        await chat.until_shown("version two", "‹2/2›", "answer two")
        assert chat.screen.composer.draft == "unsent words"
        await chat.pilot.press("shift+tab", "up", "[")
        await chat.until_shown("version one", "‹1/2›", "answer one")
        assert chat_server.chats[-1].body["messages"] == [
            {"role": "user", "content": "version two"}
        ]
        await chat.pilot.press("]")
        await chat.until_shown("version two", "answer two")
    (kept,) = (await stored(tmp_path)).values()
    texts = [message.text for message in kept.messages]
    assert texts == ["version one", "answer one", "version two", "answer two"]
    assert kept.leaf_id == kept.messages[3].message_id


async def test_an_earlier_reply_is_made_anew_by_another_model(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for text in ("one", "two"):
            await ask(chat, text)
        await chat.say("/model other-model")
        await chat.pilot.press("shift+tab", "up", "up", "r")
        await chat.until(lambda: len(chat_server.chats) == 3, "another request")
        await chat.until_idle()
        body = chat_server.chats[-1].body
        assert (body["model"], len(body["messages"])) == ("other-model", 1)
        assert chat.session.conversation.path[0].text == "one"
        assert len(chat.session.conversation.path) == 2
        assert len(chat.session.conversation.messages) == 5
        await chat.until_shown("‹2/2›")


async def test_a_deleted_message_is_not_sent_and_comes_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for text in ("one", "two"):
            await ask(chat, text)
        await chat.pilot.press("shift+tab", "up", "up", "up", "d")
        await chat.until(lambda: len(chat.session.conversation.path) == 2, "both to go")
        await chat.pilot.press("u")
        await chat.until(lambda: len(chat.session.conversation.path) == 4, "it to come back")
        assert chat.session.conversation.path[0].text == "one"
        await chat.pilot.press("up", "up", "up", "d")
        await chat.until(lambda: len(chat.session.conversation.path) == 2, "both to go")
        await chat.pilot.press("i")
        await ask(chat, "three")
        sent = [m["content"] for m in chat_server.chats[-1].body["messages"]]
        assert "one" not in sent
    (kept,) = (await stored(tmp_path)).values()
    assert "one" not in [message.text for message in kept.messages]


async def test_a_copy_goes_on_by_itself(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for text in ("one", "two"):
            await ask(chat, text)
        await chat.pilot.press("shift+tab", "up", "up", "f")
        await chat.until(lambda: len(chat.session.conversation.path) == 2, "the copy")
        await ask(chat, "another way")
    kept = await stored(tmp_path)
    assert {title: len(one.messages) for title, one in kept.items()} == {"one": 4, "one (copy)": 4}


async def test_unsent_text_belongs_to_its_conversation_and_survives(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        await chat.type("half a thought")
        await chat.pilot.press("ctrl+n")
        assert chat.screen.composer.draft == ""
        await chat.say("/previous")
        await chat.until(lambda: chat.screen.composer.draft == "half a thought", "the text")
        await chat.pilot.press("ctrl+n")
        await chat.type("another")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until(lambda: chat.screen.composer.draft == "another", "the newest text")
        await chat.until_told("Unsent text waits in “first”; Ctrl+T lists it.")
        assert "configured" not in chat.notices
        await chat.pilot.press("ctrl+r")
        await chat.until_shown("first")
        await chat.pilot.press("down", "enter")
        await chat.until(lambda: chat.screen.composer.draft == "half a thought", "the older text")


async def test_prompts_of_all_conversations_come_back_with_up(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first words")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until(lambda: chat.screen.composer.prompts, "the history")
        await ask(chat, "second words")
        await chat.pilot.press("up")
        assert chat.screen.composer.draft == "second words"
        await chat.pilot.press("up")
        assert chat.screen.composer.draft == "first words"
        await chat.pilot.press("down", "down")
        assert chat.screen.composer.draft == ""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are closed by other means there")
async def test_without_a_place_on_disk_one_chats_unsaved_and_is_told(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "chatapp.db").write_bytes(b"this is no database" * 100)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until_told("Nothing of this run is kept")
        await ask(chat, "works all the same?")
        assert chat.last.role is Role.ASSISTANT
        await chat.pilot.press("ctrl+r")
        await chat.until_shown("works all the same?")
    assert (tmp_path / "chatapp.db").read_bytes() == b"this is no database" * 100


async def test_export_and_import_say_where_and_how_many(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    target = tmp_path / "out.json"
    async with chat_with(chat_server.base_url, tmp_path, size=(160, 30)) as chat:
        await ask(chat, "to be exported")
        await chat.say(f"/export {target}")
        await chat.until(target.exists, "the file")
        await chat.say("/delete")
        await chat.until(lambda: not chat.session.conversation.messages, "an empty one")
        await chat.say(f"/import {target}")
        await chat.until_told("Took in 1 conversation.")
        await chat.say(f"/import {tmp_path / 'missing'}")
        await chat.until_told(f"{tmp_path / 'missing'} cannot be read: No such file")
    assert list(await stored(tmp_path)) == ["to be exported"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a backslash is no escape")
async def test_a_path_is_taken_as_a_terminal_pastes_it(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    folder = tmp_path / "my chats"
    folder.mkdir()
    escaped = str(folder).replace(" ", "\\ ")
    async with chat_with(chat_server.base_url, tmp_path, size=(160, 30)) as chat:
        await ask(chat, "dropped")
        await chat.say(f"/export '{folder}/one.json'")
        await chat.until((folder / "one.json").exists, "the file")
        await chat.say(f"/export json {escaped}/two.json")
        await chat.until((folder / "two.json").exists, "the second file")
        await chat.say(f'/import "{folder}/one.json" ')
        await chat.until_told("Took in 0 conversations, 1 here already.")
        await chat.say(f"/import {escaped}/three.json")
        await chat.until_told(f"{folder}/three.json cannot be read: No such file")


async def test_a_name_that_no_file_can_have_is_said(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(160, 30)) as chat:
        await ask(chat, "first")
        chat.screen.desk.export("\ud83d.md")  # as "唐.md" is in the locale POSIX
        await chat.until_told("cannot be written: its name has characters that names of files")
        chat.screen.desk.import_file("\ud83d.json")
        await chat.until_told("cannot be read: its name has characters that names of files")


async def test_a_summary_is_sent_in_place_of_what_came_before(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "my cat is called 小唐")
        chat_server.enqueue(*text_chunks("The cat is called 小唐."), *ending())
        await chat.say("/compact")
        await chat.until(lambda: len(chat_server.chats) == 2, "the request for a summary")
        await chat.until_idle()
        assert chat.last.is_summary
        await ask(chat, "what is its name?")
        body = chat_server.chats[-1].body["messages"]
        assert "my cat" not in str(body)
        assert "The cat is called 小唐." in str(body)
        summary = chat.session.conversation.path[2]
        chat.session.delete_message(summary.message_id)
        await ask(chat, "sure?")
        assert "my cat is called 小唐" in str(chat_server.chats[-1].body["messages"])


async def test_two_programs_on_one_database_see_each_others_conversations(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    gate = threading.Event()
    async with chat_with(chat_server.base_url, tmp_path) as here:
        chat_server.enqueue(*text_chunks("begun "), Wait(gate), *text_chunks("done"), *ending())
        await here.say("asked here")
        await here.until_shown("begun")
        async with chat_with(chat_server.base_url, tmp_path) as there:
            await ask(there, "asked there")
            await there.pilot.press("ctrl+r")
            await there.until_shown("asked here")
            await there.pilot.press("down", "enter")
            await there.until_told("Another chatapp writes a reply here")
            gate.set()
            await asyncio.wait_for(here.session.wait(), 5)
    kept = await stored(tmp_path)
    assert kept["asked here"].messages[-1].text == "begun done"
    assert kept["asked there"].messages[-1].ending is Ending.FINISHED


async def test_a_system_prompt_belongs_to_its_conversation_and_is_kept(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    flags = {"system": "Be kind."}
    async with chat_with(chat_server.base_url, tmp_path, flags=flags) as chat:
        await chat.say("/system Be brief.")
        await ask(chat, "one")
        await chat.pilot.press("ctrl+n")
        await ask(chat, "two")
    async with chat_with(chat_server.base_url, tmp_path, flags=flags) as chat:
        await chat.pilot.press("ctrl+r")
        await chat.until_shown("one", "two")
        await chat.pilot.press("down", "enter")
        await chat.until_shown("Hello, world!")
        await ask(chat, "three")
    systems = [exchange.body["messages"][0]["content"] for exchange in chat_server.chats]
    assert systems == ["Be brief.", "Be kind.", "Be brief."]


@asynccontextmanager
async def chat_with_full_context(chat_server: ChatServer, folder: Path) -> AsyncIterator[Chat]:
    """A chat in which the next message has to wait for a summary."""
    flags = {"context_window": "400", "compact": "auto", "max_tokens": "50"}
    async with chat_with(chat_server.base_url, folder, flags=flags) as chat:
        chat_server.enqueue(*text_chunks("word " * 400), *ending("stop", (10, 380)))
        await ask(chat, "tell me all")
        await chat.until(
            lambda: chat.screen.gauge.advice(chat.session) is Advice.COMPACT, "a full context"
        )
        yield chat


async def test_a_full_context_is_summed_up_before_the_next_message_leaves(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with_full_context(chat_server, tmp_path) as chat:
        chat_server.enqueue(*text_chunks("All was told."), *ending())
        await chat.say("and now?")
        await chat.until(lambda: len(chat_server.chats) == 3, "summary and message")
        await chat.until_idle()
        sent = str(chat_server.chats[-1].body["messages"])
        assert "All was told." in sent
        assert "and now?" in sent
        assert "word word" not in sent
        assert chat.screen.composer.draft == ""


async def test_without_a_summary_a_second_enter_sends_all_the_same(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with_full_context(chat_server, tmp_path) as chat:
        chat_server.enqueue(Respond(400, {"error": {"message": "no"}}))
        await chat.say("and now?")
        why = f"{chat_server.base_url.split('/')[2]} did not accept the request."
        await chat.until_told(f"There is no summary. {why} Enter sends your message all the same.")
        assert chat.screen.composer.draft == "and now?"
        await chat.pilot.press("enter")
        await chat.until(lambda: len(chat_server.chats) == 3, "the message itself")
        assert "and now?" in str(chat_server.chats[-1].body["messages"][-1])


async def test_the_context_and_the_next_request_can_be_looked_at(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first words")
        await chat.say("/request")
        await chat.until_shown('"messages"', "first words")
        await chat.pilot.press("escape")
        await chat.say("/context")
        await chat.until_shown("your messages", "next request")


@pytest.mark.parametrize("role", ["user", "assistant"])
async def test_a_damaged_message_closes_its_conversation_alone(
    chat_server: ChatServer, tmp_path: Path, role: str
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "sound before")
    database = sqlite3.connect(tmp_path / "chatapp.db")
    with database:
        database.execute("UPDATE messages SET body = '{' WHERE role = ?", (role,))
    database.close()
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await chat.until_told("stays closed")
        await ask(chat, "sound after")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("sound before", "sound after")


async def test_a_deletion_can_be_undone_after_a_reply_held_it_up(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("precious"), *ending())
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        chat.screen.desk.delete_message(chat.last.message_id, "Deleted.")
        await chat.say("second")
        await chat.until_shown("begun")
        await chat.say("/undelete")
        await chat.until_told("stop it first")
        chat.session.stop()
        await chat.say("/undelete")
        await chat.until_shown("precious")


async def test_undo_goes_where_the_deleted_message_was(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("precious"), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        chat.screen.desk.delete_message(chat.last.message_id, "Deleted.")
        await chat.pilot.press("ctrl+n")
        await ask(chat, "second")
        await chat.say("/undelete")
        await chat.until_shown("first", "precious")


async def test_a_message_comes_back_though_its_conversation_was_deleted_after_it(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("precious"), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        chat.screen.desk.delete_message(chat.last.message_id, "Deleted.")
        await chat.say("/delete")
        await chat.until_told("Deleted “first”")
        await chat.say("/undelete")
        await chat.until(lambda: chat.session.conversation.messages, "the conversation")
        await chat.say("/undelete")
        await chat.until_shown("precious")
    (conversation,) = (await stored(tmp_path)).values()
    assert [message.text for message in conversation.messages] == ["first", "precious"]


async def test_a_double_click_opens_a_conversation_once_and_the_last_wish_counts(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        first_id = chat.session.conversation_id
        await chat.pilot.press("ctrl+n")
        await ask(chat, "second")
        second_id = chat.session.conversation_id
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for _ in range(2):
            chat.screen.post_message(Sidebar.Opened(first_id))
        await chat.until_shown("first")
        assert [session.conversation_id for session in chat.screen.shelf.sessions] == [first_id]
        chat.screen.post_message(Sidebar.Opened(second_id))
        chat.screen.post_message(Sidebar.Opened(first_id))
        await chat.until(lambda: chat.screen.desk._tasks.are_done, "both to be read")
        assert chat.session.conversation_id == first_id


def press_at_once(chat: Chat, *keys: str) -> None:
    """Press keys so fast that they arrive together, as over a slow line."""
    for key in keys:
        chat.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_a_message_typed_in_one_burst_with_new_stays_in_its_conversation(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        before = chat.session
        press_at_once(chat, *"second", "enter", "ctrl+n", *"third")
        await chat.until(lambda: chat.screen.composer.draft == "third", "what was typed last")
        assert chat.session is not before
        texts = [m.text for m in before.conversation.path if m.role is Role.USER]
        assert texts == ["first", "second"]


async def test_a_message_sent_in_one_burst_with_quit_is_kept(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        press_at_once(chat, *"last words", "enter", "ctrl+q")
        await chat.until(lambda: not chat.app.is_running, "the end")
    (conversation,) = (await stored(tmp_path)).values()
    assert "last words" in [message.text for message in conversation.messages]


async def test_what_was_said_before_the_store_was_open_is_kept_by_who_leaves(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
    path = tmp_path / "chatapp.db"
    lock = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN IMMEDIATE")
    unlocking = threading.Timer(1.0, lock.close)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        chat.screen.composer.draft = "quick one"
        chat.screen.composer.action_send()
        chat.screen.composer.draft = "unsent words"
        unlocking.start()
        await chat.screen.action_run_command("quit")
    unlocking.join()
    kept = await stored(tmp_path)
    assert set(kept) == {"first", "quick one"}
    assert kept["quick one"].unsent_text == "unsent words"


async def test_a_conversation_that_another_program_wrote_on_is_read_anew(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("begun"), Wait(gate), *text_chunks(" and done"), *ending())
    async with (
        chat_with(chat_server.base_url, tmp_path) as one,
        chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as two,
    ):
        await one.say("question")
        await one.until_shown("begun")
        await two.pilot.press("ctrl+t")
        await two.until_shown("question")
        await two.pilot.press("enter")
        await two.until_told("open it again later")
        await two.type("half a thought")
        gate.set()
        await one.until_shown("begun and done")
        await one.until(lambda: one.screen.desk.library._queue.is_settled, "the disk")
        await two.pilot.press("ctrl+t", "ctrl+t")
        await two.until(lambda: two.screen.desk._listed.headers[0].message_count == 2, "the list")
        await two.pilot.press("enter")
        await two.until_shown("begun and done", "half a thought")
        assert len(two.screen.shelf.sessions) == 1


async def test_an_open_list_hears_of_another_program_and_a_closed_one_asks_nothing(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def count(store: SqliteStore) -> int:
        asked.append(await neighbour_revision(store))
        return asked[-1]

    async def asked_again() -> None:
        times = len(asked)
        await here.until(lambda: len(asked) > times, "another look")

    neighbour_revision = SqliteStore.neighbour_revision
    monkeypatch.setattr(SqliteStore, "neighbour_revision", count)
    monkeypatch.setattr(conversation_list, "LOOK_S", 0.05)
    home = Home(tmp_path)
    home.variables["CHATAPP_DATA_DIR"] = str(tmp_path)
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as here:
        await ask(here, "asked here")
        assert asked == []
        await here.pilot.press("ctrl+t")
        await here.until_shown("Today", "asked here")
        with monkeypatch.context() as counting:
            reads: list[object] = []
            headers = SqliteStore.headers
            counting.setattr(
                SqliteStore, "headers", lambda store: (reads.append(store), headers(store))[1]
            )
            await asked_again()
            await asked_again()
            assert reads == [], "the list is read though nobody has written"
        (tmp_path / "there.json").write_text(JsonExporter().export(CONVERSATION), "utf-8")
        imported = await asyncio.to_thread(home.run, "import", str(tmp_path / "there.json"))
        assert imported.returncode == 0, imported.stderr
        await here.until_shown("Pinned", "空调 & <script> #1")
        await here.pilot.press("ctrl+t")
        await here.until(lambda: here.screen.desk._tasks.are_done, "the last look")
        await here.pilot.press("ctrl+t")
        await asked_again()


async def test_unsent_text_is_marked_in_the_list_of_a_later_run(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for title in ("older", "newer"):
            await ask(chat, title)
            if title == "older":
                await chat.type("half a thought")
            await chat.pilot.press("ctrl+n")
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("older", "newer", "✎ unsent text")
        lines = {word: line for line in chat.text.splitlines() for word in line.split()[:2]}
        assert "✎" in lines["older"][:32]
        assert "✎" not in lines["newer"][:32]
        await chat.pilot.press("escape", "ctrl+r")
        await chat.until_shown("✎ unsent ·")


async def test_a_start_tells_of_unsent_text_in_the_newest_conversation(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    words = "Unsent text waits in “newer”; Ctrl+T lists it."
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for title in ("older", "newer"):
            await chat.pilot.press("ctrl+n")
            await ask(chat, title)
        await chat.type("half a thought")
        listed = chat.screen.desk._listed
        await chat.until(lambda: listed.headers[0].has_unsent_text, "the text to be kept")
        async with chat_with(chat_server.base_url, tmp_path) as other:
            await other.until(lambda: other.screen.composer.prompts, "the start to be over")
            assert other.notices == ""  # somebody writes it right now
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until_told(words)
        assert (chat.screen.composer.draft, chat.session.conversation.messages) == ("", ())
        await chat.pilot.press("ctrl+t", "home", "enter")
        await chat.until(lambda: chat.screen.composer.draft == "half a thought", "the text")
        chat.screen.composer.draft = ""
        await chat.pilot.pause()
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until(lambda: chat.screen.composer.prompts, "the start to be over")
        assert chat.notices == ""


async def test_what_was_typed_before_unsent_text_is_found_stays_and_the_text_is_told_of(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.type("half a thought")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        chat.screen.composer.draft = "quicker"
        await chat.until_told("Unsent text waits in “half a thought”; Ctrl+T lists it.")
        assert chat.screen.composer.draft == "quicker"


async def test_pinning_naming_and_copying_say_what_came_of_it(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        original = chat.session
        await chat.until(lambda: chat.screen.desk._listed.headers, "the list")
        await chat.say("/pin")
        await chat.until_told("Pinned: it stands above the others.")
        await chat.until(lambda: chat.screen.desk._listed.headers[0].is_pinned, "the pin")
        await chat.say("/pin")
        await chat.until_told("No longer pinned.")
        await chat.say("/rename  neu \t 唐 ")
        await chat.until_told("It is called “neu 唐” now.")
        await chat.say("/fork")
        await chat.until_told("Going on in a copy; the original stays as it is.")
        assert chat.session is not original


async def test_a_file_adds_nothing_to_a_conversation_whose_reply_streams(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("answer"), *ending())
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    file = tmp_path / "out.json"
    async with chat_with(chat_server.base_url, tmp_path, size=(160, 30)) as chat:
        await ask(chat, "endless")
        await chat.say(f"/export {file}")
        await chat.until(file.exists, "the file")
        await chat.say("go on")
        await chat.until_shown("begun")
        await chat.until(lambda: chat.screen.desk.library._queue.is_settled, "the disk")
        await chat.say(f"/import {file}")
        await chat.until_told(
            "Not taken in: “endless”: a reply is streaming there; stop it or wait"
        )
        assert "Took in" not in chat.notices
        chat.session.stop()
        await chat.until_idle()
        await chat.until(lambda: chat.screen.desk.library._queue.is_settled, "the disk")
        await chat.say(f"/import {file}")
        await chat.until_told("Took in 0 conversations, 1 here already.")
    (kept,) = (await stored(tmp_path)).values()
    assert [message.text for message in kept.messages] == ["endless", "answer", "go on", "begun"]


async def test_two_programs_do_not_write_the_same_unsent_text(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as one:
        await one.type("half a thought")
        await one.pilot.press("shift+tab")
        await one.until(lambda: one.screen.desk._listed.headers, "the text to be kept")
        async with chat_with(chat_server.base_url, tmp_path) as two:
            await two.until(lambda: two.screen.desk._listed.headers, "the list")
            assert two.screen.composer.draft == ""
            assert two.session.conversation_id != one.session.conversation_id
    async with chat_with(chat_server.base_url, tmp_path) as three:
        await three.until_shown("half a thought")


async def test_an_export_has_what_a_full_disk_does_not_take(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_store: SqliteStore, _writes: object) -> None:
        raise StorageError("The disk is full.", is_passing=True)

    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        await chat.until(lambda: chat.screen.desk.library._queue.is_settled, "the disk")
        with monkeypatch.context() as failing:
            failing.setattr(SqliteStore, "write", fail)
            await ask(chat, "second")
            await chat.until_told("nothing new is kept")
            await chat.say(f"/export md {tmp_path / 'rescued.md'}")
            await chat.until_told("Written to")
    assert "second" in (tmp_path / "rescued.md").read_text("utf-8")


async def test_a_copy_has_what_has_come_of_a_streaming_reply(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("endless")
        await chat.until_shown("begun")
        await chat.say("/fork")
        await chat.until(lambda: not chat.session.is_busy, "the copy")
        assert (chat.last.text, chat.last.ending) == ("begun", Ending.INTERRUPTED)


async def test_a_home_that_is_not_there_is_said(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/import ~nobody-of-that-name/chats.json")
        await chat.until_told("~nobody-of-that-name/chats.json cannot be read")


async def test_who_leaves_while_the_disk_is_full_is_told_on_the_terminal(
    chat_server: ChatServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def fail(_store: SqliteStore, _writes: object) -> None:
        raise StorageError("The disk is full.", is_passing=True)

    unkept = tmp_path / "chatapp-unkept.jsonl"
    monkeypatch.setattr(SqliteStore, "write", fail)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        await chat.pilot.press("ctrl+q")
    told = "".join(capfd.readouterr().err.splitlines())
    assert f"The disk did not take what was said last: it is in {unkept}." in told
    assert "first" in unkept.read_text("utf-8")


async def test_a_key_pressed_twice_opens_one_search(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        press_at_once(chat, "ctrl+r", "ctrl+r")
        await chat.until(lambda: chat.screen.desk._tasks.are_done, "the list")
        assert [isinstance(screen, SearchScreen) for screen in chat.app.screen_stack] in (
            [False, True],
            [False],  # the second key closed it
        )


async def test_a_conversation_is_deleted_once_and_no_key_for_its_row_brings_it_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        first_id = chat.session.conversation_id
        for request in (Sidebar.DeleteRequested, Sidebar.DeleteRequested):
            chat.screen.post_message(request(first_id))
        await chat.until_told("Deleted “first”")
        chat.screen.desk.serve(Sidebar.PinToggled(first_id))
        assert chat.notices.count("Deleted") == 1
        await chat.say("/undelete")
        await chat.until_shown("first")
        await chat.say("/undelete")
        await chat.until_told("Nothing was deleted")


async def test_esc_closes_the_find_bar_before_it_stops_a_reply(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("begun words"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("endless")
        await chat.until_shown("begun words")
        await chat.pilot.press("ctrl+f", *"words", "escape")
        assert not chat.screen.pane.find_bar.is_open
        assert chat.session.is_busy
        await chat.pilot.press("escape")
        await chat.until_idle()


async def test_an_unknown_command_is_doubted_once(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/nosuch thing")
        await chat.until_told("There is no command /nosuch")
        assert chat_server.chats == []
        await chat.pilot.press("enter")
        await chat.until(lambda: chat_server.chats, "the message")
        await chat.until_idle()
        await ask(chat, "/etc/hosts has what in it?")
        assert len(chat_server.chats) == 2


async def test_undoing_in_the_list_stays_in_the_list(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await ask(chat, "first")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("Today")
        assert "u undo" not in chat.text
        await chat.pilot.press("d")
        await chat.until_told("Deleted “first”")
        await chat.until_shown("u undo")
        await chat.pilot.press("u")
        await chat.until_shown("Today")
        assert chat.screen.sidebar.has_focus_within
        assert "u undo" not in chat.text


async def test_the_list_offers_to_undo_what_was_deleted_elsewhere_and_nothing_else(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await ask(chat, "first")
        await chat.say("/delete")
        await chat.until_told("Deleted “first”")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("u undo")
        await chat.pilot.press("escape")
        await chat.say("/undelete")
        await chat.until_shown("first")
        await chat.pilot.press("ctrl+t", "ctrl+t")
        await chat.until_shown("Today", "Esc back")
        assert "u undo" not in chat.text


async def test_what_is_no_format_is_told(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await ask(chat, "first")
        await chat.say("/export pdf")
        await chat.until_told("There is no format pdf; there are md, json, html.")


async def test_what_is_undone_while_it_is_still_being_deleted_comes_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("yes"), *ending())
    chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await ask(chat, "first")
        await chat.pilot.press("ctrl+n")
        await chat.say("second")
        await chat.until_shown("begun")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("● second", "  first")
        await chat.pilot.press("down", "d")
        await chat.until_told("Deleted “first”")
        press_at_once(chat, "d", "u")  # the reply that streams has to end first
        await chat.until_told("Brought back “second”")
        await chat.until_shown("  second")
        assert "Deleted “second”" not in chat.notices
        assert "Nothing was deleted" not in chat.notices
    assert [*await stored(tmp_path)] == ["second"]


async def test_a_pin_that_is_taken_back_at_once_is_gone(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await ask(chat, "first")
        await chat.pilot.press("ctrl+t")
        await chat.until_shown("Today", "  first")
        press_at_once(chat, "p", "p", "p", "p")
        await chat.pilot.pause()
    store = SqliteStore(tmp_path / "chatapp.db")
    await store.open()
    assert not [header for header in await store.headers() if header.is_pinned]
    await store.close()
