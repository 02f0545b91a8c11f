"""The thread beside the event loop does all that is given to it, whatever becomes of the loop."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chatapp.core.errors import StorageError
from chatapp.core.records import UnsentTextKept
from chatapp.storage import sqlite_store
from chatapp.storage.database_thread import DatabaseThread
from chatapp.storage.sqlite_store import SqliteStore
from tests.storage.recording import opened, run


async def test_work_is_done_in_order_and_its_errors_are_raised() -> None:
    thread = DatabaseThread("test")
    done: list[int] = []

    def note(number: int) -> int:
        done.append(number)
        return number

    assert await asyncio.gather(*(thread.call(lambda n=n: note(n)) for n in range(9))) == done
    assert done == [*range(9)]
    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 // 0)
    assert await thread.call(lambda: note(9)) == 9
    thread.end()
    thread.join(5)


async def test_work_whose_caller_is_cancelled_is_done(path: Path) -> None:
    async with opened(path) as store:
        gate = threading.Event()
        store._writing.post(lambda: gate.wait(5) and None)
        writing = asyncio.ensure_future(store.write([UnsentTextKept("c", "kept")]))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        gate.set()
    async with opened(path) as store:
        assert (await store.load("c")).unsent_text == "kept"


def test_work_outlives_its_loop() -> None:
    thread = DatabaseThread("test")
    gate, done = threading.Event(), threading.Event()

    async def leave() -> None:
        def work() -> None:
            gate.wait(5)
            done.set()

        call = asyncio.ensure_future(thread.call(work))
        await asyncio.sleep(0)
        call.cancel()

    run(leave())
    gate.set()
    thread.end()
    thread.join(5)
    assert done.is_set()


async def test_closing_waits_for_all_that_was_begun(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    writes = [
        asyncio.ensure_future(store.write([UnsentTextKept("c", str(number))]))
        for number in range(20)
    ]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)
    async with opened(path) as again:
        assert (await again.load("c")).unsent_text == "19"


async def test_a_disk_that_hangs_holds_up_nobody_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "_LONGEST_WAIT_S", 0.05)
    store = SqliteStore(path)
    await store.open()
    gate = threading.Event()
    store._writing.post(lambda: gate.wait(5) and None)
    with pytest.raises(StorageError, match="did not take"):
        await store.close()
    gate.set()
    store._writing.join(5)
    assert not store._writing._thread.is_alive()


LEAVES_WITHOUT_CLOSING = """
import asyncio, sys
from pathlib import Path
from chatapp.core.records import UnsentTextKept
from chatapp.storage.sqlite_store import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    for number in range(50):
        asyncio.ensure_future(store.write([UnsentTextKept("c", str(number))]))
    await asyncio.sleep(0)

asyncio.run(main())
"""


def test_a_program_that_ends_without_closing_loses_nothing(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVES_WITHOUT_CLOSING, path], capture_output=True, check=False
    )
    assert done.stderr == b""

    async def unsent_text() -> str:
        async with opened(path) as store:
            return (await store.load("c")).unsent_text

    assert run(unsent_text()) == "49"
