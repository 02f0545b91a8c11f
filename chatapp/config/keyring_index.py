"""For which endpoints the operating system's keyring has keys; the keys themselves are not here.

So nobody has to unlock the keyring to know, and an endpoint that has moved to another address
does not take its key along.
"""

from collections.abc import Mapping
from pathlib import Path

from chatapp.config.text_table import read_text_table, write_text_table


class KeyringIndex:
    """The list, in the JSON file at `path`: endpoint names and the addresses they had."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Mapping[str, str]:
        """The address that each key was stored for, by endpoint; empty where there is no list."""
        return read_text_table(self._path)

    def add(self, endpoint: str, base_url: str) -> None:
        """Note that there is a key. Raises OSError."""
        write_text_table(self._path, {**self.load(), endpoint: base_url})

    def remove(self, endpoint: str) -> None:
        """Note that there is none any more. Raises OSError."""
        write_text_table(
            self._path, {name: url for name, url in self.load().items() if name != endpoint}
        )
