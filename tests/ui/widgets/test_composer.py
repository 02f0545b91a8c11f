import asyncio
import time

import pytest
from textual import events
from textual.events import Key
from textual.geometry import Region
from textual.widgets import TextArea

from chatapp.commands.registry import COMMANDS
from chatapp.ui.widgets.composer import Composer
from chatapp.ui.widgets.long_lines import MAX_LINE_LENGTH
from chatapp.ui.widgets.prompt_area import MAX_ROWS
from chatapp.ui.widgets.slash_menu import SlashMenu
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run


def make() -> tuple[Bench, Composer, SlashMenu]:
    menu = SlashMenu(COMMANDS, KEYMAP, can_run)
    composer = Composer(menu)
    return Bench(menu, composer), composer, menu


async def test_enter_sends_and_a_refused_text_comes_back_before_what_was_typed_since() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"hi there", "enter")
        assert [message.text for message in bench.posted(Composer.Submitted)] == ["hi there"]
        assert composer.draft == ""
        await pilot.press(*"more")
        composer.give_back("hi there")
        assert composer.draft == "hi there\nmore"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_a_pasted_text_keeps_its_lines(end: str) -> None:
    bench, composer, _ = make()
    async with bench.shown():
        composer.focus()
        composer.post_message(events.Paste(end.join(["def f(x):", "    return x", "", "f(1)"])))
        await composer.app.animator.wait_for_idle()
        while not composer.text:
            await asyncio.sleep(0)
        assert composer.draft == "def f(x):\n    return x\n\nf(1)"


async def test_keys_that_come_in_one_burst_keep_their_order() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.pause()
        for key in [*"ab", "ctrl+j", *"cd", "enter", *"ef", "enter", *"gh"]:
            character = key if len(key) == 1 else None
            pilot.app.post_message(Key(key, character))
        await pilot.pause()
        await pilot.pause()
        sent = [message.text for message in bench.posted(Composer.Submitted)]
        assert sent == ["ab\ncd", "ef"]
        assert composer.draft == "gh"


@pytest.mark.parametrize("keys", [(), (" ", " "), ("ctrl+j",)])
async def test_nothing_to_send_is_not_sent(keys: tuple[str, ...]) -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*keys, "enter")
        assert bench.posted(Composer.Submitted) == []


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter"])
async def test_newline_keys_begin_a_line(key: str) -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press("a", key, "b")
        assert composer.draft == "a\nb"
        assert bench.posted(Composer.Submitted) == []


async def test_grows_with_the_text_then_scrolls() -> None:
    bench, composer, _ = make()
    async with bench.shown(height=40) as pilot:
        composer.focus()
        assert composer.content_size.height == 1
        await pilot.press("a", "ctrl+j", "b", "ctrl+j", "c")
        await pilot.pause()
        assert composer.content_size.height == 3
        composer.draft = "\n".join(map(str, range(50)))
        await pilot.pause()
        assert composer.content_size.height == MAX_ROWS
        composer.take_out()
        await pilot.pause()
        assert composer.content_size.height == 1


async def test_takes_at_most_two_fifths_of_a_low_screen() -> None:
    bench, composer, _ = make()
    async with bench.shown(60, 15) as pilot:
        composer.draft = "\n" * 50
        await pilot.pause()
        assert composer.content_size.height == 6


async def test_wrapped_lines_count_as_lines() -> None:
    bench, composer, _ = make()
    async with bench.shown(60, 40) as pilot:
        composer.draft = "中文" * 50
        await pilot.pause()
        assert composer.content_size.height == 4


async def test_clear_is_undone_by_ctrl_z() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        assert composer.clear_undoably() is False
        await pilot.press(*"draft")
        assert composer.clear_undoably() is True
        assert composer.draft == ""
        await pilot.press("ctrl+z")
        assert composer.draft == "draft"


async def test_pasted_control_characters_are_made_visible() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        bench.post_message(events.Paste("a\x1b[31mb\r\nc\u202e"))
        await pilot.pause()
        assert composer.draft == "a␛[31mb\nc‹202E›"


async def test_a_megabyte_of_lines_is_pasted_and_edited_quickly() -> None:
    bench, composer, _ = make()
    text = "\n".join(f"line {number} {'x' * 40}" for number in range(20_000))
    async with bench.shown() as pilot:
        composer.focus()
        bench.post_message(events.Paste(text))
        await pilot.pause()
        assert composer.draft == text
        began = time.process_time()
        await pilot.press("a", "b", "left", "up", "backspace")
        assert time.process_time() - began < 2.0


async def test_a_megabyte_in_one_line_stands_as_a_mark_and_is_sent_whole() -> None:
    bench, composer, _ = make()
    text = "前 " * 500_000
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"see:")
        bench.post_message(events.Paste(text))
        await pilot.pause()
        assert len(composer.text) < 100
        await pilot.press("!", "enter")
        assert bench.posted(Composer.Submitted)[0].text == f"see:{text}!"


async def test_a_line_at_the_limit_stays_as_it_is() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.draft = "x" * MAX_LINE_LENGTH
        await pilot.pause()
        assert composer.text == "x" * MAX_LINE_LENGTH


async def test_the_placeholder_says_what_to_do() -> None:
    bench, composer, _ = make()
    async with bench.shown():
        assert "Message" in str(composer.placeholder)
        assert isinstance(composer, TextArea)
        assert not composer.cursor_blink


async def test_what_was_written_of_one_edit_outlives_the_next() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        composer.draft = "own words"
        composer.begin_edit("first", "one")
        await pilot.press(*" more")
        composer.begin_edit("second", "two")
        await pilot.press("escape")
        assert composer.draft == "own words\n\none more"


async def test_a_command_begun_from_elsewhere_gives_the_draft_back() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.draft = "a long\ndraft"
        composer.begin_command("rename")
        assert composer.unsent == "a long\ndraft"
        await pilot.press(*"title", "enter")
        assert [chosen.argument for chosen in bench.posted(SlashMenu.Chosen)] == ["title"]
        assert composer.draft == "a long\ndraft"
        composer.begin_command("rename")
        await pilot.press("escape", "escape")
        assert composer.draft == "a long\ndraft"


async def test_a_command_begun_while_a_message_is_edited_is_no_message() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.begin_edit("first", "one")
        await pilot.press(*" more")
        composer.begin_command("rename")
        assert composer.edited_message_id is None
        await pilot.press(*"title", "enter")
        assert bench.posted(SlashMenu.Chosen)
        assert composer.draft == "one more"


async def test_the_colours_are_those_of_the_theme_and_the_focus_of_now() -> None:
    bench, composer, _ = make()
    pictures: set[str] = set()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"hi")
        rows = Region.from_offset((0, 0), composer.outer_size)
        for theme, has_focus in (("textual-light", True), ("dracula", True), ("dracula", False)):
            bench.theme = theme
            bench.set_focus(composer if has_focus else None)
            await pilot.pause()
            picture = str(composer.render_lines(rows))
            composer.notify_style_update()
            composer.refresh()
            assert picture == str(composer.render_lines(rows))
            pictures.add(picture)
    assert len(pictures) == 3
