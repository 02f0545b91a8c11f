"""The command palette: finds commands by name and by what they do."""

from textual.containers import Vertical

from chatapp.commands.command import Command
from chatapp.commands.registry import BY_NAME, COMMANDS
from chatapp.ui.command_palette import CommandPalette
from chatapp.ui.widgets.row_list import RowList
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run


class Opened:
    """A palette above an empty app, and what it was dismissed with."""

    def __init__(self, not_now: str = "") -> None:
        self.bench = Bench()
        self.palette = CommandPalette(
            COMMANDS,
            KEYMAP,
            lambda command: "there is nothing" if command.name == not_now else can_run(command),
        )
        self.results: list[Command | None] = []

    def open(self) -> None:
        self.bench.push_screen(self.palette, self.results.append)

    @property
    def lines(self) -> list[str]:
        rows = self.palette.query_one(RowList)
        return [rows.render_line(y).text.rstrip() for y in range(rows.size.height)]


async def test_every_command_stands_with_its_words_and_its_key() -> None:
    opened = Opened()
    async with opened.bench.shown(120, 70) as pilot:
        opened.open()
        await pilot.pause()
        assert len(opened.lines) == len(COMMANDS)
        help_line = next(line for line in opened.lines if line.startswith("/help "))
        assert BY_NAME["help"].help in help_line
        assert help_line.endswith("F1")


async def test_names_come_before_words_of_the_help() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.press(*"model")
        await pilot.pause()
        assert opened.lines[0].startswith("/model ")
        assert len(opened.lines) > 1
        await pilot.press("enter")
        assert opened.results == [BY_NAME["model"]]


async def test_words_in_any_order_and_a_slash_find_a_command() -> None:
    for typed in ("colours choose", "/theme"):
        opened = Opened()
        async with opened.bench.shown() as pilot:
            opened.open()
            await pilot.press(*typed)
            await pilot.pause()
            assert [line.split()[0] for line in opened.lines] == ["/theme"]


async def test_a_command_that_cannot_run_says_why_behind_the_others() -> None:
    opened = Opened(not_now="stop")
    async with opened.bench.shown(120, 70) as pilot:
        opened.open()
        await pilot.pause()
        assert opened.palette.selected != BY_NAME["stop"]
        assert opened.lines[-1].startswith("/stop ")
        assert "not now: there is nothing" in opened.lines[-1]


async def test_on_a_narrow_screen_keys_stay_and_words_are_cut() -> None:
    opened = Opened()
    async with opened.bench.shown(44, 20) as pilot:
        opened.open()
        await pilot.press(*"palette")
        await pilot.pause()
        assert opened.lines[0].startswith("/palette")
        assert opened.lines[0].endswith("Ctrl+P")


async def test_the_last_command_can_be_seen_where_not_all_have_room() -> None:
    opened = Opened()
    async with opened.bench.shown(60, 20) as pilot:
        opened.open()
        await pilot.pause()
        for _ in range(10):
            await pilot.press("pagedown")
        await pilot.pause()
        panel = opened.palette.query_one(Vertical)
        assert panel.content_region.contains_region(opened.palette.query_one(RowList).region)
        screen = [strip.text for strip in opened.bench.screen._compositor.render_strips()]
        assert any(f" /{COMMANDS[-1].name} " in line for line in screen)
