"""The connections to a database; each is used by one thread alone."""

import sqlite3
from pathlib import Path

from chatapp.paths import make_private_file
from chatapp.storage.schema import prepare

_CACHE_KB = 16_000


def open_for_writing(path: Path | None, busy_timeout_s: float) -> sqlite3.Connection:
    """Open or make the database, upgrade it, and return the connection; None is in memory.

    Raises sqlite3.Error, OSError and StorageError.
    """
    if path is not None:
        make_private_file(path)  # SQLite gives the files beside it the same rights
    connection = _connect(path, busy_timeout_s)
    try:
        # WAL: readers and the writer of any process never wait for each other. Where the file
        # system cannot do it (a network's), SQLite stays with the mode that it has.
        connection.execute("PRAGMA journal_mode = WAL")
        # on macOS a flush reaches the disk itself only so
        connection.execute("PRAGMA fullfsync = 1")
        prepare(connection, path)
    except BaseException:  # whatever it was, the caller tells it; no open file stays
        connection.close()
        raise
    return connection


def open_for_reading(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Another connection to a database that is open. Raises sqlite3.Error."""
    connection = _connect(path, busy_timeout_s)
    connection.execute("PRAGMA query_only = 1")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    return connection


def data_version(connection: sqlite3.Connection) -> int:
    """A number that is another one once other connections have written; theirs alone counts.

    Raises sqlite3.Error.
    """
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version


def _connect(path: Path | None, busy_timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path or ":memory:", timeout=busy_timeout_s, isolation_level=None, cached_statements=64
    )
    connection.row_factory = sqlite3.Row
    return connection
