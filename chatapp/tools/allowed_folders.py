"""The folders that tools may look into, and no way out of them."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chatapp.core.errors import ToolError
from chatapp.paths import config_file, with_home
from chatapp.tools.secret_files import is_secret

_NO_FOLDERS = (
    "the user has allowed no folder yet; ask them to add one to tool_folders in config.toml"
)

_NO_FOLLOW = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
_FOLDER_FLAGS = _NO_FOLLOW | getattr(os, "O_DIRECTORY", 0)
_FILE_FLAGS = _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)
"""Without O_NONBLOCK a pipe would be waited for."""

_CAN_OPEN_BELOW = os.open in os.supports_dir_fd and sys.platform != "win32"


class AllowedFolders:
    """Finds and opens what is inside `folders`, wherever links and `..` seem to lead.

    A path is first resolved to where it really is. It is then opened one folder after the
    other, following no link, so that a link put there in the meantime leads nowhere either.
    (Windows cannot do the latter.)
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    @property
    def roots(self) -> tuple[Path, ...]:
        """Where the folders really are; those that are not there are left out."""
        return tuple(
            Path(os.path.realpath(folder))
            for folder in map(with_home, self._folders)
            if folder.is_dir()
        )

    def find(self, path: str) -> Path:
        """Where `path` really is; a relative one is looked for in each folder.

        Raises ToolError where it is not, or not inside.
        """
        roots = self.roots
        if not roots:
            raise ToolError(_NO_FOLDERS)
        try:
            wanted = with_home(path)
            candidates = [Path(os.path.realpath(root / wanted)) for root in roots]
        except (OSError, ValueError) as error:
            raise ToolError(f"{path!r} is not a path: {error}") from error
        inside = [place for place in candidates if self._root_of(place, roots) is not None]
        if not inside:
            raise ToolError(f"{path!r} is outside the folders the user allowed: {_list(roots)}")
        found = next((place for place in inside if os.path.lexists(place)), None)
        if found is None:
            raise ToolError(f"there is no {path!r} in {_list(roots)}")
        if is_secret(found) or is_secret(wanted):
            raise ToolError(f"{path!r} may hold secrets; such files are never read")
        return found

    def open_file(self, place: Path) -> BinaryIO:
        """Open a file where `find` or a listing found it. Raises ToolError."""
        descriptor = self._open(place)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise ToolError(f"{place} is not a file")
        if _is_our_settings(status):
            os.close(descriptor)
            raise ToolError(f"{place} may hold secrets; such files are never read")
        return os.fdopen(descriptor, "rb")

    @contextmanager
    def scan(self, place: Path) -> Iterator[Iterator["os.DirEntry[str]"]]:
        """The entries of a folder where `find` found it. Raises ToolError."""
        try:
            if not _CAN_OPEN_BELOW:
                with os.scandir(place) as entries:
                    yield entries
                return
            descriptor = self._open(place)
            try:
                with os.scandir(descriptor) as entries:
                    yield entries
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ToolError(f"{place} cannot be listed: {error.strerror}") from error

    def _open(self, place: Path) -> int:
        root = self._root_of(place, self.roots)
        if root is None or is_secret(place):
            raise ToolError(f"{place} must not be read")
        try:
            return _open_below(root, place) if _CAN_OPEN_BELOW else _open_checked(place)
        except OSError as error:
            raise ToolError(f"{place} cannot be opened: {error.strerror}") from error

    @staticmethod
    def _root_of(place: Path, roots: Sequence[Path]) -> Path | None:
        return next((root for root in roots if place.is_relative_to(root)), None)


def _open_below(root: Path, place: Path) -> int:
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        *folders, name = place.relative_to(root).parts or (".",)
        for part in folders:
            below = os.open(part, _FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(name, _FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def _open_checked(place: Path) -> int:
    if os.path.realpath(place) != str(place):
        raise OSError(0, "it has become a link")
    return os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def _is_our_settings(status: os.stat_result) -> bool:
    """Whether it is the file that holds the keys of the endpoints, by whatever name."""
    try:
        return os.path.samestat(status, config_file().stat())
    except OSError:
        return False


def _list(roots: Sequence[Path]) -> str:
    return ", ".join(str(root) for root in roots)
