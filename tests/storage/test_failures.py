"""Databases that cannot be used are explained, with what to do next."""

# The event loop of a test may wait for the disk:
# ruff: noqa: ASYNC221, ASYNC240

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.core.errors import StorageError
from chatapp.core.records import MessageWritten, UnsentTextKept
from chatapp.storage.failures import storage_error
from chatapp.storage.sqlite_store import SqliteStore
from tests.storage.recording import MODEL, opened, replied, said

NOBODY = 65534

posix_only = pytest.mark.skipif(os.name != "posix", reason="chmod keeps nobody out on Windows")


async def filled(path: Path, messages: int = 1) -> None:
    async with opened(path) as store:
        writes = [MessageWritten("c", said("some words " * 50, f"u{n}")) for n in range(messages)]
        await store.write(writes)


async def complaint(path: Path) -> StorageError:
    """What is said when the database is opened and written."""

    async def open_and_write() -> None:
        async with opened(path, busy_timeout_s=0.05) as store:
            await store.write([MessageWritten("c", said("hello"))])

    with pytest.raises(StorageError) as raised:
        await open_and_write()
    return raised.value


@pytest.fixture
def ordinary_folder() -> Iterator[Path]:
    """A folder of a person who is not allowed everything."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.name == "posix" and os.geteuid() == 0
    if is_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        for each in [folder, *folder.rglob("*")]:
            each.chmod(0o700)
        shutil.rmtree(folder)


async def test_a_locked_database_passes(path: Path) -> None:
    await filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = await complaint(path)
    assert error.is_passing
    assert f"locked the conversations in {path}" in str(error)


async def test_a_lock_that_goes_in_time_is_waited_for(path: Path) -> None:
    async with opened(path, busy_timeout_s=0.05) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError) as raised:
                await store.write([UnsentTextKept("c", "text")])
            assert raised.value.is_passing
            assert await store.headers() == ()  # who reads does not wait
            other.execute("ROLLBACK")
        await store.write([UnsentTextKept("c", "text")])
        assert len(await store.headers()) == 1


@posix_only
async def test_a_read_only_file_is_told_of(ordinary_folder: Path) -> None:
    path = ordinary_folder / "chatapp.db"
    await filled(path)
    path.chmod(0o400)
    error = await complaint(path)
    assert error.is_passing
    assert f"{path} cannot be written" in str(error)
    assert "CHATAPP_DATA_DIR" in str(error)


@posix_only
async def test_a_read_only_folder_is_told_of(ordinary_folder: Path) -> None:
    path = ordinary_folder / "chatapp.db"
    await filled(path)
    ordinary_folder.chmod(0o500)
    error = await complaint(path)
    assert str(path) in str(error)
    assert "writ" in str(error)


@posix_only
async def test_a_folder_that_cannot_be_made_is_told_of(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    error = await complaint(ordinary_folder / "data" / "chatapp.db")
    assert f"{ordinary_folder / 'data'} cannot be written" in str(error)


async def test_a_file_in_the_place_of_the_folder_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    error = await complaint(tmp_path / "data" / "chatapp.db")
    assert f"{tmp_path / 'data'} cannot be used" in str(error)


async def test_a_folder_in_the_place_of_the_file_is_told_of(path: Path) -> None:
    path.mkdir(parents=True)
    assert str(path) in str(await complaint(path))


async def test_a_file_that_is_no_database_is_told_of_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage " * 1000)
    error = await complaint(path)
    assert f"{path} is no database" in str(error)
    assert path.read_bytes() == b"garbage " * 1000


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
async def test_a_truncated_file_is_told_of_and_left_alone(path: Path, kept: float) -> None:
    await filled(path, messages=200)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    error = await complaint(path)
    assert f"{path} are damaged" in str(error)
    assert "Move that file elsewhere" in str(error)
    assert path.exists()


async def test_damage_that_is_found_later_is_told_of(path: Path) -> None:
    await filled(path, messages=200)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(4096 * 20))
    async with opened(path) as store:
        with pytest.raises(StorageError, match="damaged"):
            await store.load("c")


async def test_a_newer_database_is_told_of_and_left_alone(path: Path) -> None:
    await filled(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 999")
    error = await complaint(path)
    assert "written by a newer chatapp" in str(error)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_an_upgrade_by_a_newer_program_meanwhile_is_told_of(path: Path) -> None:
    async with opened(path) as store:
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA user_version = 999")
        with pytest.raises(StorageError, match="newer chatapp"):
            await store.write([UnsentTextKept("c", "text")])


async def test_the_database_of_another_program_is_told_of_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    assert "another program" in str(await complaint(path))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


async def test_a_full_database_passes_and_loses_nothing(path: Path) -> None:
    async with opened(path) as store:
        await store.write([UnsentTextKept("c", "before")])
        connection = store._connections[store._writing]

        def let_grow_by(pages: int) -> None:
            count = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {count + pages}")

        await store._call(store._writing, lambda: let_grow_by(0))
        with pytest.raises(StorageError, match="no room") as raised:
            await store.write([MessageWritten("c", said("word " * 10_000))])
        assert raised.value.is_passing
        assert (await store.load("c")).messages == ()
        await store._call(store._writing, lambda: let_grow_by(1000))
        await store.write([MessageWritten("c", said("word " * 10_000))])
        loaded = await store.load("c")
        assert (len(loaded.messages), loaded.unsent_text) == (1, "before")


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from chatapp.core.errors import StorageError
from chatapp.core.records import UnsentTextKept
from chatapp.storage.sqlite_store import SqliteStore

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    await store.write([UnsentTextKept("c", "before")])
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    try:
        await store.write([UnsentTextKept("c", "x" * 1_000_000)])
    except StorageError as error:
        print("passing" if error.is_passing else "lasting", error)
    assert (await store.load("c")).unsent_text == "before"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    await store.write([UnsentTextKept("c", "after" * 100_000)])
    await store.close()

asyncio.run(main())
"""


@posix_only
async def test_a_disk_that_takes_no_more_passes_and_loses_nothing(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("passing ")
    assert str(path) in done.stdout
    async with opened(path) as store:
        assert (await store.load("c")).unsent_text == "after" * 100_000


@pytest.mark.parametrize(
    ("error", "words", "is_passing"),
    [
        (sqlite3.OperationalError("no such module: fts5"), "FTS5", False),
        (OSError(errno.ENOSPC, "No space", "file"), "no room for file", True),
        (OSError(errno.EROFS, "Read-only", "file"), "file cannot be written", True),
        (OSError(errno.ELOOP, "Too many links", "file"), "Too many links", True),
    ],
)
def test_every_error_has_words(error: OSError, words: str, is_passing: bool) -> None:
    told = storage_error(error, Path("chatapp.db"))
    assert words in str(told)
    assert told.is_passing == is_passing


async def test_a_store_that_is_closed_or_was_never_opened_says_so(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(StorageError, match="not open"):
        await store.headers()
    await store.close()
    await store.close()
    with pytest.raises(StorageError, match="closed"):
        await store.write([])


async def test_a_damaged_message_is_told_of_by_its_conversation_alone(path: Path) -> None:
    await filled(path)
    async with opened(path) as store:
        await store.write([MessageWritten("other", replied("fine", model=MODEL))])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("UPDATE messages SET body = '{\"id\": 1}' WHERE message_id = 'u0'")
        with pytest.raises(StorageError, match="cannot be read"):
            await store.load("c")
        assert len((await store.load("other")).messages) == 1
        assert len(await store.headers()) == 2


@posix_only
async def test_only_the_person_can_read_what_is_kept(path: Path) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten("c", said("secret"))])
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
        assert modes == {"chatapp.db": 0o600, "chatapp.db-wal": 0o600, "chatapp.db-shm": 0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700
