"""A file to import: JSON, JSON lines, or a zip archive that holds conversations.json.

Conversations are parsed one by one, as they are asked for: besides the text of the file only
one of them is in memory, and what stands before a broken place can still be had.
"""

import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath

from chatapp.core.errors import CodecError
from chatapp.core.ports import JsonValue

LARGEST_BYTES = 1 << 30
"""What is read at most, also of what an archive holds: a gigabyte."""

_START_BYTES = 64
_TRIED_VALUES = 20
_ARCHIVE = b"PK\x03\x04"
_MEMBER = re.compile(r"conversations[-_0-9]*\.json", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class ImportFile:
    """Implements `ImportSource`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @cached_property
    def start(self) -> bytes:
        """Its first bytes. Raises CodecError for what is no file, and OSError."""
        if not stat.S_ISREG(self._path.stat().st_mode):
            raise CodecError("it is not a file")
        with self._path.open("rb") as opened:
            return opened.read(_START_BYTES)

    @cached_property
    def json_keys(self) -> frozenset[str]:
        """The keys of the first objects in it; empty where it is no JSON.

        Raises CodecError for what is broken from the first, and OSError.
        """
        if b"\0" in self.start and not self.start.startswith(_ARCHIVE):
            return frozenset()
        keys: set[str] = set()
        try:
            for value in islice(self.json_values(), _TRIED_VALUES):
                if isinstance(value, Mapping):
                    keys.update(value)
        except CodecError:
            if not keys:
                raise
        return frozenset(keys)

    def json_values(self) -> Iterator[JsonValue]:
        """One value a conversation. Raises CodecError where the text breaks, and OSError."""
        if self.start.startswith(_ARCHIVE):
            for text in _archived_texts(self._path):
                yield from _conversations(text)
            return
        if self._path.stat().st_size > LARGEST_BYTES:
            raise CodecError(_TOO_LARGE)
        yield from _conversations(_decoded(self._path.read_bytes()))


_TOO_LARGE = f"it holds more than {LARGEST_BYTES >> 20:,} MB"


def _archived_texts(path: Path) -> Iterator[str]:
    """The texts of the conversations.json in an archive; large ones are in several pieces."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                member
                for member in archive.infolist()
                if _MEMBER.fullmatch(PurePosixPath(member.filename).name)
            ]
            if not members:
                raise CodecError("there is no conversations.json in the archive")
            # an archive of a few bytes may claim, and unpack to, more than any disk holds
            if sum(member.file_size for member in members) > LARGEST_BYTES:
                raise CodecError(_TOO_LARGE)
            for member in sorted(members, key=lambda member: member.filename):
                with archive.open(member) as opened:
                    yield _decoded(opened.read(LARGEST_BYTES))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise CodecError(f"the archive is broken: {error}") from error
    except RuntimeError as error:  # how zipfile says that it wants a password
        raise CodecError(f"the archive cannot be opened: {error}") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CodecError(f"it is not UTF-8 text: byte {error.start} is wrong") from error


def _conversations(text: str) -> Iterator[JsonValue]:
    """The values in a text; an object that holds `conversations` stands for those."""
    for value in _values(text):
        if isinstance(value, Mapping) and "mapping" not in value:
            listed = value.get("conversations")
            if isinstance(listed, list):
                yield from listed
                continue
        yield value


def _values(text: str) -> Iterator[JsonValue]:
    """The elements of arrays and the values beside them, up to where the JSON is broken."""
    position = _skip_space(text, 0)
    is_in_array = False
    while position < len(text):
        if not is_in_array and text[position] == "[":
            is_in_array, position = True, _skip_space(text, position + 1)
        elif is_in_array and text[position] == "]":
            is_in_array, position = False, _skip_space(text, position + 1)
        else:
            value, position = _parsed(text, position)
            yield value
            position = _skip_space(text, position)
            if is_in_array and text[position : position + 1] == ",":
                position = _skip_space(text, position + 1)
            elif is_in_array and text[position : position + 1] != "]":
                raise CodecError(f"the JSON breaks off at {_place(text, position)}")
    if is_in_array:
        raise CodecError(f"the JSON breaks off at {_place(text, position)}")


def _parsed(text: str, position: int) -> tuple[JsonValue, int]:
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise CodecError(f"the JSON is broken at {_place(text, error.pos)}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond all measure
        raise CodecError(f"the JSON from {_place(text, position)} on cannot be read") from error
    return value, end


def _skip_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return position if space is None else space.end()


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"
