"""The theme that the person chose while the program ran, kept for the next start."""

from dataclasses import dataclass
from pathlib import Path

from chatapp.config.layers import Layer
from chatapp.config.options import Options
from chatapp.config.text_table import read_text_table, write_text_table

CHOSEN = "/theme"
"""What is said to have set a theme that was chosen."""


@dataclass(frozen=True, slots=True)
class ThemeChoice:
    """Keeps the choice in the JSON file at `path`, which is the program's own.

    It comes before the theme of config.toml, `configured` ("" for none), as long as that is what
    it was when the choice was made: whoever writes another one there afterwards means it.
    `overruled_by` is the flag, variable or `.env` that decided for this run, "" where none did.
    """

    path: Path
    configured: str
    overruled_by: str = ""

    def layer(self) -> Layer:
        """The choice as a source of options; empty where there is none that holds."""
        kept = read_text_table(self.path)
        theme = kept.get("theme", "").strip()
        holds = kept.get("instead_of", "") == self.configured
        return Layer(CHOSEN, Options(theme=theme if theme and holds else None), {})

    def keep(self, theme: str) -> None:
        """Remember another choice in the place of the last. Raises OSError."""
        write_text_table(self.path, {"theme": theme, "instead_of": self.configured})
