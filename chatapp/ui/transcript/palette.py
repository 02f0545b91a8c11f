"""The styles of everything the transcript shows, made readable on the theme in use."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.color import Color as CellColor
from rich.style import Style
from textual.color import Color, ColorParseError

BODY_CONTRAST = 4.5
"""Least WCAG contrast of text that is meant to be read."""

MUTED_CONTRAST = 3.0
"""Least WCAG contrast of labels, rules and other things one may skip."""


@dataclass(frozen=True, slots=True)
class TokenStyles:
    """Styles of the kinds of token in highlighted code, on the fence's background."""

    plain: Style
    comment: Style
    keyword: Style
    string: Style
    number: Style
    function: Style
    type_name: Style
    operator: Style
    deleted: Style
    inserted: Style


@dataclass(frozen=True, slots=True)
class Palette:
    """What each thing in the transcript looks like; `headings` holds levels 1 to 6."""

    text: Style
    muted: Style
    headings: tuple[Style, ...]
    strong: Style
    emphasis: Style
    strikethrough: Style
    inline_code: Style
    link: Style
    link_target: Style
    html: Style
    fence: Style
    fence_label: Style
    tokens: TokenStyles
    quote_bar: Style
    table_border: Style
    table_header: Style
    list_bullet: Style
    rule: Style
    user_accent: Style
    assistant_accent: Style
    error: Style
    warning: Style
    selection: Style
    find_match: Style
    find_current: Style

    @classmethod
    def from_theme(cls, theme_variables: Mapping[str, str], is_dark: bool) -> "Palette":
        """Derive the styles from Textual's theme variables.

        Colours of the theme are moved towards black or white until they reach
        `BODY_CONTRAST` or `MUTED_CONTRAST`. Where the theme leaves the colours to the
        terminal, only the terminal's own colours and attributes are used.
        """
        if theme_variables.get("foreground", "").startswith("ansi_"):
            return _terminal_palette()
        return _colour_palette(_Shades.of_theme(theme_variables, is_dark))


def contrast(first: Color, second: Color) -> float:
    """The WCAG contrast of two opaque colours, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in color.normalized
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True, slots=True)
class _Shades:
    """The theme's colours, read from its variables."""

    variables: Mapping[str, str]
    background: Color
    foreground: Color
    raised: Color

    @classmethod
    def of_theme(cls, variables: Mapping[str, str], is_dark: bool) -> "_Shades":
        background = _parse(variables.get("background", ""), "#121212" if is_dark else "#efefef")
        foreground = _parse(variables.get("foreground", ""), "#e0e0e0" if is_dark else "#1f1f1f")
        raised = background.blend(foreground, 0.07)
        return cls(variables, background, foreground, raised)

    def ink(self, name: str, least: float = BODY_CONTRAST, share: float = 1.0) -> CellColor:
        """The colour `name`, mixed with the background by 1 - `share`, readable on both grounds."""
        color = _parse(self.variables.get(name, ""), self.foreground.hex)
        color = self.background.blend(color, share)
        pole = Color(255, 255, 255) if _luminance(self.background) < 0.18 else Color(0, 0, 0)
        for step in range(21):
            shade = color.blend(pole, step / 20)
            if min(contrast(shade, self.background), contrast(shade, self.raised)) >= least:
                break
        return shade.rich_color

    @property
    def muted(self) -> CellColor:
        """The colour of what one may skip."""
        return self.ink("foreground", MUTED_CONTRAST + 0.2, share=0.6)

    def code(
        self, color: CellColor, *, bold: bool | None = None, italic: bool | None = None
    ) -> Style:
        """Code on the ground that fences have; as bold as the words around it, if not told."""
        return Style(color=color, bgcolor=self.raised.rich_color, bold=bold, italic=italic)

    def ground(self, name: str, share: float) -> CellColor:
        """The background tinted with at most `share` of a colour, text on it readable."""
        color = _parse(self.variables.get(name, ""), self.foreground.hex)
        tint = self.background
        for step in range(10, 0, -1):
            tint = self.background.blend(color, share * step / 10)
            if contrast(self.foreground, tint) >= MUTED_CONTRAST:
                break
        return tint.rich_color


def _parse(value: str, otherwise: str) -> Color:
    try:
        color = Color.parse(value)
    except ColorParseError:
        return Color.parse(otherwise)
    return Color(color.r, color.g, color.b) if color.ansi is None else Color.parse(otherwise)


def _colour_palette(shades: _Shades) -> Palette:
    text, muted = shades.ink("foreground"), shades.muted
    primary, accent = shades.ink("primary"), shades.ink("accent")
    return Palette(
        text=Style(color=text),
        muted=Style(color=muted),
        headings=(
            Style(color=primary, bold=True, underline=True),
            Style(color=primary, bold=True),
            Style(color=accent, bold=True),
            Style(color=text, bold=True),
            Style(color=text, bold=True, italic=True),
            Style(color=muted, bold=True),
        ),
        strong=Style(bold=True),
        emphasis=Style(italic=True),
        strikethrough=Style(strike=True),
        inline_code=shades.code(accent),
        link=Style(color=primary, underline=True),
        link_target=Style(color=muted),
        html=Style(color=muted),
        fence=shades.code(text),
        fence_label=shades.code(muted),
        tokens=_colour_tokens(shades),
        quote_bar=Style(color=muted),
        table_border=Style(color=muted),
        table_header=Style(color=text, bold=True),
        list_bullet=Style(color=primary),
        rule=Style(color=muted),
        user_accent=Style(color=accent, bold=True),
        assistant_accent=Style(color=primary, bold=True),
        error=Style(color=shades.ink("error")),
        warning=Style(color=shades.ink("warning")),
        selection=Style(bgcolor=shades.ground("primary", 0.4)),
        find_match=Style(bgcolor=shades.ground("warning", 0.35)),
        find_current=Style(reverse=True, bold=True),
    )


def _colour_tokens(shades: _Shades) -> TokenStyles:
    plain, accent = shades.code(shades.ink("foreground")), shades.code(shades.ink("accent"))
    success = shades.code(shades.ink("success"))
    return TokenStyles(
        plain=plain,
        comment=shades.code(shades.muted, italic=True),
        keyword=shades.code(shades.ink("primary"), bold=True),
        string=success,
        number=shades.code(shades.ink("warning")),
        function=accent,
        type_name=shades.code(shades.ink("secondary")),
        operator=plain,
        deleted=shades.code(shades.ink("error")),
        inserted=success,
    )


def _terminal_palette() -> Palette:
    ink, muted = _terminal_ink, _TERMINAL_MUTED
    return Palette(
        text=ink(),
        muted=muted,
        headings=(
            ink("magenta", bold=True) + Style(underline=True),
            ink("magenta", bold=True),
            ink("blue", bold=True),
            ink(bold=True),
            ink(bold=True, italic=True),
            muted + Style(bold=True),
        ),
        strong=Style(bold=True),
        emphasis=Style(italic=True),
        strikethrough=Style(strike=True),
        inline_code=ink("cyan"),
        link=Style(color="blue", underline=True),
        link_target=muted,
        html=muted,
        fence=ink(),
        fence_label=muted,
        tokens=_terminal_tokens(),
        quote_bar=muted,
        table_border=muted,
        table_header=ink(bold=True),
        list_bullet=ink("blue"),
        rule=muted,
        user_accent=ink("cyan", bold=True),
        assistant_accent=ink("magenta", bold=True),
        error=ink("red"),
        warning=ink("yellow"),
        selection=Style(reverse=True),
        find_match=Style(reverse=True),
        find_current=Style(reverse=True, bold=True),
    )


def _terminal_tokens() -> TokenStyles:
    ink = _terminal_ink
    return TokenStyles(
        plain=ink(),
        comment=_TERMINAL_MUTED + Style(italic=True),
        keyword=ink("blue", bold=True),
        string=ink("green"),
        number=ink("magenta"),
        function=ink("cyan"),
        type_name=ink("cyan"),
        operator=ink(),
        deleted=ink("red"),
        inserted=ink("green"),
    )


def _terminal_ink(
    color: str = "default", *, bold: bool | None = None, italic: bool | None = None
) -> Style:
    return Style(color=color, bold=bold, italic=italic)


_TERMINAL_MUTED = Style(color="default", dim=True)
