"""Editing an earlier message, and the text that is kept while it is not sent."""

import asyncio
import time

from chatapp.commands.registry import COMMANDS
from chatapp.ui.widgets.composer import EDITING_TITLE, Composer
from chatapp.ui.widgets.slash_menu import SlashMenu
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run


def make() -> tuple[Bench, Composer]:
    menu = SlashMenu(COMMANDS, KEYMAP, can_run)
    composer = Composer(menu)
    return Bench(menu, composer), composer


def sent(bench: Bench) -> list[tuple[str, str | None]]:
    return [(message.text, message.edits) for message in bench.posted(Composer.Submitted)]


def told(bench: Bench) -> list[str]:
    return [message.text for message in bench.posted(Composer.DraftChanged)]


async def until_told(bench: Bench, text: str, within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while told(bench)[-1:] != [text]:
            await asyncio.sleep(0.01)


async def test_an_edit_is_sent_as_one_and_what_was_written_comes_back() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        composer.begin_edit("m7", "old words")
        assert composer.border_title == EDITING_TITLE
        assert composer.edited_message_id == "m7"
        await pilot.press(*"!", "enter")
        assert sent(bench) == [("old words!", "m7")]
        assert (composer.draft, composer.border_title) == ("unsent", None)
        await pilot.press("enter")
        assert sent(bench)[1:] == [("unsent", None)]


async def test_esc_gives_up_the_edit_and_ctrl_z_brings_it_back() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        composer.begin_edit("m7", "old words")
        await pilot.press(*"!", "escape")
        assert (composer.draft, composer.border_title) == ("unsent", None)
        await pilot.press("ctrl+z")
        assert composer.draft == "old words!"


async def test_undoing_an_edit_stops_at_the_message_as_it_was() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        composer.begin_edit("m7", "old words")
        await pilot.press("!", "ctrl+z", "ctrl+z", "ctrl+z")
        assert (composer.draft, composer.edited_message_id) == ("old words", "m7")


async def test_esc_without_an_edit_is_for_others() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press("a", "escape", "b")
        assert composer.draft == "ab"
        assert composer.cancel_edit() is False


async def test_another_edit_keeps_what_was_written_before_the_first() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        composer.begin_edit("m7", "seven")
        composer.begin_edit("m9", "nine")
        assert composer.draft == "nine"
        await pilot.press("escape")
        assert composer.draft == "unsent"


async def test_clearing_an_edit_twice_ends_it() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        composer.begin_edit("m7", "seven")
        assert composer.clear_undoably()
        assert composer.edited_message_id == "m7"
        assert composer.clear_undoably()
        assert (composer.edited_message_id, composer.draft) == (None, "unsent")


async def test_a_refused_edit_is_an_edit_again() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        composer.begin_edit("m7", "seven")
        await pilot.press("enter")
        composer.give_back("seven", "m7")
        assert (composer.draft, composer.edited_message_id) == ("seven", "m7")
        composer.give_back("another")
        assert composer.draft == "seven"
        await pilot.press("escape")
        assert composer.draft == "another\nunsent"


async def test_an_edit_that_begins_with_a_slash_is_no_command() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        composer.begin_edit("m7", "/help me")
        await pilot.press("!", "enter")
        assert sent(bench) == [("/help me!", "m7")]


async def test_nothing_unsent_is_forgotten_while_a_message_is_edited() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"unsent")
        assert composer.unsent == "unsent"
        composer.begin_edit("m7", "old words")
        assert composer.unsent == "unsent"
        await pilot.press("!")
        assert composer.unsent == "unsent\n\nold words!"


async def test_the_draft_is_told_at_most_twice_a_second() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        began = time.monotonic()
        await pilot.press(*"many letters typed at once")
        await until_told(bench, "many letters typed at once")
        assert len(told(bench)) <= 2 * (time.monotonic() - began)


async def test_the_draft_is_told_at_once_when_it_is_sent_or_left() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"hi")
        bench.set_focus(None)
        await pilot.pause()
        assert told(bench)[-1] == "hi"
        composer.focus()
        await pilot.press("!", "enter")
        assert told(bench)[-1] == ""
        kinds = [type(message) for message in bench.posted(Composer.Submitted)]
        assert kinds == [Composer.Submitted]


async def test_nothing_runs_while_nothing_changes() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"hi", "left")
        await until_told(bench, "hi")
        assert not [timer for timer in composer._timers if timer._active.is_set()]
        await pilot.press("a", "backspace")
        bench.set_focus(None)
        await pilot.pause()
        assert not [timer for timer in composer._timers if timer._active.is_set()]
        assert told(bench) == ["hi"]


async def test_another_conversation_begins_with_what_was_left_there() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        composer.begin_edit("m7", "old words")
        composer.begin_with("left here")
        assert (composer.draft, composer.edited_message_id) == ("left here", None)
        await pilot.press("ctrl+z")
        assert composer.draft == "left here"
        composer.begin_with("")
        assert composer.draft == ""


async def test_a_command_that_is_half_typed_is_no_part_of_what_was_written_before() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.draft = "a long draft"
        composer.begin_command("rename")
        await pilot.press(*"new ti")
        assert composer.unsent == "a long draft"
        composer.begin_command("export")
        await pilot.press("escape", "escape")
        assert composer.draft == "a long draft"
        composer.begin_command("rename")
        composer.draft = "words after all"
        assert composer.unsent == "a long draft\n\nwords after all"
