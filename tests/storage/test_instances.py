"""Several programs at one database, and what is left of one that is killed."""

# The event loop of a test may wait for the disk and for processes:

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.core.changes import PartAppended, PartOpened
from chatapp.core.messages import Ending, TextPart
from chatapp.core.records import (
    MessageTakenOut,
    MessageWritten,
    ReplyGrew,
    ReplyOpened,
)
from chatapp.file_lock import is_held, try_to_hold
from chatapp.storage.instances import Instance
from chatapp.storage.sqlite_store import SqliteStore
from tests.storage.recording import opened, replied, said

WRITER = """
import asyncio, sys
from pathlib import Path
from chatapp.core.changes import PartAppended, PartOpened
from chatapp.core.messages import TextPart
from chatapp.core.records import MessageWritten, ReplyGrew, ReplyOpened
from chatapp.storage.sqlite_store import SqliteStore
from tests.storage.recording import replied, said

async def main(path, name, count):
    store = SqliteStore(Path(path))
    await store.open()
    await store.write([MessageWritten(name, said("question", "u-" + name))])
    opening = replied("", "r-" + name, "u-" + name, parts=())
    await store.write([ReplyOpened(name, opening)])
    await store.write([ReplyGrew(name, "r-" + name, (PartOpened("", 0, TextPart("")),))])
    for number in range(count):
        await store.write([ReplyGrew(name, "r-" + name, (PartAppended("", 0, f"{number} "),))])
        print(number, flush=True)
    whole = "".join(f"{number} " for number in range(count))
    await store.write([MessageWritten(name, replied(whole, "r-" + name, "u-" + name))])
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""

Start = Callable[[str, int], "subprocess.Popen[str]"]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Starts a program that streams so many numbers into a conversation, and tells each."""
    started: list[subprocess.Popen[str]] = []

    def begin(name: str, count: int) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, name, str(count)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        assert process.stdout is not None
        process.stdout.close()
        process.wait()


def told(process: "subprocess.Popen[str]", number: int) -> None:
    """Read until the program has told that a number is on disk."""
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= number:
            return
    raise AssertionError(f"the program ended with {process.wait()}")


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def mended(store: SqliteStore) -> None:
    """Wait until the store has made messages of the replies that died."""
    connection = store._connections[store._writing]
    query = "SELECT count(*) FROM messages WHERE owner IS NOT NULL"
    deadline = time.monotonic() + 10
    while await store._call(store._writing, lambda: connection.execute(query).fetchone()[0]):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_two_programs_stream_at_once(path: Path, start: Start) -> None:
    processes = [start(name, 150) for name in ("one", "two")]
    async with opened(path) as store:
        for number in range(30):
            await store.write([MessageWritten("three", said(f"{number}", f"u{number}"))])
        for process in processes:
            told(process, 149)
            assert process.wait(10) == 0
        for name in ("one", "two"):
            reply = (await store.load(name)).messages[-1]
            assert reply.text == "".join(f"{number} " for number in range(150))
            assert reply.ending is Ending.FINISHED
        assert len((await store.load("three")).messages) == 30
    assert is_sound(path)


async def test_what_another_program_writes_is_news_and_what_is_written_here_is_not(
    path: Path, start: Start
) -> None:
    async with opened(path) as store:
        known = await store.neighbour_revision()
        await store.write([MessageWritten("here", said("asked"))])
        await store.headers()
        assert await store.neighbour_revision() == known
        process = start("there", 1)
        told(process, 0)
        assert process.wait(10) == 0
        assert (revision := await store.neighbour_revision()) != known
        await store.write([MessageWritten("here", said("more", "u2"))])
        assert await store.neighbour_revision() == revision
        assert {header.conversation_id for header in await store.headers()} == {"here", "there"}
    async with opened(None) as store:
        known = await store.neighbour_revision()
        await store.write([MessageWritten("here", said("asked"))])
        assert await store.neighbour_revision() == known


async def test_a_reply_that_streams_here_is_told_from_one_that_is_whole(path: Path) -> None:
    async with opened(path) as store, opened(path) as other:
        await store.write([MessageWritten("c", said("asked"))])
        assert not (await store.load("c")).is_live_here
        await store.write([ReplyOpened("c", replied("begun", parts=(TextPart("begun"),)))])
        loaded = await store.load("c")
        assert (loaded.is_live_here, loaded.is_live_elsewhere) == (True, False)
        assert not (await other.load("c")).is_live_here
        await store.write([MessageWritten("c", replied("whole"))])
        assert not (await store.load("c")).is_live_here


async def test_many_programs_make_the_database_at_once(path: Path) -> None:
    stores = [SqliteStore(path) for _ in range(6)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(
        *(
            store.write([MessageWritten("c", said("hello", f"u{number}"))])
            for number, store in enumerate(stores)
        )
    )
    for store in stores:
        assert len((await store.load("c")).messages) == len(stores)
    await asyncio.gather(*(store.close() for store in stores))
    assert is_sound(path)


@pytest.mark.parametrize("number", [0, 7, 40])
async def test_what_a_killed_program_had_written_is_there(
    path: Path, start: Start, number: int
) -> None:
    process = start("c", 100_000)
    told(process, number)
    process.kill()
    process.wait()
    async with opened(path) as store:
        loaded = await store.load("c")
        question, reply = loaded.messages
        assert question.text == "question"
        assert reply.text.startswith("".join(f"{n} " for n in range(number + 1)))
        assert reply.ending is Ending.INTERRUPTED
        assert loaded.recovered_id == reply.message_id
        assert not loaded.is_live_elsewhere
    assert is_sound(path)


async def test_a_reply_that_another_program_writes_is_left_out_until_it_ends(
    path: Path, start: Start
) -> None:
    process = start("c", 100_000)
    told(process, 3)
    async with opened(path) as store:
        loaded = await store.load("c")
        assert [message.message_id for message in loaded.messages] == ["u-c"]
        assert loaded.is_live_elsewhere
        assert loaded.recovered_id is None
        process.kill()
        process.wait()
        loaded = await store.load("c")  # without opening anew
        assert [message.message_id for message in loaded.messages] == ["u-c", "r-c"]
        assert loaded.recovered_id == "r-c"
        assert not loaded.is_live_elsewhere


async def open_reply(store: SqliteStore, text: str, message_id: str = "r") -> None:
    await store.write([ReplyOpened("c", replied("", message_id, parts=()))])
    grown = (PartOpened("", 0, TextPart("")), PartAppended("", 0, text))
    await store.write([ReplyGrew("c", message_id, grown)])


async def test_our_own_open_reply_is_there_as_it_stands(path: Path) -> None:
    async with opened(path) as store:
        await open_reply(store, "so far")
        loaded = await store.load("c")
        assert loaded.messages[0].text == "so far"
        assert loaded.recovered_id is None
        assert not loaded.is_live_elsewhere


async def test_a_recovered_reply_is_found_and_named_until_the_conversation_goes_on(
    path: Path,
) -> None:
    async with opened(path) as store:
        await open_reply(store, "findable")
    for _ in range(2):
        async with opened(path) as store:
            assert (await store.load("c")).recovered_id == "r"
    async with opened(path) as store:
        await mended(store)
        assert [hit.message_id for hit in await store.search("findable")] == ["r"]
        await store.write([MessageWritten("c", said("go on", "u2", parent_id="r"))])
        loaded = await store.load("c")
        assert loaded.recovered_id is None
        assert loaded.messages[0].ending is Ending.INTERRUPTED


async def test_a_conversation_that_goes_on_settles_what_died_in_it(path: Path) -> None:
    living = SqliteStore(path)
    await living.open()
    async with opened(path) as dying:
        await open_reply(dying, "partial")
        assert (await living.load("c")).is_live_elsewhere
    await living.write([MessageWritten("c", said("go on", "u2"))])
    loaded = await living.load("c")
    assert loaded.recovered_id is None
    assert [message.text for message in loaded.messages] == ["partial", "go on"]
    await living.close()


async def test_a_reply_that_is_removed_elsewhere_stays_removed_when_its_program_dies(
    path: Path,
) -> None:
    async with opened(path) as living:
        async with opened(path) as dying:
            await living.write([MessageWritten("c", said("question"))])
            await open_reply(dying, "unwanted")
            await living.write([MessageTakenOut("c", "r")])
        assert [message.text for message in (await living.load("c")).messages] == ["question"]
    async with opened(path) as store:
        loaded = await store.load("c")
        assert [message.text for message in loaded.messages] == ["question"]
        assert loaded.recovered_id is None
        assert await store.search("unwanted") == ()


async def test_growth_after_others_took_us_for_dead_is_kept(path: Path) -> None:
    async with opened(path) as slow:
        await open_reply(slow, "one ")
        slow._instance.end()
        async with opened(path) as other:
            await mended(other)
        await slow.write([ReplyGrew("c", "r", (PartAppended("", 0, "two"),))])
        assert [message.text for message in (await slow.load("c")).messages] == ["one two"]
        await slow.write([MessageWritten("c", replied("one two three"))])
        loaded = await slow.load("c")
        assert [message.text for message in loaded.messages] == ["one two three"]
        assert loaded.messages[0].ending is Ending.FINISHED


async def test_what_the_dead_held_is_cleared_away(path: Path) -> None:
    folder = path.with_name("chatapp.db-running")
    async with opened(path) as living:
        await open_reply(living, "so far")
        (folder / "dead").touch()
        async with opened(path):
            pass
        assert [file.name for file in folder.iterdir()] == [living._instance.name]
    assert [*folder.iterdir()] == []


def test_an_instance_shows_life_also_while_others_clear_away(tmp_path: Path) -> None:
    first, second = Instance(tmp_path), Instance(tmp_path)
    first.show_life()
    first.show_life()
    assert second.is_running(first.name)
    assert second.is_running(second.name)
    assert not first.is_running(second.name)
    second.bury_others()
    assert second.is_running(first.name)
    first.end()
    first.end()
    assert not second.is_running(first.name)


def test_a_lock_is_held_until_its_file_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not is_held(file)
    held = try_to_hold(file)
    assert held is not None
    assert is_held(file)
    assert try_to_hold(file) is None
    held.close()
    assert not is_held(file)
