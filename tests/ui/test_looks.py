import re
import shutil
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from chatapp.commands.registry import COMMANDS
from chatapp.core.messages import ModelRef
from chatapp.ui import stylesheet
from chatapp.ui.status_figures import StatusFigures
from chatapp.ui.themes import THEMES
from chatapp.ui.widgets.composer import Composer
from chatapp.ui.widgets.empty_state import EmptyState
from chatapp.ui.widgets.find_bar import FindBar
from chatapp.ui.widgets.key_footer import KeyFooter
from chatapp.ui.widgets.preparation_banner import PreparationBanner
from chatapp.ui.widgets.slash_menu import SlashMenu
from chatapp.ui.widgets.status_bar import StatusBar
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run

MODEL = ModelRef("local", "SmolLM2")


def whole_screen() -> Bench:
    menu = SlashMenu(COMMANDS, KEYMAP, can_run)
    return Bench(
        EmptyState(MODEL, key_of=KEYMAP.key_of, is_local=True),
        FindBar(),
        PreparationBanner(),
        menu,
        Composer(menu),
        StatusBar(StatusFigures(MODEL)),
        KeyFooter(KEYMAP, COMMANDS),
    )


@pytest.mark.parametrize("theme", [*sorted(BUILTIN_THEMES), *(theme.name for theme in THEMES)])
async def test_the_screen_can_be_drawn_in_every_theme(theme: str) -> None:
    bench = whole_screen()
    async with bench.shown(60, 20) as pilot:
        bench.theme = theme
        bench.query_one(Composer).focus()
        await pilot.press("/")
        await pilot.pause()
        assert bench.query_one(SlashMenu).is_open
        assert "ready" in bench.query_one(StatusBar).render().plain


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2."""
    channels = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in Color.parse(color).normalized
    ]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), channels, strict=True)
    )


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("role", ["foreground", "primary", "warning", "error", "success"])
def test_our_themes_have_contrast(theme: Theme, role: str) -> None:
    shades = [luminance(color) for color in (getattr(theme, role), theme.background or "")]
    assert (max(shades) + 0.05) / (min(shades) + 0.05) >= 4.5


def test_the_style_sheet_names_no_colours() -> None:
    text = stylesheet.stylesheet_path().read_text(encoding="utf-8")
    rules = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgb|\bhsl|\bansi_", rules)


def test_state_classes_begin_with_a_dash() -> None:
    text = stylesheet.stylesheet_path().read_text(encoding="utf-8")
    names = re.findall(r"(?:^|[\s&>,])\w*\.([\w-]+)", re.sub(r"/\*.*?\*/", "", text))
    ours = [name for name in names if "--" not in name]
    assert ours
    assert all(name.startswith("-") for name in ours), ours


def test_an_installed_style_sheet_comes_before_the_checkouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = stylesheet.stylesheet_path()
    package = tmp_path / "site-packages" / "chatapp"
    (package / "ui").mkdir(parents=True)
    monkeypatch.setattr(stylesheet, "__file__", str(package / "ui" / "stylesheet.py"))
    with pytest.raises(FileNotFoundError):
        stylesheet.stylesheet_path()
    shutil.copy(checkout, package.parent / "chat.tcss")
    assert stylesheet.stylesheet_path() == package.parent / "chat.tcss"
    shutil.copy(checkout, package / "chat.tcss")
    assert stylesheet.stylesheet_path() == package / "chat.tcss"


async def test_an_idle_screen_has_no_running_timer() -> None:
    bench = whole_screen()
    async with bench.shown() as pilot:
        bench.query_one(Composer).focus()
        await pilot.pause()
        widgets = bench.screen.walk_children(with_self=True)
        timers = [timer for widget in widgets for timer in widget._timers]
        assert [timer for timer in timers if timer._active.is_set()] == []
