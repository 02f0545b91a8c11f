"""What the settings say of tools, held against the tools that there are."""

from collections.abc import Collection, Iterator

from chatapp.config.layers import COMMAND_LINE
from chatapp.config.options import flag
from chatapp.config.problem import ConfigProblem, unknown_name
from chatapp.config.settings import Settings

_ALONE = ("all", "none")
_CHOICES = ("auto", "none", "required")


def tool_problems(settings: Settings, known: Collection[str]) -> tuple[ConfigProblem, ...]:
    """What `tools` and `tool_choice` name though there is no such tool, or it is not offered.

    `known` are the names of all tools that there are; empty where none are offered at all.
    """
    return (*_about_tools(settings, known), *_about_choice(settings, known))


def unknown_tools(
    place: str, names: Collection[str], known: Collection[str]
) -> tuple[ConfigProblem, ...]:
    """A problem for each name that is no tool; `place` says where the names stand."""
    return tuple(_problem(place, name, known) for name in names if name not in known)


def _about_tools(settings: Settings, known: Collection[str]) -> Iterator[ConfigProblem]:
    names = settings.tools or ()
    if len(names) == 1 and names[0] in _ALONE:
        return
    place = _place(settings, "tools")
    for name in set(_ALONE) & set(names):
        yield ConfigProblem(place, None, f"{name} stands alone", "no names beside it")
    yield from unknown_tools(place, [name for name in names if name not in _ALONE], known)


def _about_choice(settings: Settings, known: Collection[str]) -> Iterator[ConfigProblem]:
    choice = settings.tool_choice
    if choice in ("auto", "none"):
        return
    place = _place(settings, "tool_choice")
    named = settings.tools or ("all",)
    offered = known if named == ("all",) else [name for name in named if name in known]
    if not offered:
        message = f"{choice} cannot be chosen, for no tool is offered"
        yield ConfigProblem(place, None, message, f"with tools, such as {flag('tools')} all")
    elif choice in known and choice not in offered:
        message = f"{choice} cannot be chosen, for it is not offered"
        yield ConfigProblem(place, None, message, ", ".join((*_CHOICES, *offered)))
    elif choice not in (*_CHOICES, *offered):
        yield _problem(place, choice, offered, _CHOICES)


def _place(settings: Settings, name: str) -> str:
    origin = settings.origins.get(name, "")
    return f"{origin}, {flag(name)}" if origin == COMMAND_LINE else f"{origin}, {name}"


def _problem(
    place: str, name: str, known: Collection[str], others: Collection[str] = _ALONE
) -> ConfigProblem:
    names = sorted(known)
    return ConfigProblem(
        place, None, unknown_name("tool", name, names), ", ".join((*others, *names))
    )
