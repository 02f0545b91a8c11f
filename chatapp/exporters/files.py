"""Exports written to files, and files read for import."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TextIO

from chatapp import paths
from chatapp.core.errors import CodecError
from chatapp.core.ports import Exporter, Importer, ImportSource
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.core.safe_text import safe_line
from chatapp.exporters.import_file import ImportFile
from chatapp.exporters.registry import IMPORTERS

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""How a file is opened that must not be there; Windows would change the ends of its lines."""

_LONGEST_NAME = 60
_LONGEST_NAME_BYTES = 180
_NOT_IN_A_NAME = re.compile(r"[^\w.()+=,-]+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever comes after it."""


def write_export(
    conversation: StoredConversation, exporter: Exporter, target: Path | None, folder: Path
) -> Path:
    """Write an export to a new file that only the person can read, and return where it is.

    None for `target`, or a folder, takes the name from the title; a relative one begins at
    `folder`. A file that is there stays: the new name gets a number. Raises OSError, and
    ValueError for a name that no file can have.
    """
    place = folder if target is None else folder / paths.with_home(target)
    if place.is_dir():
        place /= f"{file_name(conversation.header.title)}.{exporter.name}"
    text = exporter.export(conversation)
    numbered = (place.with_name(f"{place.stem}-{number}{place.suffix}") for number in count(2))
    file = place
    while True:
        try:
            with writing(file) as opened:
                opened.write(text)
        except FileExistsError:
            file = next(numbered)
        else:
            return file


@contextmanager
def writing(file: Path, *, may_replace: bool = False) -> Iterator[TextIO]:
    """Open a new file that only the person can read; it goes if it is not written to its end.

    With `may_replace` it takes the place of one that is there, once it is whole. A device or a
    pipe is written to as it is. Raises FileExistsError, OSError, and ValueError.
    """
    if file.exists() and not file.is_file():
        with file.open("w", encoding="utf-8", newline="") as opened:
            yield opened
        return
    place = file.with_name(f".{file.name}-{os.getpid()}") if may_replace else file
    descriptor = os.open(place, _NEW_FILE, paths.PRIVATE_FILE)
    with ExitStack() as undoing:
        undoing.callback(place.unlink, missing_ok=True)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
            yield opened
        if may_replace:
            place.replace(file)
        undoing.pop_all()


def file_name(title: str) -> str:
    """A title as the name of a file, without an ending, that every system takes."""
    nameable = "".join(filter(_can_be_in_a_name, safe_line(title)))
    name = _NOT_IN_A_NAME.sub("-", nameable)[:_LONGEST_NAME]
    while len(name.encode()) > _LONGEST_NAME_BYTES:
        name = name[:-1]
    name = name.strip("-.")
    return f"_{name}" if _DEVICE.match(name) else name or "conversation"


def _can_be_in_a_name(character: str) -> bool:
    """Whether the system has bytes for it: in the locale POSIX it has none for Chinese."""
    try:
        os.fsencode(character)
    except UnicodeEncodeError:
        return False
    return True


def read_imports(
    path: Path, importer: Importer | None = None
) -> Iterator[StoredConversation | ImportProblem]:
    """The conversations of a file, and what is wrong with those that are broken.

    None for `importer` finds the format out. Raises CodecError when nothing can be read, and
    OSError; takes as long as the file is large.
    """
    source = ImportFile(path)
    reading = (importer or find_importer(source)).read(source)
    is_first = True
    while True:
        try:
            item = next(reading, None)
        except CodecError as error:
            if is_first:
                raise
            item, reading = ImportProblem("the rest of the file", str(error)), iter(())
        if item is None:
            return
        is_first = False
        yield item


def find_importer(source: ImportSource) -> Importer:
    """The importer that recognises a file. Raises CodecError and OSError."""
    for importer in IMPORTERS:
        if importer.recognises(source):
            return importer
    known = "; ".join(importer.label for importer in IMPORTERS)
    raise CodecError(f"it is in no format that can be imported: {known}")
