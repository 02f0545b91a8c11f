"""Which running programs write to a database: each holds a lock on a file while it lives."""

import os
import uuid
from pathlib import Path
from typing import BinaryIO

from chatapp.file_lock import is_held, try_to_hold
from chatapp.paths import make_private_folder


class Instance:
    """One program among those that use one database, this one; `folder` None when it is alone."""

    def __init__(self, folder: Path | None) -> None:
        self.name = uuid.uuid4().hex
        self._folder = folder
        self._held: BinaryIO | None = None

    def show_life(self) -> None:
        """From now on be known as running, until `end` or death. Raises OSError."""
        if self._held is not None or self._folder is None:
            return
        make_private_folder(self._folder)
        file = self._folder / self.name
        while (held := try_to_hold(file)) is None or not _is_still_there(held, file):
            if held is not None:  # another instance came between making and locking: once more
                held.close()
        self._held = held

    def is_running(self, name: str) -> bool:
        """Whether the instance with this name lives. Raises OSError."""
        if name == self.name:
            return True
        return self._folder is not None and is_held(self._folder / name)

    def has_neighbours(self) -> bool:
        """Whether another instance lives. Raises OSError."""
        if self._folder is None or not self._folder.is_dir():
            return False
        return any(is_held(file) for file in self._folder.iterdir() if file.name != self.name)

    def bury_others(self) -> None:
        """Delete what dead instances left. Raises OSError."""
        if self._folder is None or not self._folder.is_dir():
            return
        for file in self._folder.iterdir():
            if not is_held(file):
                file.unlink(missing_ok=True)

    def end(self) -> None:
        """Be known as running no more. Raises OSError."""
        if self._held is not None and self._folder is not None:
            self._held.close()
            self._held = None
            (self._folder / self.name).unlink(missing_ok=True)


def _is_still_there(held: BinaryIO, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held.fileno()), file.stat())
    except FileNotFoundError:
        return False
