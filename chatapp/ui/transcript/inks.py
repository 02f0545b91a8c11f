"""What the pieces of a label are written in: each is looked up when the label is laid out."""

from collections.abc import Callable

from rich.style import Style

from chatapp.ui.transcript.palette import Palette

Ink = Callable[[Palette], Style]


def text(palette: Palette) -> Style:
    """For what is meant to be read."""
    return palette.text


def muted(palette: Palette) -> Style:
    """For what one may skip."""
    return palette.muted


def rule(palette: Palette) -> Style:
    """For lines that part messages."""
    return palette.rule


def quote_bar(palette: Palette) -> Style:
    """For the bar before what belongs to the line above."""
    return palette.quote_bar


def bullet(palette: Palette) -> Style:
    """For signs that can be clicked."""
    return palette.list_bullet


def user(palette: Palette) -> Style:
    """For the person."""
    return palette.user_accent


def assistant(palette: Palette) -> Style:
    """For the model, and the tools that it calls."""
    return palette.assistant_accent


def key(palette: Palette) -> Style:
    """For a key that somebody waits for."""
    return palette.warning + Style(bold=True)


def number(palette: Palette) -> Style:
    """For numbers among words, in their colour in code."""
    return Style(color=palette.tokens.number.color)


def literal(palette: Palette) -> Style:
    """For true, false and null among words, in their colour in code."""
    return Style(color=palette.tokens.keyword.color)


def success(palette: Palette) -> Style:
    """For what went well: the green of the theme, on no ground of its own."""
    return Style(color=palette.tokens.inserted.color)


def warning(palette: Palette) -> Style:
    """For what needs the person."""
    return palette.warning


def error(palette: Palette) -> Style:
    """For what failed."""
    return palette.error
