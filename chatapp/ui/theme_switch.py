"""Which theme the screen wears: lets the person choose, and keeps the choice."""

import asyncio
from collections.abc import Callable

from textual.app import App

from chatapp.config.kept_choice import KeptChoice
from chatapp.ui.themes import THEMES
from chatapp.ui.widgets.theme_picker import ThemePicker

Say = Callable[[str], None]


class ThemeSwitch:
    """Changes the theme of the app, and has `choice` keep it; None keeps nothing.

    `say` shows the person a sentence, `warn` one to notice.
    """

    def __init__(self, app: App[int], choice: KeptChoice | None, say: Say, warn: Say) -> None:
        self._app = app
        self._choice = choice
        self._say = say
        self._warn = warn
        self._keeping = asyncio.Lock()

    @property
    def names(self) -> list[str]:
        """All themes, ours first."""
        ours = [theme.name for theme in THEMES]
        return [*ours, *sorted(self._app.available_themes.keys() - set(ours))]

    def open(self) -> None:
        """Show all themes, ours first."""
        available = self._app.available_themes
        picker = ThemePicker([available[name] for name in self.names], self._app.theme)
        self._app.push_screen(picker, self._chosen)

    def choose(self, name: str) -> None:
        """Wear a theme, ours also by half its name, and keep it; say so where there is none."""
        names = (name, f"chatapp-{name}")
        known = next((name for name in names if name in self._app.available_themes), None)
        if known is None:
            self._warn(f"There is no theme {name!r}; /theme alone lists them.")
        else:
            self._wear(known)

    def _chosen(self, name: str | None) -> None:
        if name is not None:
            self._wear(name)

    def _wear(self, name: str) -> None:
        self._app.theme = name
        if self._choice is None:
            self._say(f"The theme is {name} until you leave: this run keeps nothing.")
        else:
            self._app.run_worker(self._keep(self._choice, name), group="theme")

    async def _keep(self, choice: KeptChoice, name: str) -> None:
        """Write it down beside the loop, after what was chosen before."""
        try:
            async with self._keeping:
                await asyncio.to_thread(choice.keep, name)
        except OSError as error:
            self._warn(f"The theme is {name}, but cannot be kept: {error.strerror}.")
        else:
            self._say(_kept_words(choice, name))


def _kept_words(choice: KeptChoice, name: str) -> str:
    if choice.overruled_by:
        return f"The theme is {name}, from now on wherever {choice.overruled_by} sets none."
    if choice.configured not in ("", name):
        return f"The theme is {name} from now on, though config.toml has {choice.configured}."
    return f"The theme is {name} from now on."
