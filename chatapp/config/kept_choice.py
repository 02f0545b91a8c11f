"""What the person chose while the program ran, the theme or the model, kept for the next start."""

from dataclasses import dataclass
from pathlib import Path

from chatapp.config.text_table import read_text_table, write_text_table


@dataclass(frozen=True, slots=True)
class KeptChoice:
    """Keeps what was chosen for an option in the JSON file at `path`, which is the program's own.

    It comes before what config.toml says about it, `configured` ("" for nothing), as long as that
    is what it was when the choice was made: whoever writes something else there afterwards means
    it. `overruled_by` is the flag, variable or `.env` that decided for this run, "" where none did.
    """

    path: Path
    option: str
    configured: str
    overruled_by: str = ""

    @property
    def source(self) -> str:
        """What is said to have set the option: the command with which one chooses."""
        return f"/{self.option}"

    def load(self) -> str:
        """What was chosen last; empty where nothing was, or it does not hold any more."""
        kept = read_text_table(self.path)
        holds = kept.get("instead_of", "") == self.configured
        return kept.get(self.option, "").strip() if holds else ""

    def keep(self, value: str) -> None:
        """Remember another choice in the place of the last. Raises OSError."""
        write_text_table(self.path, {self.option: value, "instead_of": self.configured})
