"""Colour themes of our own."""

from textual.theme import BUILTIN_THEMES, Theme

from chatapp.ui.themes.chatapp_dark import CHATAPP_DARK
from chatapp.ui.themes.chatapp_light import CHATAPP_LIGHT

THEMES: tuple[Theme, ...] = (CHATAPP_DARK, CHATAPP_LIGHT)
"""Registered besides Textual's own; the first is the default."""

_FEW_COLOURS = ("standard", "windows")
"""What Rich calls terminals of sixteen colours."""


def first_theme(color_system: str | None) -> str:
    """The theme of a person who has chosen none, for a terminal of these colours.

    Ours has shades that sixteen colours do not have: there, the terminal's own are used.
    """
    return "ansi-dark" if color_system in _FEW_COLOURS else THEMES[0].name


def theme_names(color_system: str | None) -> tuple[str, ...]:
    """The names of all themes, with `first_theme` at the beginning."""
    names = (*(theme.name for theme in THEMES), *BUILTIN_THEMES)
    return tuple(dict.fromkeys((first_theme(color_system), *names)))
