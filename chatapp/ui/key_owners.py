"""Whose a key is that both the chat screen and the widget with the focus could use."""

from typing import TYPE_CHECKING

from chatapp.commands.conversing import MODEL, STOP
from chatapp.commands.reading import PAGE_DOWN, PAGE_UP, READ
from chatapp.commands.registry import BY_NAME

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen

KEYS_OF_A_LIST = (PAGE_UP.name, PAGE_DOWN.name, MODEL.name, STOP.name)
"""Commands with keys that mean something else in a list beside the chat."""


def is_for_screen(screen: "ChatScreen", action: str, parameters: tuple[object, ...]) -> bool:
    """Whether the screen takes the key of this action; the focused widget gets it otherwise."""
    if action == "edge":
        return screen.composer.has_focus and not screen.composer.text
    if action != "run_command":
        return True
    name = str(parameters[0])
    if name in KEYS_OF_A_LIST and _is_in_list(screen):
        return False
    if name == STOP.name and screen.pane.find_bar.is_open:
        return False
    return name not in (STOP.name, READ.name) or BY_NAME[name].is_available(screen.context)


def _is_in_list(screen: "ChatScreen") -> bool:
    panels = (screen.sidebar, screen.inspector)
    return any(panel is not None and panel.has_focus_within for panel in panels)
