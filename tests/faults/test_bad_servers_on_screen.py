"""The fault matrix as a person sees it: one app, one bad server after the other."""

import asyncio
import time
from pathlib import Path

import pytest

from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import FailureKind
from chatapp.core.messages import Ending
from chatapp.core.wire import WireTaps
from chatapp.providers.openai_chat import OpenAIChat
from chatapp.ui.change_pump import MOST_WAITING
from tests.faults.faults import FAULTS
from tests.faults.test_bad_servers import HASTY
from tests.support.chat_server import ChatServer
from tests.support.full_screen import chat_with

BY_NAME = {fault.name: fault for fault in FAULTS}
ON_SCREEN = (
    ("closed before the headers", "hangs before the headers", "reset after a word", "trickles"),
    ("a flood of comments", "endless tokens", "endless tool calls", "one event of 50 MB"),
    ("invalid UTF-8", "NUL", "deep JSON", "huge numbers", "huge progress"),
    ("a bomb of gzip", "an error that is a bomb", "a redirect loop"),
)
FLOOD_S = 3.0
LONGEST_BLOCK_S = 0.8
"""Reading, cutting and keeping 10 MB at once, on a machine that has other work."""


def hasty_chat(endpoint: Endpoint, taps: WireTaps) -> OpenAIChat:
    return OpenAIChat(endpoint, HASTY, taps=taps)


@pytest.mark.parametrize("names", ON_SCREEN, ids=lambda names: names[0])
async def test_the_app_goes_on_after_every_fault(
    chat_server: ChatServer, tmp_path: Path, names: tuple[str, ...]
) -> None:
    async with chat_with(
        chat_server.base_url,
        tmp_path,
        flags={"reply_limit": "20000"},
        make_provider=hasty_chat,
    ) as chat:
        for name in names:
            fault = BY_NAME[name]
            for _ in range(fault.attempts):
                chat_server.enqueue(fault.script)
            await chat.say(f"now {name}")
            await chat.until(lambda: len(chat.session.conversation.path) % 2 == 0, "a reply")
            await chat.until_idle()
            failure = chat.last.failure
            assert (failure.kind if failure else None) == fault.kind
            assert chat.last.text == fault.text
            if failure is not None:
                # where a sentence is broken into lines only the screen's width decides
                shown = " ".join(chat.text.split())
                assert failure.summary.split(":")[0][:60] in shown, chat.text
                assert failure.next_step.split(".")[0][:40] in shown, chat.text
            await chat.say("and now?")
            await chat.until(lambda: chat.last.text == "Hello, world!", "the next reply")
            assert chat.last.ending is Ending.FINISHED


async def test_the_end_of_a_flood_that_is_stopped_is_soon_seen(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(BY_NAME["endless tokens"].script)
    async with chat_with(
        chat_server.base_url, tmp_path, flags={"reply_limit": "1000000000"}
    ) as chat:
        await chat.say("go")
        await chat.until_shown("word word")
        flooded_until = time.monotonic() + FLOOD_S
        await chat.until(lambda: time.monotonic() > flooded_until, "the flood")
        await chat.pilot.press("escape")
        await chat.until_shown("stopped")
        assert "Esc stop" not in chat.text
        assert len(chat.last.text) > 2 * MOST_WAITING


async def test_a_reply_that_comes_at_once_leaves_the_loop_to_the_keys(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    fault = BY_NAME["one event of 10 MB"]
    chat_server.enqueue(fault.script)
    async with chat_with(
        chat_server.base_url,
        tmp_path,
        flags={"reply_limit": "300000"},
        make_provider=hasty_chat,
    ) as chat:
        longest_s = 0.0

        async def watch() -> None:
            nonlocal longest_s
            while True:
                before = time.monotonic()
                await asyncio.sleep(0.02)
                longest_s = max(longest_s, time.monotonic() - before)

        watching = asyncio.create_task(watch())
        await chat.say("go")
        await chat.until(lambda: len(chat.last.text) == 300_000, "the reply")
        await chat.until_idle()
        await chat.type("quick")
        watching.cancel()
        assert chat.screen.composer.draft == "quick"
        assert longest_s < LONGEST_BLOCK_S
        assert chat.last.failure is not None
        assert chat.last.failure.kind is FailureKind.CUT
