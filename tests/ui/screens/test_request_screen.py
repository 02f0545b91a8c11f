"""The screen of the next request: to the letter, never with a key, copied whole."""

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from chatapp.core.ports import JsonValue
from chatapp.ui.screens.request_screen import RequestScreen, open_request
from chatapp.ui.widgets.json_view import JsonView
from tests.support.chat_server import ChatServer
from tests.support.full_screen import chat_with
from tests.ui.widgets.widget_bench import Bench

KEY = "sk-very-secret-0123456789"


def lines_of(view: JsonView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def test_what_is_shown_is_what_is_sent(chat_server: ChatServer, tmp_path: Path) -> None:
    flags = {"system": "Be brief", "temperature": "0.5"}
    environ = {"OPENAI_API_KEY": KEY}
    async with chat_with(
        chat_server.base_url, tmp_path, size=(110, 60), flags=flags, environ=environ
    ) as chat:
        await chat.say("Hello")
        await chat.until_shown("world!")
        await chat.until_idle()
        open_request(chat.app, chat.session, chat.screen.directory, "And 中国?")
        await chat.until_shown('"temperature": 0.5', "POST", "/chat/completions", "中国")
        await chat.pilot.press("y")
        await chat.until_shown("Copied the request")
        copied = chat.app.clipboard
        await chat.pilot.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
        await chat.say("And 中国?")
        await chat.until(lambda: len(chat_server.chats) == 2)
        await chat.until_idle()
        sent = chat_server.chats[-1]
    assert json.loads(copied) == sent.body
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in copied


async def test_terminals_are_sent_nothing_that_acts() -> None:
    body = {"model": "m\x1b[2J", "messages": [{"role": "user", "content": "a\x9b31m\u202eb"}]}
    bench = Bench()
    async with bench.shown(60, 20) as pilot:
        screen = RequestScreen("http://x\x1b]0;y\x07/v1", lambda: body)
        bench.push_screen(screen)
        await until_there(pilot, screen)
        shown = "\n".join(lines_of(screen.query_one(JsonView)))
        assert '"model"' in shown
        assert not set(shown) & set("\x1b\x07\x9b\u202e")


async def until_there(pilot: object, screen: RequestScreen) -> JsonView:
    for _ in range(500):
        await pilot.pause(0.01)  # type: ignore[attr-defined]
        view = screen.query_one(JsonView)
        if view.virtual_size.height > 1:
            return view
    raise AssertionError("the request was never shown")


async def test_a_huge_request_opens_and_scrolls_at_once() -> None:
    contents = [{"role": "user", "content": f"{number} " + "word " * 400} for number in range(500)]
    body: Mapping[str, JsonValue] = {"model": "m", "messages": contents}
    bench = Bench()
    async with bench.shown(100, 30) as pilot:
        screen = RequestScreen("http://x/v1", lambda: body)
        began = time.perf_counter()
        bench.push_screen(screen)
        view = await until_there(pilot, screen)
        assert time.perf_counter() - began < 5
        assert view.virtual_size.height > 10_000
        assert view.max_scroll_x == 0
        await pilot.press("end")
        await pilot.pause()
        assert lines_of(view)[-1].strip() == "}"


async def test_it_follows_the_size_and_the_theme() -> None:
    bench = Bench()
    async with bench.shown(100, 30) as pilot:
        screen = RequestScreen("http://x/v1", lambda: {"model": "word " * 60})
        bench.push_screen(screen)
        view = await until_there(pilot, screen)
        before = view.virtual_size.height
        await pilot.resize_terminal(50, 30)
        await pilot.pause()
        assert view.virtual_size.height > before
        styles = {segment.style for segment in view.render_line(1)}
        bench.theme = next(name for name in bench.available_themes if name != bench.theme)
        await pilot.pause()
        assert {segment.style for segment in view.render_line(1)} != styles


async def test_nothing_is_copied_before_it_is_there() -> None:
    gate = threading.Event()
    bench = Bench()
    async with bench.shown(60, 20) as pilot:
        screen = RequestScreen("http://x/v1", lambda: {"waited": gate.wait(10)})
        bench.push_screen(screen)
        await pilot.press("y")
        assert bench.clipboard == ""
        gate.set()
        await until_there(pilot, screen)
        await pilot.press("y")
        await pilot.pause()
        assert json.loads(bench.clipboard) == {"waited": True}
