"""Lists what is in a folder."""

import os
from collections.abc import Sequence
from pathlib import Path

from chatapp.core.ports import Policy
from chatapp.tools.allowed_folders import AllowedFolders
from chatapp.tools.function_tool import FunctionTool

MAX_ENTRIES = 1000


class DirectoryLister:
    """Lists inside `folders` only."""

    def __init__(self, folders: AllowedFolders) -> None:
        self._folders = folders

    def list_directory(self, path: str = ".") -> str:
        """List the files and folders in a folder on the user's machine, with sizes in bytes.

        Args:
            path: The folder, relative to one the user allowed, or absolute; "." for the
                allowed folders themselves.
        """
        roots = self._folders.roots
        if path.strip() in ("", ".") and len(roots) > 1:
            return "\n".join(["The allowed folders:", *(f"{root}{os.sep}" for root in roots)])
        place = self._folders.find(path.strip() or ".")
        with self._folders.scan(place) as entries:
            found = sorted(entries, key=_order)
            lines = [_line(entry) for entry in found[:MAX_ENTRIES]]
        if len(found) > MAX_ENTRIES:
            lines.append(f"and {len(found) - MAX_ENTRIES} more")
        return "\n".join([f"{place}: {len(found)} entries", *lines])


def list_directory_tool(folders: Sequence[Path]) -> FunctionTool:
    """The tool; allowing a folder is permission enough to list it."""
    lister = DirectoryLister(AllowedFolders(folders))
    return FunctionTool(lister.list_directory, origin="built in", default_policy=Policy.ALWAYS)


def _order(entry: os.DirEntry[str]) -> tuple[bool, str]:
    return not entry.is_dir(follow_symlinks=False), entry.name.casefold()


def _line(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return f"{entry.name} (link)"
    if entry.is_dir(follow_symlinks=False):
        return f"{entry.name}{os.sep}"
    try:
        return f"{entry.name} {entry.stat(follow_symlinks=False).st_size}"
    except OSError:  # it has just been deleted
        return entry.name
