"""The dialog of themes: the chat wears the selected one while one looks."""

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.theme import Theme
from textual.timer import Timer

from chatapp.ui.fuzzy import has_all_words
from chatapp.ui.ink import ACCENT, MUTED
from chatapp.ui.widgets.picker import Picker
from chatapp.ui.widgets.row_list import Row

_TRY_ON_AFTER_S = 0.08
"""Rest on a theme before it is tried on: all styles are worked out anew, and a held key goes on."""


class ThemePicker(Picker[str]):
    """Lets the person choose a theme by its name; closed without a choice, all is as it was."""

    def __init__(self, themes: Iterable[Theme], current: str) -> None:
        super().__init__("Theme", "Filter", choose_word="keep")
        self._themes = tuple(themes)
        self._current = current
        self._try_on_timer: Timer | None = None

    def first_selected(self) -> str:
        """Return the theme that is worn."""
        return self._current

    def rows_for(self, typed: str) -> Sequence[Row[str]]:
        """The dark themes and the light ones, in the order in which they were given."""
        rows: list[Row[str]] = []
        for heading, is_dark in (("dark", True), ("light", False)):
            fitting = [
                theme
                for theme in self._themes
                if theme.dark is is_dark and has_all_words(typed, f"{theme.name} {heading}")
            ]
            if fitting:
                rows.append(Row(Content.styled(heading, f"bold {MUTED}")))
            rows += [self._row(theme.name) for theme in fitting]
        return rows

    def _row(self, name: str) -> Row[str]:
        mark = Content.styled("\u2713 " if name == self._current else "  ", f"bold {ACCENT}")
        return Row(mark.append(name), name)

    def selection_changed(self) -> None:
        """Try the selected theme on, once the person rests on it."""
        self._stop_waiting()
        if self.selected not in (None, self.app.theme):
            self._try_on_timer = self.set_timer(_TRY_ON_AFTER_S, self._try_on)

    def action_close(self) -> None:
        """Leave everything as it was."""
        self._stop_waiting()
        self.app.theme = self._current
        super().action_close()

    def _try_on(self) -> None:
        if self.selected is not None:
            self.app.theme = self.selected

    def _stop_waiting(self) -> None:
        if self._try_on_timer is not None:
            self._try_on_timer.stop()
            self._try_on_timer = None
