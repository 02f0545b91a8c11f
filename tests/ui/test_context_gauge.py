"""The gauge in the status bar: what it shows, where it takes it from, and when it warns."""

import threading
from pathlib import Path

import pytest

from chatapp.core.bar_charts import gauge
from chatapp.core.context import ContextFill, ContextWindow
from chatapp.core.messages import ModelRef
from chatapp.session.compaction import Advice
from chatapp.ui.status_figures import (
    ContextFigure,
    Rank,
    StatusFigures,
    StatusItem,
    status_items,
)
from tests.support.chat_server import ChatServer, Respond, Wait, chunk, ending, text_chunks
from tests.support.full_screen import chat_with

MODEL = ModelRef("lab", "m")
NOTICE = "would not fit"


def item(total: int, window: int, *, is_estimated: bool = False) -> StatusItem:
    fill = ContextFill(user=total, is_estimated=is_estimated)
    context = ContextFigure(MODEL, fill, ContextWindow(window, "the server"))
    (found,) = status_items(StatusFigures(MODEL, context=context))
    return found


@pytest.mark.parametrize(
    ("total", "is_estimated", "text", "is_warning"),
    [
        (0, False, "ctx ▕░░░░░▏ 0%", False),
        (1, False, "ctx ▕█░░░░▏ 0%", False),
        (410, False, "ctx ▕██░░░▏ 41%", False),
        (410, True, "ctx ▕██░░░▏ ~41%", False),
        (800, False, "ctx ▕████░▏ 80%", True),
        (999, False, "ctx ▕████░▏ 100%", True),
        (1300, True, "ctx ▕█████▏ ~130%", True),
    ],
)
def test_the_share_is_shown_as_a_bar_and_a_figure(
    total: int, is_estimated: bool, text: str, is_warning: bool
) -> None:
    shown = item(total, 1000, is_estimated=is_estimated)
    assert (shown.text, shown.is_warning) == (text, is_warning)


def test_a_warning_is_the_last_figure_to_go() -> None:
    assert item(900, 1000).rank < Rank.SPEED < item(100, 1000).rank


def test_a_gauge_never_leaves_its_ends() -> None:
    assert {len(gauge(share / 100, 7)) for share in range(-10, 300)} == {7}


def of(server: ChatServer, window: int) -> None:
    entries = [{"id": "test-model", "max_model_len": window}]
    server.models_script = [Respond(200, {"data": entries})]


async def test_the_gauge_fills_with_what_the_server_reports(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    of(chat_server, 8000)
    chat_server.enqueue(*text_chunks("Hi"), *ending(usage=(3000, 280)))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await chat.pilot.pause()
        assert not chat_server.exchanges, "nobody asked for a window before something was said"
        await chat.say("Hello")
        await chat.until_shown("ctx ▕██░░░▏ 41%")
        assert [exchange.method for exchange in chat_server.exchanges] == ["POST", "GET"]


async def test_without_a_window_there_is_no_gauge_and_with_a_setting_there_is(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path / "a") as chat:
        await chat.say("Hello")
        await chat.until_shown("TTFT")
        await chat.until(lambda: len(chat_server.exchanges) == 2, "the list of models")
        assert "ctx" not in chat.text
    flags = {"context_window": "100"}
    async with chat_with(chat_server.base_url, tmp_path / "b", flags=flags) as chat:
        await chat.say("Hello")
        await chat.until_shown("ctx ▕█░░░░▏ 10%")


async def test_a_full_window_is_said_once(chat_server: ChatServer, tmp_path: Path) -> None:
    of(chat_server, 4000)
    for _ in range(2):
        chat_server.enqueue(*text_chunks("Hi"), *ending(usage=(3500, 100)))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 40)) as chat:
        await chat.say("Hello")
        await chat.until_shown(NOTICE, "/compact")
        assert chat.screen.gauge.advice(chat.session) is Advice.TELL
        assert chat.session.context_window == 4000
        chat.app.clear_notifications()
        await chat.until(lambda: NOTICE not in chat.text)
        await chat.say("And?")
        await chat.until(lambda: len(chat_server.chats) == 2)
        await chat.until_idle()
        await chat.until_shown("90%")
        assert NOTICE not in chat.text


@pytest.mark.parametrize(("compact", "advice"), [("auto", Advice.COMPACT), ("off", Advice.SEND)])
async def test_who_wants_no_notice_gets_none(
    chat_server: ChatServer, tmp_path: Path, compact: str, advice: Advice
) -> None:
    of(chat_server, 4000)
    chat_server.enqueue(*text_chunks("Hi"), *ending(usage=(3500, 100)))
    async with chat_with(
        chat_server.base_url, tmp_path, size=(120, 30), flags={"compact": compact}
    ) as chat:
        await chat.say("Hello")
        await chat.until_shown("90%")
        assert NOTICE not in chat.text
        assert chat.screen.gauge.advice(chat.session) is advice


async def test_the_gauge_grows_while_a_reply_streams(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    of(chat_server, 1000)
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("Hi"), *ending(usage=(100, 2)))
    chat_server.enqueue(chunk({"content": "w" * 2000}), Wait(gate), *ending(usage=(110, 500)))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 40)) as chat:
        await chat.say("Hello")
        await chat.until_shown("10%")
        await chat.say("More")
        try:
            await chat.until_shown("~61%")
        finally:
            gate.set()
        await chat.until_shown(" 61%")


async def test_a_summary_empties_the_window_and_the_original_stays(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    of(chat_server, 4000)
    chat_server.enqueue(*text_chunks("Hi"), *ending(usage=(3500, 100)))
    chat_server.enqueue(*text_chunks("We greeted."), *ending(usage=(3600, 5)))
    chat_server.enqueue(*text_chunks("Gladly."), *ending(usage=(60, 5)))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 40)) as chat:
        await chat.say("Hello")
        await chat.until_shown("90%")
        assert chat.session.compact()
        await chat.until_idle()
        await chat.until_shown("ctx ▕█░░░░▏ ~0%", "Hello", "Summary of what came before")
        await chat.say("Go on")
        await chat.until_shown("Gladly.", "ctx ▕█░░░░▏ 2%")
    asked, further = (exchange.body["messages"] for exchange in chat_server.chats[1:])
    assert "User: Hello\n\nAssistant: Hi" in asked[0]["content"]
    assert [entry["role"] for entry in further] == ["user", "assistant", "user"]
    assert [entry["content"] for entry in further[1:]] == ["We greeted.", "Go on"]


async def test_a_refusal_as_too_long_names_the_way_out(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    refusal = {"error": {"code": "context_length_exceeded", "message": "too long"}}
    chat_server.enqueue(Respond(400, refusal))
    chat_server.enqueue(*text_chunks("In short: much."), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 40)) as chat:
        await chat.say("much " * 2000)
        await chat.until_shown("longer than the model can read", "/compact")
        assert chat.session.compact()
        await chat.until_shown("Summary of what came before")
        await chat.until_idle()
        assert chat.last.text == "In short: much."
    first, second = (len(exchange.raw_body) for exchange in chat_server.chats)
    assert second < first
