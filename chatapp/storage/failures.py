"""What goes wrong with a database file, in words, with the next step."""

import errno
import sqlite3
from pathlib import Path

from chatapp.core.errors import StorageError

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def storage_error(error: sqlite3.Error | OSError, path: Path | None) -> StorageError:
    """What to tell the person about an error with the database at `path`."""
    if isinstance(error, OSError):
        return _file_error(error, path)
    if "no such module: fts5" in str(error):
        return StorageError(
            "This Python's SQLite lacks the full-text search FTS5, without which conversations "
            "are not kept. Use another build of Python, such as python.org's."
        )
    # the codes of SQLite's own errors; those that the module raises have none
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return _database_error(code & 0xFF, error, path)


def unfit(error: Exception, path: Path | None) -> StorageError:
    """What to tell the person about a write that no database would take."""
    return StorageError(f"Something does not fit into the conversations in {path}: {error}.")


def _database_error(code: int, error: sqlite3.Error, path: Path | None) -> StorageError:
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return StorageError(
                f"Another program has locked the conversations in {path}. Wait for it or close it, "
                "then try again.",
                is_passing=True,
            )
        case sqlite3.SQLITE_FULL:
            return _full(path)
        case sqlite3.SQLITE_IOERR:
            return StorageError(
                f"The disk failed while reading or writing {path} ({error}). See whether it is "
                "full, or was unplugged, then try again.",
                is_passing=True,
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return _read_only(path)
        case sqlite3.SQLITE_CANTOPEN:
            return StorageError(
                f"{path} cannot be opened. See whether it is a file that you may read and write, "
                "in a folder that you may write.",
                is_passing=True,
            )
        case sqlite3.SQLITE_CORRUPT:
            return StorageError(
                f"The conversations in {path} are damaged. Move that file elsewhere, with those "
                "beside it whose names begin the same, to start anew; `sqlite3 FILE .recover` can "
                "bring back most of a damaged one."
            )
        case sqlite3.SQLITE_NOTADB:
            return StorageError(
                f"{path} is no database. Move it elsewhere to start anew, or put back the right "
                "one."
            )
        case sqlite3.SQLITE_TOOBIG | sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH:
            return unfit(error, path)
        case _:
            return StorageError(f"The conversations in {path} cannot be used: {error}.")


def _file_error(error: OSError, path: Path | None) -> StorageError:
    place = error.filename or path
    if error.errno in _READ_ONLY:
        return _read_only(place)
    if error.errno in _FULL:
        return _full(place)
    return StorageError(
        f"{place} cannot be used for the conversations: {error.strerror}. Choose another folder "
        "with CHATAPP_DATA_DIR.",
        is_passing=True,
    )


def _full(place: Path | str | None) -> StorageError:
    return StorageError(
        f"The disk has no room for {place}. Free some space, then try again.", is_passing=True
    )


def _read_only(place: Path | str | None) -> StorageError:
    return StorageError(
        f"{place} cannot be written. Make the file and its folder writable, or choose another "
        "folder with CHATAPP_DATA_DIR.",
        is_passing=True,
    )
