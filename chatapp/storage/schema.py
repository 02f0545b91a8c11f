"""The tables of the database, and how one of an earlier version becomes one of today.

`user_version` tells the version. An upgrade is one transaction, after a copy of the database
was put beside it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chatapp.core.errors import StorageError
from chatapp.paths import PRIVATE_FILE

VERSION = 2

_TABLES = """
CREATE TABLE conversations (
    conversation_key INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL DEFAULT '',
    title_source TEXT NOT NULL DEFAULT 'first message',
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    endpoint TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    is_pinned INTEGER NOT NULL DEFAULT 0,
    leaf_id TEXT,
    unsent_text TEXT NOT NULL DEFAULT '',
    deleted_at REAL,
    system TEXT -- its own system prompt, NULL for that of the settings
);
CREATE TABLE messages (
    message_key INTEGER PRIMARY KEY, -- ascending in the order of arrival
    conversation_key INTEGER NOT NULL REFERENCES conversations,
    message_id TEXT NOT NULL,
    parent_id TEXT,
    role TEXT NOT NULL,
    created_at REAL NOT NULL,
    body TEXT NOT NULL, -- the message as JSON; its parent is the one above
    search_key INTEGER UNIQUE, -- its row in message_words, NULL when it has none
    owner TEXT, -- the instance that is writing it, NULL when it is finished
    is_recovered INTEGER NOT NULL DEFAULT 0, -- its instance died; nobody has taken it up
    removed_at REAL,
    UNIQUE (conversation_key, message_id)
);
CREATE INDEX shown_messages ON messages (conversation_key) WHERE removed_at IS NULL;
CREATE INDEX open_messages ON messages (owner) WHERE owner IS NOT NULL;
CREATE INDEX recovered_messages ON messages (conversation_key) WHERE is_recovered = 1;
CREATE INDEX removed_messages ON messages (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX prompts ON messages (created_at) WHERE role = 'user' AND removed_at IS NULL;
CREATE INDEX replies ON messages (created_at) WHERE role = 'assistant';
CREATE TABLE growth ( -- what came for open replies since `body` was written
    growth_key INTEGER PRIMARY KEY,
    message_key INTEGER NOT NULL REFERENCES messages,
    changes TEXT NOT NULL
);
CREATE INDEX growth_of_message ON growth (message_key);
-- The words are cut in `words.py` and come as ASCII or as characters that are all kept.
-- No text is stored twice: a row is deleted by giving its words again.
CREATE VIRTUAL TABLE message_words USING fts5(
    words, content='', columnsize=0, tokenize='ascii', prefix='1 2'
);
CREATE VIRTUAL TABLE title_words USING fts5(
    words, content='', columnsize=0, tokenize='ascii', prefix='1 2'
);
"""

_UPGRADES: Mapping[int, str] = {
    1: """
ALTER TABLE conversations ADD COLUMN system TEXT;
CREATE INDEX IF NOT EXISTS replies ON messages (created_at) WHERE role = 'assistant';
"""
}
"""The statements that lead from a version to the next."""


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """All of the body's statements, or none."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # the body failed, or the COMMIT did
            connection.execute("ROLLBACK")


def prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    """Bring the database to today's version. Raises sqlite3.Error, OSError and StorageError."""
    with transaction(connection):  # it also shows at once whether the database can be written
        version = _version(connection)
        if version == VERSION:
            return
        if version > VERSION:
            raise newer_version(path)
        if version == 0:
            _require_empty(connection, path)
            _run(connection, _TABLES)
        else:
            if path is not None:
                _back_up(path, version)
            for step in range(version, VERSION):
                _run(connection, _UPGRADES[step])
        connection.execute(f"PRAGMA user_version = {VERSION}")


def require_known(connection: sqlite3.Connection, path: Path | None) -> None:
    """See that no newer program has upgraded the database meanwhile. Raises StorageError."""
    if _version(connection) != VERSION:
        raise newer_version(path)


def newer_version(path: Path | None) -> StorageError:
    """Tell the person that the database is too new."""
    return StorageError(
        f"The conversations in {path} were written by a newer chatapp. Start that one, or "
        "choose another folder with CHATAPP_DATA_DIR."
    )


def backup_file(path: Path, version: int) -> Path:
    """Where the copy of a database of an earlier version is put."""
    return path.with_name(f"{path.stem}-before-upgrade-from-{version}{path.suffix}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _require_empty(connection: sqlite3.Connection, path: Path | None) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StorageError(
            f"{path} is the database of another program. Move it elsewhere, or choose another "
            "folder with CHATAPP_DATA_DIR."
        )


def _run(connection: sqlite3.Connection, statements: str) -> None:
    """Run them one by one; `executescript` would commit first."""
    statement = ""
    for line in statements.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _back_up(path: Path, version: int) -> None:
    """Copy the database as it is, whole or not at all, while the caller holds off writers."""
    target = backup_file(path, version)
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=PRIVATE_FILE)
    source, copy = sqlite3.connect(path), sqlite3.connect(unfinished)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
    unfinished.replace(target)
