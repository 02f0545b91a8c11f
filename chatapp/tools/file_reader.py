"""Reads lines of a text file."""

from collections.abc import Sequence
from pathlib import Path

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.allowed_folders import AllowedFolders
from chatapp.tools.function_tool import FunctionTool
from chatapp.tools.secret_files import holds_private_key
from chatapp.tools.text_decoding import decode_text, is_binary

MAX_FILE_BYTES = 10_000_000
"""A larger file is refused."""

MAX_LINES = 2000


class FileReader:
    """Reads inside `folders` only."""

    def __init__(self, folders: AllowedFolders) -> None:
        self._folders = folders

    def read_file(self, path: str, start_line: int = 1, line_count: int = 500) -> str:
        """Read lines of a text file on the user's machine.

        Args:
            path: The file, relative to a folder the user allowed, or absolute.
            start_line: The first line wanted, counted from 1.
            line_count: How many lines are wanted, at most 2000.
        """
        if start_line < 1 or not 1 <= line_count <= MAX_LINES:
            raise ToolError(f"start_line is at least 1, line_count from 1 to {MAX_LINES}")
        place = self._folders.find(path)
        lines = read_text(self._folders, place, MAX_FILE_BYTES).splitlines()
        if start_line > len(lines) > 0:
            raise ToolError(f"{path!r} has only {len(lines)} lines")
        wanted = lines[start_line - 1 : start_line - 1 + line_count]
        last = start_line - 1 + len(wanted)
        heading = f"{place}, lines {start_line} to {last} of {len(lines)}:" if wanted else ""
        return "\n".join([heading or f"{place} is empty.", *wanted])


def read_file_tool(folders: Sequence[Path]) -> FunctionTool:
    """The tool; allowing a folder is permission enough to read in it."""
    reader = FileReader(AllowedFolders(folders))
    return FunctionTool(reader.read_file, origin="built in", default_policy=Policy.ALWAYS)


def read_text(folders: AllowedFolders, place: Path, max_bytes: int) -> str:
    """The whole text of a file. Raises ToolError, also for one that is too big or no text."""
    with folders.open_file(place) as file:
        try:
            data = file.read(max_bytes + 1)
        except OSError as error:
            raise ToolError(f"{place} cannot be read: {error.strerror}") from error
    if len(data) > max_bytes:
        raise ToolError(f"{place} is larger than {max_bytes:,} bytes")
    if is_binary(data):
        raise ToolError(f"{place} is not a text file")
    if holds_private_key(data):
        raise ToolError(f"{place} holds a private key; such files are never read")
    return decode_text(data)
