"""The database of the conversations: is it there, is it whole, is it of our version."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from chatapp.daemon_thread import call_in_daemon_thread
from chatapp.doctor.finding import Finding, ok, problem, warning
from chatapp.doctor.patient import Patient
from chatapp.storage.schema import VERSION

INTEGRITY_S = 60.0
"""How long looking at every page may take."""

_MEBIBYTE = 1024 * 1024


async def check_database(patient: Patient) -> AsyncIterator[Finding]:
    """Read the whole database and change nothing."""
    path = patient.database
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        yield ok("there are no stored conversations yet")
        return
    except OSError as error:
        advice = "Make the folder accessible, or set CHATAPP_DATA_DIR to another."
        yield problem(f"{path} cannot be looked at: {error.strerror}", advice)
        return
    yield ok(f"{path}, {size / _MEBIBYTE:.1f} MiB")
    try:
        async with asyncio.timeout(INTEGRITY_S):
            version, complaints = await call_in_daemon_thread(lambda: _examine(path))
    except TimeoutError:
        advice = "It is large, or the disk is slow; try again when nothing else uses it."
        yield warning(f"reading all of it took longer than {INTEGRITY_S:g} s", advice)
        return
    except (sqlite3.Error, OSError) as error:
        yield problem(f"it cannot be read: {error}", _ADVICE)
        return
    if version > VERSION:
        words = f"its schema version is {version}, and this chatapp knows {VERSION}"
        yield problem(words, "A newer chatapp has written it; use that one.")
    elif complaints == ["ok"]:
        yield ok(f"it is whole, and of schema version {version}")
    else:
        yield problem(f"it is damaged: {'; '.join(complaints[:3])}", _ADVICE)


_ADVICE = "Move it aside to begin a new one; a copy from before an upgrade may lie beside it."


def _examine(path: Path) -> tuple[int, list[str]]:
    """The schema's version, and what SQLite has to say of every page: "ok", or complaints."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        rows = connection.execute("PRAGMA integrity_check").fetchall()
    return version, [str(row[0]) for row in rows]
