"""The screen of the context window: every part, the window, and who says so."""

from pathlib import Path

import pytest

from chatapp.core.context import ContextWindow
from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.ports import ChatRequest, Sampling, ToolDeclaration
from chatapp.core.usage import Usage
from chatapp.ui.screens.context_screen import ContextScreen, open_context
from chatapp.ui.widgets.row_list import RowList
from tests.support.chat_server import ChatServer, Respond, ending, text_chunks
from tests.support.full_screen import chat_with
from tests.ui.widgets.widget_bench import Bench

MODEL = ModelRef("lab", "m\x1b[2J")


def request(words: int = 100, **fields: object) -> ChatRequest:
    path = (
        ChatMessage("u", None, Role.USER, (TextPart("word " * words),), 0.0),
        ChatMessage(
            "r", "u", Role.ASSISTANT, (TextPart("Yes."),), 0.0, MODEL, usage=Usage(500, 5, 505)
        ),
    )
    tools = (ToolDeclaration("look", "Looks.", {"type": "object"}),)
    return ChatRequest(MODEL.model, path, system="Be brief", tools=tools, **fields)  # type: ignore[arg-type]


async def shown(
    window: ContextWindow | None, asked: ChatRequest, until: str, width: int = 100
) -> str:
    async def find_window() -> ContextWindow | None:
        return window

    bench = Bench()
    async with bench.shown(width, 30) as pilot:
        screen = ContextScreen(MODEL, asked, find_window)
        bench.push_screen(screen)
        for _ in range(200):
            await pilot.pause(0.01)
            rows = screen.query_one(RowList)
            lines = [rows.render_line(y).text for y in range(rows.virtual_size.height)]
            text = "\n".join(line.rstrip() for line in lines)
            if until in text:
                return text
    raise AssertionError(text)


async def test_every_part_has_a_bar_a_figure_and_a_share() -> None:
    text = await shown(ContextWindow(1000, "the server"), request(), "free")
    rows = {line[:22].strip(): line[22:].split()[1:] for line in text.splitlines() if "░" in line}
    assert list(rows) == [
        "system prompt",
        "your messages",
        "replies",
        "tool answers",
        "tools",
        "counted by the server",
        "next request",
        "free",
    ]
    assert "The window holds 1,000 tokens, says the server." in text
    assert rows["next request"] == ["505", "50%"], "reported figures are plain"
    assert rows["free"] == ["495", "50%"]
    assert rows["your messages"][0].startswith("~")


async def test_a_full_window_says_what_to_do() -> None:
    text = await shown(ContextWindow(520, "the price list"), request(), "/compact")
    assert "does not fit any more" in text
    assert "/new" in text
    assert "says the price list" in text
    text = await shown(
        ContextWindow(4000, "the server"), request(sampling=Sampling(max_tokens=10)), "free"
    )
    assert "up to 10 tokens" in text
    assert "/compact" not in text


async def test_an_unknown_window_is_said_with_the_way_to_tell_it() -> None:
    text = await shown(None, request(), "context_window")
    assert "free" not in text
    assert "next request" in text
    empty = ChatRequest(MODEL.model, ())
    assert "~0" in await shown(None, empty, "context_window")


async def test_it_opens_over_the_chat_with_the_unsent_text(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    listing = {"data": [{"id": "test-model", "max_model_len": 8000}]}
    chat_server.models_script = [Respond(200, listing)]
    chat_server.enqueue(*text_chunks("Hi"), *ending(usage=(3000, 280)))
    async with chat_with(chat_server.base_url, tmp_path, size=(110, 40)) as chat:
        await chat.say("Hello")
        await chat.until_shown("41%")
        open_context(chat.app, chat.session, chat.screen.directory, "word " * 800)
        await chat.until_shown("next request", "8,000 tokens, says the server")
        line = next(line for line in chat.text.splitlines() if "next request" in line)
        assert "~4,284" in line
        await chat.pilot.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)


@pytest.mark.parametrize("width", [40, 60, 100])
async def test_hostile_names_and_narrow_screens_do_no_harm(width: int) -> None:
    text = await shown(ContextWindow(1000, "the server"), request(), "next request", width)
    assert not set(text) & set("\x1b\x07")
