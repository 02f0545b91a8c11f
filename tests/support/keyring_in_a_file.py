"""A keyring that the `keyring` library loads by its name, and that outlives a process: a file."""

import json
import os
from pathlib import Path

import keyring.backend
import keyring.errors
import pytest

CHECKOUT = Path(__file__).parents[2]
BACKEND = f"{__name__}.FileKeyring"


def use_keyring(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let the library, in this process and its children, use a keyring in the file at `path`."""
    for name, value in keyring_variables(path).items():
        monkeypatch.setenv(name, value)


def keyring_variables(path: Path) -> dict[str, str]:
    """The variables that do so for a process."""
    return {
        "PYTHON_KEYRING_BACKEND": BACKEND,
        "PYTHONPATH": str(CHECKOUT),
        "TEST_KEYRING": str(path),
    }


class FileKeyring(keyring.backend.KeyringBackend):
    """Keeps passwords in the JSON file that TEST_KEYRING names."""

    priority = 1  # type: ignore[assignment]  # the library documents a plain number

    def get_password(self, service: str, username: str) -> str | None:
        return self._load().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._save({**self._load(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._load()
        if kept.pop(f"{service}/{username}", None) is None:
            raise keyring.errors.PasswordDeleteError("there is no such password")
        self._save(kept)

    @property
    def _path(self) -> Path:
        return Path(os.environ["TEST_KEYRING"])

    def _load(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        loaded: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        return loaded

    def _save(self, passwords: dict[str, str]) -> None:
        self._path.write_text(json.dumps(passwords), encoding="utf-8")
