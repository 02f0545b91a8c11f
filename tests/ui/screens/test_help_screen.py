from textual.binding import Binding
from textual.widgets import Input

from chatapp.commands.registry import COMMANDS
from chatapp.ui.screens.help_screen import HelpScreen
from chatapp.ui.widgets.picker import NOTHING_FITS
from chatapp.ui.widgets.row_list import RowList
from tests.ui.widgets.widget_bench import KEYMAP, Bench

BINDINGS = (
    Binding("ctrl+z", "undo", "Undo"),
    Binding("super+z", "undo", "Undo"),
    Binding("f5", "run_command('retry')", "retry", id="retry"),
)


def make() -> tuple[Bench, HelpScreen]:
    return Bench(), HelpScreen(COMMANDS, KEYMAP, BINDINGS)


def text(screen: HelpScreen) -> str:
    rows = screen.query_one(RowList)
    return "\n".join(
        rows.render_line(y - rows.scroll_offset.y).text for y in range(rows.virtual_size.height)
    )


async def test_every_command_is_there_with_its_key_and_its_help_in_full() -> None:
    bench, screen = make()
    async with bench.shown(60, 24) as pilot:
        bench.push_screen(screen)
        await pilot.pause()
        await pilot.pause()
        shown = " ".join(text(screen).split())
        for command in COMMANDS:
            assert f"/{command.name}" in shown
            assert command.help.split()[-1] in shown
        assert "Ctrl+L F2 /model NAME" in shown


async def test_other_active_keys_are_listed_once_by_what_they_do() -> None:
    bench, screen = make()
    async with bench.shown(100, 24) as pilot:
        bench.push_screen(screen)
        await pilot.pause()
        await pilot.pause()
        lines = [" ".join(line.split()) for line in text(screen).splitlines()]
        assert "Ctrl+Z Super+Z Undo" in lines
        assert len([line for line in lines if line.startswith("F5")]) == 1


async def test_typing_searches_and_keys_scroll_and_close() -> None:
    for key in ("escape", "f1"):
        bench, screen = make()
        async with bench.shown(80, 24) as pilot:
            bench.push_screen(screen)
            await pilot.press("down", "pagedown")
            await pilot.pause()
            assert screen.query_one(RowList).scroll_offset.y > 1
            await pilot.press(*"temperature")
            await pilot.pause()
            assert "/temperature" in text(screen)
            assert "/quit" not in text(screen)
            await pilot.press(key)
            assert bench.screen is not screen


async def test_the_words_stay_where_they_are_while_one_types_until_nothing_fits() -> None:
    bench, screen = make()
    async with bench.shown(80, 24) as pilot:
        bench.push_screen(screen)
        await pilot.pause()
        place = screen.query_one(Input).region.offset
        await pilot.press(*"zzzz")
        await pilot.pause()
        assert text(screen).split() == NOTHING_FITS.split()
        assert screen.query_one(Input).region.offset == place
