from chatapp.commands.command import Command
from chatapp.commands.registry import BY_NAME, COMMANDS
from chatapp.ui.widgets.composer import Composer
from chatapp.ui.widgets.slash_menu import SlashMenu
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run


def make() -> tuple[Bench, Composer, SlashMenu]:
    menu = SlashMenu(COMMANDS, KEYMAP, can_run)
    composer = Composer(menu)
    return Bench(menu, composer), composer, menu


def only_stop_is_refused(command: Command) -> str:
    return "no reply is streaming" if command.name == "stop" else ""


async def test_a_slash_opens_it_and_deleting_the_slash_closes_it() -> None:
    bench, composer, menu = make()
    async with bench.shown() as pilot:
        composer.focus()
        assert not menu.is_open
        await pilot.press("/")
        assert menu.is_open
        assert menu.selected is COMMANDS[0]
        await pilot.press("backspace")
        assert not menu.is_open


async def test_typing_filters_and_enter_runs_at_once() -> None:
    bench, composer, _ = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/mod", "enter")
        chosen = bench.posted(SlashMenu.Chosen)
        assert [(message.command.name, message.argument) for message in chosen] == [("model", "")]
        assert composer.draft == ""
        assert bench.posted(Composer.Submitted) == []


async def test_tab_completes_and_the_argument_is_passed() -> None:
    bench, composer, menu = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/te", "tab")
        assert composer.draft == "/temperature "
        assert menu.is_open
        await pilot.press(*"0.5", "enter")
        chosen = bench.posted(SlashMenu.Chosen)
        assert [(message.command.name, message.argument) for message in chosen] == [
            ("temperature", "0.5")
        ]


def some_values(command: Command) -> list[str]:
    return ["lab/model-a", "lab/Model-b", "other\x1b/c"] if command.name == "model" else []


async def test_values_are_offered_and_what_is_typed_stays_first() -> None:
    menu = SlashMenu(COMMANDS, KEYMAP, can_run, some_values)
    composer = Composer(menu)
    bench = Bench(menu, composer)
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/model ")
        shown = menu.render().plain
        assert [line.split()[1] for line in shown.splitlines()[1:]] == [
            "lab/model-a",
            "lab/Model-b",
            "other\u241b/c",
        ]
        await pilot.press(*"model", "enter")  # a name that nobody has listed
        await pilot.press(*"/model model-b", "tab")
        assert composer.draft == "/model lab/Model-b"
        await pilot.press("enter")
        await pilot.press(*"/model lab", "down", "enter")
        chosen = bench.posted(SlashMenu.Chosen)
        assert [message.argument for message in chosen] == ["model", "lab/Model-b", "lab/model-a"]
        assert composer.draft == ""


async def test_arrows_select_around_the_end_and_stay_in_view() -> None:
    bench, composer, menu = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press("/", "up")
        assert menu.selected is COMMANDS[-1]
        await pilot.pause()
        assert f"/{COMMANDS[-1].name}" in menu.render().plain
        await pilot.press("down")
        assert menu.selected is COMMANDS[0]
        assert f"/{COMMANDS[0].name}" in menu.render().plain


async def test_escape_closes_it_and_enter_then_sends_the_text() -> None:
    bench, composer, menu = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/new", "escape")
        assert not menu.is_open
        await pilot.press("enter")
        assert [message.text for message in bench.posted(Composer.Submitted)] == ["/new"]


async def test_a_path_is_a_message() -> None:
    bench, composer, menu = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/etc/passwd ?", "enter")
        assert not menu.is_open
        assert [message.text for message in bench.posted(Composer.Submitted)] == ["/etc/passwd ?"]


async def test_a_command_that_cannot_run_says_why_and_keeps_the_text() -> None:
    menu = SlashMenu(COMMANDS, KEYMAP, only_stop_is_refused)
    composer = Composer(menu)
    bench = Bench(menu, composer)
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/stop", "enter")
        refused = bench.posted(SlashMenu.Refused)
        assert [(message.command.name, message.why_not) for message in refused] == [
            ("stop", "no reply is streaming")
        ]
        assert composer.draft == "/stop"
        assert "not now: no reply is streaming" in menu.render().plain


async def test_a_click_runs_a_command() -> None:
    bench, composer, menu = make()
    async with bench.shown() as pilot:
        composer.focus()
        await pilot.press(*"/new")
        await pilot.pause()
        await pilot.click(menu, offset=(5, menu.content_region.y - menu.region.y))
        assert [message.command for message in bench.posted(SlashMenu.Chosen)] == [BY_NAME["new"]]
        assert composer.draft == ""
