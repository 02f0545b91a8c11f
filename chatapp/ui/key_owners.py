"""Whose a key is that both the chat screen and the widget with the focus could use."""

from functools import cache
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.widget import Widget

from chatapp.commands.command import Command
from chatapp.commands.conversing import INTERRUPT, STOP
from chatapp.commands.reading import READ
from chatapp.commands.registry import BY_NAME

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen


def is_for_screen(screen: "ChatScreen", action: str, parameters: tuple[object, ...]) -> bool:
    """Whether the screen takes the key of this action; the focused widget gets it otherwise."""
    if action == "edge":
        return screen.composer.has_focus and not screen.composer.text
    if action != "run_command":
        return True
    name, key = map(str, parameters)
    if _is_of_panel(screen, key):
        return False
    if name == STOP.name and screen.pane.find_bar.is_open:
        return False
    return name not in (STOP.name, READ.name) or BY_NAME[name].is_available(screen.context)


def is_reachable(screen: "ChatScreen", command: Command) -> bool:
    """Whether the first key of a command, if it has one, runs it now.

    That of INTERRUPT always does; it is wanted where none of STOP does.
    """
    if command is INTERRUPT:
        stop_keys = screen.keymap.keys(STOP.name)
        return not stop_keys or not is_reachable(screen, STOP)
    if command is STOP and screen.pane.find_bar.is_open:
        return False
    keys = screen.keymap.keys(command.name)
    return not (keys and _is_of_panel(screen, keys[0]))


def _is_of_panel(screen: "ChatScreen", key: str) -> bool:
    """Whether the list beside the chat has the focus, and a use of its own for the key."""
    panels = (screen.sidebar, screen.inspector)
    return any(
        panel is not None and panel.has_focus_within and key in _own_keys(type(panel))
        for panel in panels
    )


@cache
def _own_keys(panel: type[Widget]) -> frozenset[str]:
    return frozenset(binding.key for binding in Binding.make_bindings(panel.BINDINGS))
