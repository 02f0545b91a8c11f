import ast
import subprocess
import sys
from pathlib import Path

import chatapp.tools
from chatapp.core.ports import Policy, Tool, Toolbox
from chatapp.tools.function_tool import FunctionTool
from chatapp.tools.registry import built_in_tools
from chatapp.tools.toolbox import CombinedToolbox, FixedToolbox

FOLDER = Path(str(chatapp.tools.__file__)).parent


def declared_tools() -> set[str]:
    """The names of the tools that any module makes with a function NAME_tool."""
    return {
        node.name.removesuffix("_tool")
        for module in FOLDER.glob("*.py")
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.returns, ast.Name)
        and node.returns.id == "FunctionTool"
    }


def test_every_tool_is_listed() -> None:
    names = [tool.declaration.name for tool in built_in_tools([])]
    assert len(names) == 7
    assert sorted(declared_tools()) == sorted(names)


def test_every_tool_explains_itself() -> None:
    for tool in built_in_tools([]):
        declaration = tool.declaration
        assert tool.origin == "built in"
        assert declaration.description.endswith(".")
        assert declaration.parameters["type"] == "object"
        properties = declaration.parameters["properties"]
        assert isinstance(properties, dict)
        for name, parameter in properties.items():
            assert parameter["description"], f"{declaration.name}.{name}"
            assert parameter["type"] in ("string", "integer")


def test_what_tells_others_something_is_asked_about() -> None:
    asked = {
        tool.declaration.name
        for tool in built_in_tools([])
        if tool.default_policy is not Policy.ALWAYS
    }
    assert asked == {"get_weather", "fetch_url"}


def test_the_tools_are_listed_without_loading_what_they_use() -> None:
    code = (
        "import sys\n"
        "from chatapp.tools.registry import built_in_tools\n"
        "from chatapp.tools.own_tools import load_own_tools\n"
        "built_in_tools([])\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "chatapp.tools.web_page" in loaded
    assert loaded.isdisjoint({"pydantic", "httpx2", "bs4", "markdownify", "openai", "textual"})


def named(name: str, origin: str) -> Tool:
    def act() -> str:
        """Act."""
        return origin

    act.__name__ = name
    return FunctionTool(act, origin=origin)


class ChangingToolbox:
    def __init__(self) -> None:
        self.tools: tuple[Tool, ...] = ()


def test_the_first_of_a_name_is_used_and_the_other_reported() -> None:
    first, second = named("act", "mine.py"), named("act", "built in")
    box = CombinedToolbox(FixedToolbox((first,)), FixedToolbox((named("see", "built in"), second)))
    assert [(tool.declaration.name, tool.origin) for tool in box.tools] == [
        ("act", "mine.py"),
        ("see", "built in"),
    ]
    assert box.problems == (
        "There are two tools named act: "
        "the one from mine.py is used, the one from built in is not.",
    )


def test_tools_come_and_go() -> None:
    changing = ChangingToolbox()
    box: Toolbox = CombinedToolbox(FixedToolbox((named("act", "built in"),)), changing)
    assert len(box.tools) == 1
    changing.tools = (named("later", "mcp x"),)
    assert [tool.origin for tool in box.tools] == ["built in", "mcp x"]
    changing.tools = ()
    assert len(box.tools) == 1
