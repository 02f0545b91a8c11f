"""What a closed screen had painted does not stay in memory."""

import gc
from pathlib import Path

from textual._styles_cache import StylesCache

from tests.support.chat_server import ChatServer
from tests.support.full_screen import chat_with


def kept_lines() -> int:
    gc.collect()
    return sum(len(kept._cache) for kept in gc.get_objects() if isinstance(kept, StylesCache))


async def test_a_search_that_is_closed_keeps_no_lines(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        kept: list[int] = []
        for _ in range(4):
            await chat.pilot.press("ctrl+r")
            await chat.until(lambda: len(chat.app.screen_stack) == 2)
            await chat.pilot.press("escape")
            await chat.until(lambda: len(chat.app.screen_stack) == 1)
            kept.append(kept_lines())
        assert kept[-1] <= kept[0] + 30, kept
