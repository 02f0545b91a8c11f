"""Themes on the full screen: chosen, tried on, kept for the next start."""

import json
from pathlib import Path

import pytest
import textual.constants

from chatapp.ui.themes import THEMES
from chatapp.ui.widgets.picker import NOTHING_FITS
from chatapp.ui.widgets.theme_picker import ThemePicker
from tests.support.chat_server import ChatServer
from tests.support.full_screen import chat_with

DARK, LIGHT = (theme.name for theme in THEMES)


async def test_a_theme_by_name_is_worn_at_once_and_at_the_next_start(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        assert chat.app.theme == DARK
        await chat.say("/theme light")
        assert chat.app.theme == LIGHT
        await chat.until_told(f"The theme is {LIGHT} from now on.")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        assert chat.app.theme == LIGHT


@pytest.mark.parametrize(
    ("colours", "theme"), [("standard", "ansi-dark"), ("256", DARK), ("truecolor", DARK)]
)
async def test_a_terminal_of_sixteen_colours_lends_its_own(
    chat_server: ChatServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    colours: str,
    theme: str,
) -> None:
    monkeypatch.setattr(textual.constants, "COLOR_SYSTEM", colours)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        assert chat.app.theme == theme
    async with chat_with(chat_server.base_url, tmp_path, flags={"theme": LIGHT}) as chat:
        assert chat.app.theme == LIGHT


async def test_of_themes_chosen_quickly_the_last_is_kept(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    names = ["nord", "dracula", "gruvbox", "monokai"]
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        for name in names:
            chat.screen.context.choose_theme(name)
        await chat.until_told("monokai from now on")
    assert json.loads((tmp_path / "theme.json").read_text())["theme"] == "monokai"


async def test_what_keeps_a_choice_from_holding_is_said(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text('theme = "gruvbox"\n')
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        assert chat.app.theme == "gruvbox"
        await chat.say("/theme nord")
        await chat.until_told("The theme is nord from now on, though config.toml has gruvbox.")
    environ = {"CHATAPP_THEME": "monokai"}
    async with chat_with(chat_server.base_url, tmp_path, environ=environ) as chat:
        assert chat.app.theme == "monokai"
        await chat.say("/theme dracula")
        await chat.until_told("dracula, from now on wherever the environment sets none")


async def test_a_disk_that_takes_nothing_is_no_reason_not_to_change_colours(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "theme.json").mkdir()
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/theme nord")
        await chat.until_told("The theme is nord, but cannot be kept: ")
        assert chat.app.theme == "nord"


async def test_an_unknown_theme_changes_nothing(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/theme [b]nonsense")
        await chat.until_told("There is no theme '[b]nonsense'; /theme alone lists them.")
        assert chat.app.theme == DARK
    assert not (tmp_path / "theme.json").exists()


async def test_the_picker_tries_themes_on_and_gives_them_back(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/theme")
        await chat.until_shown("╭─ Theme", f"✓ {DARK}", "Enter keep")
        assert not chat.screen.menu.is_open
        await chat.type("light")
        await chat.until(lambda: chat.app.theme == LIGHT, "the light theme")
        await chat.pilot.press("escape")
        assert chat.app.theme == DARK
        assert not isinstance(chat.app.screen, ThemePicker)
    assert not (tmp_path / "theme.json").exists()


async def test_the_picker_keeps_what_is_chosen(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.say("/theme")
        await chat.until_shown("╭─ Theme")
        await chat.pilot.press("down", "enter")
        chosen = chat.app.theme
        assert chosen != DARK
        await chat.until_told(f"The theme is {chosen} from now on.")
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        assert chat.app.theme == chosen


@pytest.mark.parametrize("opening", ["/theme", "ctrl+p"])
async def test_a_picker_says_when_nothing_fits(
    chat_server: ChatServer, tmp_path: Path, opening: str
) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        if opening.startswith("/"):
            await chat.say(opening)
        else:
            await chat.pilot.press(opening)
        await chat.until_shown("╭─")
        await chat.type("zzzz")
        await chat.until_shown(NOTHING_FITS)
        await chat.pilot.press("enter", "escape")
        assert chat.app.screen is chat.screen
        assert chat.app.theme == DARK


async def test_no_menu_stays_open_behind_a_dialog(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        await chat.type("/th")
        await chat.until_shown("/theme NAME")
        await chat.pilot.press("ctrl+l")
        await chat.until_shown("╭─ Model")
        assert not chat.screen.menu.is_open
        assert "/theme NAME" not in chat.text
        await chat.pilot.press("escape")
        await chat.until_shown("/theme NAME")
        await chat.pilot.press("escape", "f1")
        await chat.until_shown("╭─ Help")
        await chat.pilot.press("escape")
        assert not chat.screen.menu.is_open
        await chat.pilot.press("e", "enter")
        await chat.until_shown("╭─ Theme")
        assert "/theme" not in chat.text
