"""The programs and libraries below us."""

import asyncio
import importlib.metadata
import platform
import sqlite3
from collections.abc import AsyncIterator, Sequence

from chatapp import __version__
from chatapp.doctor.finding import Finding, ok
from chatapp.doctor.patient import Patient

LIBRARIES = ("textual", "openai", "httpx2", "jiter", "pydantic", "markdown-it-py", "pygments")
EXTRAS = ("mcp", "keyring", "xllamacpp")


async def check_versions(_patient: Patient) -> AsyncIterator[Finding]:
    """Name every version that may matter in a bug report."""
    yield ok(f"chatapp {__version__}")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield ok(f"{platform.python_implementation()} {platform.python_version()} on {system}")
    yield ok(f"SQLite {sqlite3.sqlite_version}")
    yield ok(await asyncio.to_thread(_versions, LIBRARIES))
    yield ok(f"optional: {await asyncio.to_thread(_versions, EXTRAS)}")


def _versions(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
