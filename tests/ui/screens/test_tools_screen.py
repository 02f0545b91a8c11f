"""The list of tools: what is allowed is seen, and changed for good with Enter."""

from collections.abc import Callable, Mapping

from rich.cells import cell_len
from textual.app import App

from chatapp.core.ports import JsonValue, Policy, Tool, ToolDeclaration
from chatapp.ui.screens.tools_screen import ToolsScreen


class LabTool:
    def __init__(self, name: str, origin: str, about: str = "A tool.") -> None:
        self.declaration = ToolDeclaration(name, about, {})
        self.origin = origin
        self.default_policy = Policy.ASK

    async def run(self, arguments: Mapping[str, JsonValue], report: Callable[[str], None]) -> str:
        return ""


def text_of(app: App[None]) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def test_enter_goes_round_the_policies_of_the_selected_tool() -> None:
    policies: dict[str, Policy] = {}
    tools: list[Tool] = [
        LabTool("get_weather", "built in"),
        LabTool("danger", "mcp evil\x1b[2J", "[bold]hostile[/] \x1b]0;x\x07"),
    ]
    app: App[None] = App()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(
            ToolsScreen(
                tools,
                lambda tool: policies.get(tool.declaration.name, Policy.ASK),
                lambda tool, policy: policies.__setitem__(tool.declaration.name, policy),
                ("weather.py, line 3: it is broken",),
            )
        )
        await pilot.pause()
        shown = text_of(app)
        assert "built in" in shown
        assert "[bold]hostile[/]" in shown
        assert "weather.py, line 3" in shown
        assert not set(shown) & set("\x1b\x07")
        await pilot.press("enter")
        assert policies == {"get_weather": Policy.ALWAYS}
        await pilot.press("enter")
        assert policies == {"get_weather": Policy.NEVER}
        await pilot.press("enter", "down", "enter")
        assert policies == {"get_weather": Policy.ASK, "danger": Policy.ALWAYS}
        assert "always  danger" in text_of(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, ToolsScreen)


async def test_arrows_and_pages_move_the_selection_in_a_list_longer_than_the_screen() -> None:
    policies: dict[str, Policy] = {}
    tools = [LabTool(f"tool{number:02}", "built in") for number in range(40)]
    app: App[None] = App()
    async with app.run_test(size=(60, 14)) as pilot:
        await app.push_screen(
            ToolsScreen(
                tools,
                lambda tool: policies.get(tool.declaration.name, Policy.ASK),
                lambda tool, policy: policies.__setitem__(tool.declaration.name, policy),
            )
        )
        await pilot.press("down", "down", "down", "up", "enter")
        assert policies == {"tool02": Policy.ALWAYS}
        await pilot.press("pagedown", "enter")
        assert len(policies) == 2
        assert f"always  {max(policies)}" in text_of(app)
        await pilot.press("pageup", "enter")
        assert policies["tool02"] is Policy.NEVER


async def test_what_the_tools_do_stands_in_one_column() -> None:
    long_name = "name_" * 8
    tools = [LabTool(name, "built in") for name in ("add", "天気", "list_files", long_name)]
    app: App[None] = App()
    async with app.run_test(size=(80, 14)) as pilot:
        await app.push_screen(
            ToolsScreen(tools, lambda _tool: Policy.ASK, lambda _tool, _policy: None)
        )
        await pilot.pause()
        lines = [line for line in text_of(app).splitlines() if "A tool." in line]
        columns = [cell_len(line.partition("A tool.")[0]) for line in lines]
        assert len(columns) == 4
        assert len(set(columns[:3])) == 1
        assert long_name in lines[3]
