"""The full screen over HTTP: what a person types, what the server does, what is then on screen."""

import threading
from pathlib import Path

import pytest
from textual.events import Paste

from chatapp.core.messages import Ending, ModelRef
from chatapp.ui.app import ChatApp
from chatapp.ui.command_palette import CommandPalette
from chatapp.ui.screens.help_screen import HelpScreen
from chatapp.ui.widgets.empty_state import Example
from tests.support.chat_server import (
    ChatServer,
    Drop,
    Respond,
    Stall,
    Wait,
    chunk,
    ending,
    reasoning_chunks,
    reply,
    text_chunks,
    tool_call_chunks,
)
from tests.support.full_screen import chat_with


async def test_a_question_is_answered_on_the_screen(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    gate = threading.Event()
    deltas = ["是", "的", "，", "Al", "uminum", " Ox", "ide", " Al", "₂", "O", "₃", "。\n\n"]
    chat_server.enqueue(*text_chunks(*deltas[:4]), Wait(gate), *text_chunks(*deltas[4:]), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until_shown("Message", "test-model", "ready")
        await chat.say("有透明的金属吗？")
        await chat.until_shown("有透明的金属吗？", "是的，Al", "answering")
        gate.set()
        await chat.until_idle()
        await chat.until_shown("是的，Aluminum Oxide Al₂O₃。", "7 in, 3 out", "10 total", "TTFT")
        assert chat.screen.composer.draft == ""
        assert chat_server.chats[0].body["messages"] == [
            {"role": "user", "content": "有透明的金属吗？"}
        ]


async def test_one_escape_stops_and_the_next_request_is_legal(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("half a "), Stall())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_shown("half a")
        await chat.pilot.press("escape")
        assert chat.last.ending is Ending.STOPPED
        assert chat_server.chats[0].disconnected.wait(0.5)
        await chat.until_shown("half a", "stopped")
        await chat.say("again")
        await chat.until_shown("Hello, world!")
        assert [m["role"] for m in chat_server.chats[1].body["messages"]] == [
            "user",
            "assistant",
            "user",
        ]


async def test_escape_before_the_first_byte_leaves_no_empty_turn(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(Stall())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("first")
        await chat.until(lambda: chat_server.chats, "the request")
        await chat.pilot.press("escape")
        await chat.until_idle()
        await chat.say("second")
        await chat.until_shown("Hello, world!")
        messages = chat_server.chats[1].body["messages"]
        assert all(message["content"] for message in messages)


async def test_ctrl_c_stops_a_stream_then_clears_then_warns(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("half"), Stall())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_shown("half")
        chat.screen.composer.draft = "precious"
        await chat.pilot.press("ctrl+c")
        assert not chat.session.is_busy
        assert chat.screen.composer.draft == "precious"
        await chat.pilot.press("ctrl+c")
        assert chat.screen.composer.draft == ""
        await chat.pilot.press("ctrl+z")
        assert chat.screen.composer.draft == "precious"
        await chat.pilot.press("ctrl+c", "ctrl+c")
        await chat.until_shown("again")
        assert chat.app.return_code is None
        await chat.pilot.press("ctrl+c")
        assert chat.app.return_code == 0


async def test_a_failure_is_told_with_the_next_step_and_its_key(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    words = {"error": {"message": "Incorrect API key [bold]provided[/] \x1b[31m"}}
    chat_server.enqueue(Respond(401, words, {"x-request-id": "req-77"}))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("谁？")
        await chat.until_shown("谁？", "401", "[bold]provided[/]", "req-77", "Ctrl+L")
        assert "\x1b" not in chat.text
        await chat.pilot.press("f5")
        await chat.until_shown("Hello, world!")
        assert "provided" not in chat.text  # a port may have 401 in it
        assert len(chat_server.chats[1].body["messages"]) == 1


async def test_a_cut_reply_is_kept_and_continued_in_place(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("The first half"), Drop(is_reset=True))
    chat_server.enqueue(*reply(" and the second."))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_idle()
        await chat.until_shown("The first half", "F6")
        assert chat.last.ending is Ending.CUT
        await chat.pilot.press("f6")
        await chat.until_shown("The first half and the second.")
        assert chat_server.chats[1].body["messages"][-1]["role"] == "assistant"


async def test_a_reply_cut_by_max_tokens_says_so(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(*text_chunks("热力学第二定律确实指出，在"), *ending("length", (39, 10)))
    async with chat_with(chat_server.base_url, tmp_path, size=(120, 30)) as chat:
        await chat.say("/max-tokens 10")
        await chat.say("世界将越来越混乱")
        await chat.until_shown("热力学第二定律确实指出，在", "ended: length", "39 in, 10 out")
        assert chat_server.chats[0].body["max_tokens"] == 10


async def test_reasoning_is_folded_and_unfolds(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(*reasoning_chunks("secret ", "thoughts"), *text_chunks("42"), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("what?")
        await chat.until_idle()
        await chat.until_shown("42", "Reasoned")
        assert "secret thoughts" not in chat.text
        await chat.pilot.press("ctrl+o")
        await chat.until_shown("secret thoughts")


async def test_a_tool_call_shows_its_name_and_arguments(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    fragments = ['{"', "city", '":"', "北京", '"}']
    chat_server.enqueue(
        *tool_call_chunks(0, "call_1", "get_weather", *fragments), *ending("tool_calls")
    )
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("北京今天天气如何？")
        await chat.until_idle()
        await chat.until_shown("get_weather", "北京")


async def test_the_model_is_switched_from_the_dropdown(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("one")
        await chat.until_shown("Hello, world!")
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("other-model")
        await chat.type("other")
        await chat.pilot.press("enter")
        await chat.until(lambda: chat.session.conversation.model.model == "other-model")
        await chat.say("two")
        await chat.until(lambda: len(chat_server.chats) == 2)
        assert chat_server.chats[1].body["model"] == "other-model"
        await chat.until_idle()


async def test_a_typed_model_needs_no_list(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.models_script = [Respond(404, "nothing here")]
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/model 我的模型")
        endpoint = chat.session.conversation.model.endpoint
        assert chat.session.conversation.model == ModelRef(endpoint, "我的模型")


async def test_what_is_sent_while_a_reply_streams_stays_in_the_composer(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("half"), Stall())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_shown("half")
        await chat.say("too early")
        assert chat.screen.composer.draft == "too early"
        await chat.pilot.press("escape")
        assert len(chat_server.chats) == 1


async def test_a_new_conversation_leaves_the_old_one_streaming(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("old "), Wait(gate), *text_chunks("reply"), *ending())
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("one")
        await chat.until_shown("old")
        old = chat.session
        await chat.pilot.press("ctrl+n")
        await chat.say("two")
        await chat.until_shown("Hello, world!")
        assert "old" not in chat.text
        gate.set()
        await chat.until(lambda: not old.is_busy)
        await chat.say("/previous")
        await chat.until_shown("one", "old reply")


async def test_a_misspelt_command_is_sent_only_when_it_is_meant(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/modle gpt")
        await chat.until_shown("Did you mean /model?")
        assert chat.screen.composer.draft == "/modle gpt"
        assert chat_server.chats == []
        await chat.pilot.press("enter")
        await chat.until_shown("Hello, world!")


async def test_the_palette_lets_a_value_be_typed(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/system Be brief.")
        await chat.pilot.press("ctrl+p", *"system pr")
        await chat.until_shown("╭─ Commands", "/system")
        await chat.pilot.press("enter")
        assert chat.screen.composer.draft == "/system "
        assert chat.session.options.system == "Be brief."


@pytest.mark.parametrize("text", ["/usr/bin/env is a path", "a / b"])
async def test_a_slash_that_is_no_command_is_a_message(
    chat_server: ChatServer, tmp_path: Path, text: str
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say(text)
        await chat.until_shown("Hello, world!")
        assert chat_server.chats[0].body["messages"][-1]["content"] == text


async def test_a_server_without_usage_gets_an_estimate_marked_as_one(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(*text_chunks("four words of text"), *ending(usage=None))
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_idle()
        await chat.until_shown("~4 out")


async def test_hostile_text_never_acts(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(
        chunk({"content": "a\x1b]0;owned\x07b\x9b2Jc\u202ed [red]e[/red]"}), *ending()
    )
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_idle()
        await chat.until_shown("[red]e[/red]", "‹202E›")
        assert not set(chat.text) & set("\x1b\x07\x9b\u202e")


async def test_what_is_pasted_while_reading_is_as_safe_as_in_the_composer(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        await chat.until_idle()
        await chat.pilot.press("shift+tab")
        long_line = "x" * 9_000
        chat.screen.transcript.post_message(Paste(f"a\x1b[31mb\n{long_line}"))
        await chat.until(lambda: chat.screen.composer.text, "the pasted text")
        assert "\x1b" not in chat.screen.composer.draft
        assert long_line not in chat.screen.composer.text
        assert long_line in chat.screen.composer.draft


async def test_any_size_can_be_taken_on_while_a_reply_streams(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    gate = threading.Event()
    chat_server.enqueue(
        *text_chunks(*["| a | b |\n"] * 40), Wait(gate), *text_chunks("\nthe end"), *ending()
    )
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("go")
        for size in ((20, 6), (5, 4), (1, 1), (200, 50), (20, 6), (80, 24)):
            await chat.pilot.resize_terminal(*size)
        gate.set()
        await chat.until_idle()
        await chat.until_shown("the end", "Message")


@pytest.mark.parametrize("size", [(20, 6), (3, 2)])
async def test_every_panel_opens_and_closes_on_a_tiny_terminal(
    chat_server: ChatServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=size) as chat:
        await chat.say("go")
        await chat.until_idle()
        for keys in (["f1"], ["f2"], ["ctrl+p"], ["ctrl+f", "a"], ["/", "down"]):
            await chat.pilot.press(*keys, "escape")
            assert chat.app.screen is chat.screen
        await chat.pilot.resize_terminal(80, 24)
        await chat.until_shown("Hello, world!")


async def test_the_palette_stays_away_above_another_panel(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("f1", "ctrl+p")
        assert [type(screen) for screen in chat.app.screen_stack[1:]] == [HelpScreen]
        await chat.pilot.press("escape", "ctrl+p")
        assert [type(screen) for screen in chat.app.screen_stack[1:]] == [CommandPalette]


@pytest.mark.parametrize("number", ["0", "-1", "ten", "9" * 5000])
async def test_a_limit_that_is_no_number_of_tokens_is_refused(
    chat_server: ChatServer, tmp_path: Path, number: str
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say(f"/max-tokens {number}")
        await chat.until_shown("whole number above 0")
        assert chat.session.options.sampling.max_tokens is None


async def test_an_unknown_theme_in_the_config_is_told(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text('theme = "[b]nonsense"\n')
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until_shown("There is no theme '[b]nonsense'")


async def test_a_model_by_name_is_remembered_and_its_endpoint_may_be_named(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        endpoint = chat.session.conversation.model.endpoint
        await chat.say(f"/model {endpoint}/org/one")
        assert chat.session.conversation.model == ModelRef(endpoint, "org/one")
        await chat.say("/model two")
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("recent", "org/one")


async def test_an_empty_conversation_offers_nothing_to_read_or_find(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.until_shown("Try")
        assert "Ctrl+F" not in chat.text
        await chat.pilot.press("tab")
        assert isinstance(chat.app.focused, Example)
        await chat.pilot.press("shift+tab")
        assert chat.screen.composer.has_focus
        await chat.pilot.press("ctrl+f")
        await chat.until_shown("there are no messages yet")
        assert chat.screen.composer.has_focus


async def test_up_in_an_empty_composer_brings_the_last_message_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.pilot.press("up")
        assert chat.screen.composer.draft == ""
        for text in ("one", "two"):
            await chat.say(text)
            await chat.until_idle()
        await chat.pilot.press("up")
        assert chat.screen.composer.draft == "two"


async def test_slash_on_a_message_opens_the_search(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("one")
        await chat.until_idle()
        await chat.pilot.press("shift+tab", "slash")
        assert chat.screen.pane.find_bar.is_open


async def test_ctrl_c_copies_from_the_search_before_it_clears_the_composer(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("one")
        await chat.until_idle()
        chat.screen.composer.draft = "precious"
        await chat.pilot.press("ctrl+f", *"hello", "shift+home", "ctrl+c")
        assert chat.screen.composer.draft == "precious"
        await chat.until(lambda: chat.app.clipboard == "hello", "the copy")


async def test_what_is_wrong_at_the_start_does_not_lie_over_the_first_reply(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChatApp, "NOTIFICATION_TIMEOUT", 600.0)  # none goes by itself
    flags = {"theme": "no-such-theme"}
    async with chat_with(chat_server.base_url, tmp_path, flags=flags, size=(80, 24)) as chat:
        await chat.until_told("There is no theme")
        chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
        await chat.say("/no-such-command")
        await chat.until_told("There is no command")
        assert "There is no theme" in chat.notices
        await chat.say("hello")
        await chat.until_shown("begun")
        await chat.until(lambda: "There is no theme" not in chat.notices, "room for the reply")
        assert "There is no command" in chat.notices
        chat.session.stop()


async def test_the_bottom_line_tells_what_esc_does_while_searching(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        chat_server.enqueue(*text_chunks("begun"), Wait(threading.Event()))
        await chat.say("hello")
        await chat.until_shown("begun", "Esc stop")
        await chat.pilot.press("ctrl+f")
        await chat.until_shown("Esc close search  Ctrl+C stop")
        assert "Esc stop" not in chat.text
        await chat.pilot.press("escape")
        await chat.until_shown("Esc stop")
        assert "close search" not in chat.text
        assert chat.session.is_busy
        chat.session.stop()


async def test_the_slash_menu_completes_themes_and_the_models_known_so_far(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.type("/theme nor")
        await chat.until_shown("/theme nord")
        await chat.pilot.press("tab", "enter")
        await chat.until(lambda: chat.app.theme == "nord", "the theme")
        chat.screen.models.select(ModelRef(chat.session.conversation.model.endpoint, "other-model"))
        await chat.type("/model oth")
        await chat.until_shown("/other-model")
        assert chat_server.exchanges == []
