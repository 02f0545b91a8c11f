"""Lets go of what a widget has painted once the widget is gone."""

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


def let_go_of_closed_widgets() -> None:
    """Take the place of a cache of Textual's that keeps the lines of 1,024 widgets alive.

    It remembers two styles for two colours, but as a method's cache it has the object that
    asked, with all the lines it holds, in its keys: a hundred kilobytes a closed screen.
    """
    StylesCache.get_inner_outer = _inner_outer_of  # type: ignore[method-assign, assignment]


def _inner_outer_of(
    _lines: StylesCache, base_background: Color, background: Color
) -> tuple[Style, Style]:
    return _inner_outer(base_background, background)


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)
