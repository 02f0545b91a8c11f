"""Walking through what was sent before, with Up and Down."""

import pytest
from textual.pilot import Pilot

from chatapp.commands.registry import COMMANDS
from chatapp.ui.widgets.composer import Composer
from chatapp.ui.widgets.prompt_history import PromptHistory
from chatapp.ui.widgets.slash_menu import SlashMenu
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run

PROMPTS = ("newest", "middle", "oldest")


def make(prompts: tuple[str, ...] = PROMPTS) -> tuple[Bench, Composer]:
    menu = SlashMenu(COMMANDS, KEYMAP, can_run)
    composer = Composer(menu)
    composer.prompts = prompts
    return Bench(menu, composer), composer


async def walk(pilot: Pilot[None], composer: Composer, *keys: str) -> list[str]:
    """What the composer shows after each key."""
    shown = []
    for key in keys:
        await pilot.press(key)
        shown.append(composer.draft)
    return shown


async def test_up_goes_back_to_the_oldest_and_down_on_to_nothing() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        assert await walk(pilot, composer, "up", "up", "up", "up") == [*PROMPTS, "oldest"]
        assert await walk(pilot, composer, "down", "down", "down", "down") == [
            "middle",
            "newest",
            "",
            "",
        ]
        assert await walk(pilot, composer, "up") == ["newest"]


async def test_without_prompts_up_does_nothing() -> None:
    bench, composer = make(())
    async with bench.shown() as pilot:
        composer.focus()
        assert await walk(pilot, composer, "up", "down") == ["", ""]


async def test_what_is_written_is_never_walked_away_from() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        assert await walk(pilot, composer, "a", "up", "down") == ["a", "a", "a"]
        composer.draft = ""
        assert await walk(pilot, composer, "up", "!", "up", "down") == [
            "newest",
            "newest!",
            "newest!",
            "newest!",
        ]
        assert await walk(pilot, composer, "backspace", "up") == ["newest", "middle"]


async def test_a_cleared_prompt_begins_a_new_walk() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press("up", "up")
        composer.clear_undoably()
        assert await walk(pilot, composer, "down", "up") == ["", "newest"]


async def test_within_a_prompt_of_several_lines_the_cursor_moves_first() -> None:
    bench, composer = make(("one\ntwo\nthree", "before", "word " * 40))
    async with bench.shown(40) as pilot:
        composer.focus()
        await pilot.press("up")
        assert composer.cursor_location == (2, 5)
        shown = await walk(pilot, composer, "up", "up", "up")
        assert shown == [composer.prompts[0], composer.prompts[0], "before"]
        await pilot.press("up")
        assert composer.draft == composer.prompts[2]
        await pilot.press("up")
        assert composer.cursor_location[1] > 0
        await pilot.press("down")
        assert composer.draft == composer.prompts[2]
        await pilot.press("down")
        assert composer.draft == "before"


async def test_what_is_sent_is_the_newest_and_repeats_are_kept_once() -> None:
    bench, composer = make()
    async with bench.shown() as pilot:
        composer.focus()
        for text in ("hello", "hello", "again"):
            await pilot.press(*text, "enter")
        assert composer.prompts == ("again", "hello", *PROMPTS)
        assert await walk(pilot, composer, "up", "enter", "up") == ["again", "", "again"]
        assert [message.text for message in bench.posted(Composer.Submitted)][-1] == "again"


async def test_a_prompt_that_looks_like_a_command_opens_no_menu() -> None:
    bench, composer = make(("/unknown thing", "before"))
    async with bench.shown() as pilot:
        composer.focus()
        assert await walk(pilot, composer, "up", "up") == ["/unknown thing", "before"]


async def test_hostile_and_enormous_prompts_are_recalled_like_pasted_ones() -> None:
    bench, composer = make(("a\x1b[31mb", "x" * 20_000, "before"))
    async with bench.shown() as pilot:
        composer.focus()
        shown = await walk(pilot, composer, "up", "up", "up", "down", "down")
        assert shown == ["a␛[31mb", "x" * 20_000, "before", "x" * 20_000, "a␛[31mb"]
        await pilot.press("up")
        assert composer.text == "⟦line 1: 20,000 characters⟧"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_walking_back_and_on_again_comes_to_nothing(count: int) -> None:
    history = PromptHistory()
    history.renew([str(number) for number in range(count)])
    back = [history.older() for _ in range(count + 1)]
    assert back == [*map(str, range(count)), None]
    on = [history.newer() for _ in range(count + 1)]
    assert on == [*map(str, reversed(range(count - 1))), "", *([""] if count else [])]


def test_a_walk_goes_on_when_prompts_from_elsewhere_come() -> None:
    history = PromptHistory()
    history.renew(["b", "c"])
    history.add("a")
    assert [history.older(), history.older()] == ["a", "b"]
    history.renew(["x", "b", "c"])
    assert history.prompts == ("a", "x", "b", "c")
    assert history.older() == "c"
    history.renew(["a", "x"])
    assert history.prompts == ("a", "x")
    assert history.newer() == ""


def test_what_was_sent_here_stays_where_nobody_else_has_it_yet() -> None:
    history = PromptHistory()
    history.add("mine")
    history.renew([])
    assert history.older() == "mine"
