"""Colour themes of our own."""

from textual.theme import Theme

from chatapp.ui.themes.chatapp_dark import CHATAPP_DARK
from chatapp.ui.themes.chatapp_light import CHATAPP_LIGHT

THEMES: tuple[Theme, ...] = (CHATAPP_DARK, CHATAPP_LIGHT)
"""Registered besides Textual's own; the first is the default."""
