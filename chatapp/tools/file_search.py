"""Finds text in files, line by line."""

import os
import time
from collections.abc import Generator, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.allowed_folders import AllowedFolders
from chatapp.tools.file_reader import read_text
from chatapp.tools.function_tool import FunctionTool
from chatapp.tools.secret_files import is_secret

MAX_MATCHES = 200
MAX_SEARCHED_BYTES = 2_000_000
"""A larger file is passed over."""

Search = Generator[str, None, str]
"""Words of progress, and at the end what was found."""

_MAX_LINE = 300
_TIME_LIMIT_S = 20.0
_REPORT_EVERY_S = 0.5
_SKIPPED_FOLDERS = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv"})


class FileSearcher:
    """Searches inside `folders` only."""

    def __init__(self, folders: AllowedFolders) -> None:
        self._folders = folders

    def search_files(self, text: str, path: str = ".", file_name: str = "*") -> Search:
        """Search the text files in a folder on the user's machine for lines that contain a text.

        Args:
            text: The text to find, taken literally; capitals and small letters are the same.
            path: The folder or file to search, relative to a folder the user allowed, or
                absolute.
            file_name: Search only files whose name matches this, for example *.py
        """
        if not text:
            raise ToolError("text is empty")
        return (yield from self._search(text.casefold(), self._folders.find(path), file_name))

    def _search(self, text: str, start: Path, file_name: str) -> Search:
        started_at = reported_at = time.monotonic()
        matches: list[str] = []
        for count, file in enumerate(_files_below(start, file_name)):
            now = time.monotonic()
            if now - started_at > _TIME_LIMIT_S:
                matches.append(f"[stopped after {_TIME_LIMIT_S:g} s]")
                break
            if now - reported_at > _REPORT_EVERY_S:
                reported_at = now
                yield f"{count} files searched, {len(matches)} matches"
            matches += self._matches_in(file, text, start)
            if len(matches) > MAX_MATCHES:
                matches[MAX_MATCHES:] = [f"[only the first {MAX_MATCHES} matches are shown]"]
                break
        return "\n".join(matches) or "No line contains the text."

    def _matches_in(self, file: Path, text: str, start: Path) -> list[str]:
        try:
            lines = read_text(self._folders, file, MAX_SEARCHED_BYTES).splitlines()
        except ToolError:  # binary, too big, closed to us: it has no lines to find
            return []
        shown = file.relative_to(start) if file != start else file.name
        return [
            f"{shown}:{number}: {line.strip()[:_MAX_LINE]}"
            for number, line in enumerate(lines, 1)
            if text in line.casefold()
        ]


def search_files_tool(folders: Sequence[Path]) -> FunctionTool:
    """The tool; allowing a folder is permission enough to search it."""
    searcher = FileSearcher(AllowedFolders(folders))
    return FunctionTool(searcher.search_files, origin="built in", default_policy=Policy.ALWAYS)


def _files_below(start: Path, file_name: str) -> Iterator[Path]:
    """The files to search, in order; no link is followed."""
    if start.is_file():
        yield start
    for folder, folders, names in os.walk(start):
        folders[:] = sorted(
            name for name in folders if name not in _SKIPPED_FOLDERS and not is_secret(Path(name))
        )
        for name in sorted(names):
            if fnmatch(name, file_name) and not is_secret(Path(name)):
                yield Path(folder, name)
