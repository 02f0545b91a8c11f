"""Names of tools in the settings, held against the tools that there are."""

import pytest

from chatapp.config.settings import Settings
from chatapp.config.tool_names import tool_problems
from chatapp.core.messages import ModelRef

KNOWN = ("calculate", "read_file")


def problems(
    tools: tuple[str, ...] | None = None, choice: str = "auto", known: tuple[str, ...] = KNOWN
) -> list[str]:
    origins = {"tools": "config.toml, line 2", "tool_choice": "the command line"}
    model = ModelRef("lab", "m")
    settings = Settings((), model, tools=tools, tool_choice=choice, origins=origins)
    return [str(problem) for problem in tool_problems(settings, known)]


@pytest.mark.parametrize("tools", [None, ("all",), ("none",), ("calculate",), KNOWN])
@pytest.mark.parametrize("choice", ["auto", "none"])
def test_right_names_are_none(tools: tuple[str, ...] | None, choice: str) -> None:
    assert problems(tools, choice) == []
    assert problems(("all",), "required") == problems(("all",), "calculate") == []


def test_each_wrong_name_is_told_with_what_it_resembles() -> None:
    assert problems(("calculate", "read_fil", "x")) == [
        "config.toml, line 2, tools: read_fil is no tool; did you mean read_file? "
        "(allowed: all, none, calculate, read_file)",
        "config.toml, line 2, tools: x is no tool (allowed: all, none, calculate, read_file)",
    ]


def test_a_choice_must_be_offered() -> None:
    assert problems(("calculate",), "read_file") == [
        "the command line, --tool-choice: read_file cannot be chosen, for it is not offered "
        "(allowed: auto, none, required, calculate)"
    ]
    assert problems(None, "reed_file") == [
        "the command line, --tool-choice: reed_file is no tool; did you mean read_file? "
        "(allowed: auto, none, required, calculate, read_file)"
    ]
    assert problems(("none",), "required") == problems(None, "required", ()) != []
