"""A theme chosen in the program holds at the next start, until somebody says something newer."""

import os
import stat
from pathlib import Path

import pytest

from chatapp.config import Settings, load_settings
from chatapp.config.kept_choice import KeptChoice
from chatapp.providers.presets import PRESETS


class Person:
    """Somebody's machine, and what they write on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "data" / "theme.json"

    def configure(self, theme: str) -> None:
        (self.folder / "config.toml").write_text(f'theme = "{theme}"\n', encoding="utf-8")

    def start(self, environ: dict[str, str] | None = None, **flags: str) -> Settings:
        return load_settings(
            flags, environ or {}, self.folder, self.folder, PRESETS, theme_file=self.file
        )

    def choose(self, theme: str, environ: dict[str, str] | None = None, **flags: str) -> None:
        choice = self.start(environ, **flags).theme_choice
        assert choice is not None
        choice.keep(theme)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_a_choice_is_there_at_the_next_start(person: Person) -> None:
    assert person.start().theme == ""
    person.choose("nord")
    person.choose("dracula")
    assert person.start().theme == "dracula"
    assert person.start().origins["theme"] == "/theme"


def test_it_comes_before_the_configured_theme_until_that_is_changed(person: Person) -> None:
    person.configure("gruvbox")
    person.choose("nord")
    assert person.start().theme == "nord"
    person.configure("monokai")
    assert person.start().theme == "monokai"
    person.configure("gruvbox")
    assert person.start().theme == "nord"


def test_a_theme_that_is_configured_after_the_choice_comes_before_it(person: Person) -> None:
    person.choose("nord")
    person.configure("monokai")
    assert person.start().theme == "monokai"
    person.choose("nord")
    assert person.start().theme == "nord"


def test_flag_variable_and_dotenv_decide_for_their_run(person: Person) -> None:
    person.choose("nord")
    assert person.start(theme="dracula").theme == "dracula"
    environ = {"CHATAPP_THEME": "monokai"}
    assert person.start(environ).theme == "monokai"
    overruled = person.start(environ).theme_choice
    assert overruled is not None
    assert overruled.overruled_by == "the environment"
    person.choose("gruvbox", environ)
    assert person.start(environ).theme == "monokai"
    assert person.start().theme == "gruvbox"
    (person.folder / ".env").write_text("CHATAPP_THEME=solarized-light\n", encoding="utf-8")
    assert person.start().theme == "solarized-light"


def test_nothing_is_kept_where_nothing_is_to_be(person: Person) -> None:
    settings = load_settings({}, {}, person.folder, person.folder, PRESETS)
    assert (settings.theme, settings.theme_choice) == ("", None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"theme": 7}', '{"theme": "  "}', "[" * 99_999])
def test_a_file_that_cannot_be_understood_says_nothing(person: Person, text: str) -> None:
    person.file.parent.mkdir()
    person.file.write_text(text, encoding="utf-8")
    assert person.start().theme == ""
    person.choose("nord")
    assert person.start().theme == "nord"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_the_persons_alone(person: Person) -> None:
    person.choose("nord")
    assert stat.S_IMODE(person.file.stat().st_mode) == 0o600
    assert list(person.file.parent.iterdir()) == [person.file]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError):  # noqa: PT011 - the system's own words
        KeptChoice(tmp_path / "data" / "theme.json", "theme", "").keep("nord")
