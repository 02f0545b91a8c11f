"""Reading the database of `llm`: nothing is written to it, and nothing in it is trusted."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chatapp.core.errors import CodecError
from chatapp.core.ports import JsonValue
from chatapp.exporters.foreign_json import JsonObject

SQLITE_START = b"SQLite format 3\x00"


class LlmDatabase:
    """An open logs.db. Its methods raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.tables = frozenset(str(name) for (name,) in found)

    def rows(
        self,
        table: str,
        columns: Sequence[str],
        where: str = "",
        values: Sequence[str | int] = (),
        order: str = "rowid",
    ) -> Iterator[JsonObject]:
        """The rows of a table; columns and tables that it has not are None and empty.

        All names and conditions are ours; what comes from a file goes into `values`.
        """
        if table not in self.tables:
            return
        listed = self._connection.execute(f'PRAGMA table_info("{table}")')
        there = {str(row[1]) for row in listed}
        chosen = ", ".join(f'"{name}"' if name in there else "NULL" for name in columns)
        condition = f" WHERE {where}" if where else ""
        query = f'SELECT {chosen} FROM "{table}"{condition} ORDER BY {order}'  # noqa: S608 - ours
        for row in self._connection.execute(query, values):
            yield dict(zip(columns, map(_value, row), strict=True))


@contextmanager
def opened_database(path: Path) -> Iterator[LlmDatabase]:
    """Open a database for reading only. Raises CodecError, also for what is done within."""
    try:
        # read from whichever worker thread asks next, but never from two at once
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        try:
            connection.text_factory = _text
            connection.execute("PRAGMA trusted_schema = OFF")
            yield LlmDatabase(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise CodecError(f"the database cannot be read: {error}") from error


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _value(value: object) -> JsonValue:
    return value if isinstance(value, str | int | float) else None
