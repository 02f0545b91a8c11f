"""The transcript in its pane: what the search line says of a conversation that goes on."""

import threading
from pathlib import Path

from textual.widgets import Static

from tests.support.chat_server import ChatServer, Wait, text_chunks
from tests.support.full_screen import Chat, chat_with


def count(chat: Chat) -> str:
    return str(chat.screen.pane.find_bar.query(Static).last().content)


async def test_the_search_line_counts_what_has_come_since(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    goes_on = threading.Event()
    chat_server.enqueue(*text_chunks("an apple"), Wait(goes_on), *text_chunks(" and an apple"))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("fruit?")
        await chat.until_shown("an apple")
        await chat.pilot.press("ctrl+f", *"apple")
        await chat.until(lambda: count(chat) == "1/1", "the first match")
        goes_on.set()
        await chat.until_idle()
        await chat.pilot.press("enter")
        await chat.until(lambda: count(chat) == "2/2", "the second match")


async def test_the_search_line_counts_steps_by_the_keys_of_the_transcript(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("an apple and an apple"))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("fruit?")
        await chat.until_idle()
        await chat.pilot.press("ctrl+f", *"apple")
        await chat.until(lambda: count(chat) == "1/2", "the first match")
        chat.screen.transcript.focus()
        await chat.pilot.press("n")
        await chat.until(lambda: count(chat) == "2/2", "the second match")
        await chat.pilot.press("N")
        await chat.until(lambda: count(chat) == "1/2", "the first match again")
