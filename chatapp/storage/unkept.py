"""A file beside the database for what the database can never take, so that no word is lost.

It is for the person to read: a line of JSON for each write, the oldest first. The program itself
only ever adds to it.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from chatapp.core.codec import JsonObject, conversation_to_json, message_to_json
from chatapp.core.ports import JsonValue
from chatapp.core.records import (
    ConversationImported,
    MessagePutBack,
    MessageWritten,
    ReplyGrew,
    ReplyOpened,
    Write,
)
from chatapp.paths import make_private_file


def unkept_file(database: Path) -> Path:
    """Where the file of a database is; it need not exist."""
    return database.with_name(f"{database.stem}-unkept.jsonl")


def set_aside(file: Path, writes: Sequence[Write], reason: str) -> None:
    """Add writes to the file, and return once the disk has them. Raises OSError."""
    make_private_file(file)
    with file.open("ab+") as opened:
        if _ends_amid_a_line(opened):
            opened.write(b"\n")
        for write in writes:
            opened.write(_line(write, reason).encode())
        opened.flush()
        os.fsync(opened.fileno())


def _ends_amid_a_line(file: BinaryIO) -> bool:
    """Whether the last line was cut off, by a full disk or a crash, and would spoil the next."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    return file.read(1) not in (b"", b"\n")


def _line(write: Write, reason: str) -> str:
    about: JsonObject = {"at": time.time(), "reason": reason, "kind": type(write).__name__}
    try:
        return f"{json.dumps(about | _content(write))}\n"
    except (ValueError, RecursionError):  # a number too long, or too deep: its words at least
        return f"{json.dumps(about | {'words': [*_words(asdict(write))]})}\n"


def _content(write: Write) -> JsonObject:
    match write:
        case MessageWritten(here, message) | ReplyOpened(here, message):
            return {"conversation_id": here, "message": message_to_json(message)}
        case MessagePutBack(here, message):
            return {"conversation_id": here, "message": message_to_json(message)}
        case ReplyGrew(here, message_id, changes):
            growth: list[JsonValue] = [asdict(change) for change in changes]
            return {"conversation_id": here, "message_id": message_id, "growth": growth}
        case ConversationImported(conversation):
            return {"conversation": conversation_to_json(conversation)}
        case _:
            return asdict(write)


def _words(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _words(each)
