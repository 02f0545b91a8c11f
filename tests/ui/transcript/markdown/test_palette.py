"""Every built-in theme is readable."""

from dataclasses import fields

import pytest
from rich.color import Color as CellColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from chatapp.ui.transcript.palette import (
    BODY_CONTRAST,
    MUTED_CONTRAST,
    Palette,
    TokenStyles,
    contrast,
)

COLOUR_THEMES = [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi]
TERMINAL_THEMES = [name for name, theme in BUILTIN_THEMES.items() if theme.ansi]
MUTED = ("muted", "link_target", "html", "quote_bar", "table_border", "rule", "fence_label")


def palette_of(name: str) -> tuple[Palette, Color]:
    variables = BUILTIN_THEMES[name].to_color_system().generate()
    palette = Palette.from_theme(variables, BUILTIN_THEMES[name].dark)
    if BUILTIN_THEMES[name].ansi:
        return palette, Color(0, 0, 0)
    background = Color.parse(variables["background"])
    return palette, Color(background.r, background.g, background.b)


def solid(color: CellColor | None, otherwise: Color) -> Color:
    return otherwise if color is None else Color(*color.get_truecolor())


def named_styles(palette: Palette) -> dict[str, Style]:
    styles = {f.name: getattr(palette, f.name) for f in fields(palette)}
    token_styles = styles.pop("tokens")
    assert isinstance(token_styles, TokenStyles)
    styles |= {f"tokens.{f.name}": getattr(token_styles, f.name) for f in fields(token_styles)}
    styles |= {f"heading{n}": style for n, style in enumerate(styles.pop("headings"), start=1)}
    return styles


@pytest.mark.parametrize("name", COLOUR_THEMES)
def test_a_colour_theme_has_contrast(name: str) -> None:
    palette, background = palette_of(name)
    for style_name, style in named_styles(palette).items():
        if style.color is None or style.reverse:
            continue
        is_muted = style_name in (*MUTED, "heading6", "tokens.comment")
        least = MUTED_CONTRAST if is_muted else BODY_CONTRAST
        ground = solid(style.bgcolor, background)
        assert contrast(solid(style.color, background), ground) >= least - 0.05, style_name


@pytest.mark.parametrize("name", COLOUR_THEMES)
def test_text_stays_visible_where_it_is_selected_or_found(name: str) -> None:
    palette, background = palette_of(name)
    text = solid(palette.text.color, background)
    for style in (palette.selection, palette.find_match):
        assert contrast(text, solid(style.bgcolor, background)) >= MUTED_CONTRAST


@pytest.mark.parametrize("name", COLOUR_THEMES)
def test_sixteen_colours_still_part_text_from_ground(name: str) -> None:
    palette, background = palette_of(name)
    ground = background.rich_color.downgrade(ColorSystem.STANDARD)
    for style in (palette.text, palette.muted, palette.headings[0], palette.link):
        assert style.color is not None
        assert style.color.downgrade(ColorSystem.STANDARD).number != ground.number


@pytest.mark.parametrize("name", TERMINAL_THEMES)
def test_a_terminal_theme_uses_the_terminals_colours(name: str) -> None:
    palette, _ = palette_of(name)
    for style in named_styles(palette).values():
        for color in (style.color, style.bgcolor):
            assert color is None or color.is_default or color.is_system_defined


@pytest.mark.parametrize("name", [COLOUR_THEMES[0], TERMINAL_THEMES[0]])
def test_code_is_as_bold_and_slanted_as_the_words_around_it(name: str) -> None:
    palette, _ = palette_of(name)
    assert (palette.strong + palette.inline_code).bold
    assert (palette.emphasis + palette.inline_code).italic
    assert not palette.inline_code.bold
