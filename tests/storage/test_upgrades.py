"""Databases of every earlier version open, upgraded after a copy was made."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.core.errors import FailureKind, StorageError
from chatapp.core.messages import Ending, ToolResultPart, ToolStatus
from chatapp.core.records import ConversationRestored, MessageWritten, TitleSource
from chatapp.core.usage import Timing, Usage
from chatapp.storage import schema
from chatapp.storage.schema import VERSION, backup_file
from tests.storage.recording import opened, replied

DATABASES = sorted((Path(__file__).parent / "databases").glob("v*.sql"))


def make(path: Path, dump: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_there_is_a_database_of_every_version() -> None:
    assert [file.name for file in DATABASES] == [f"v{n + 1}.sql" for n in range(VERSION)]


@pytest.mark.parametrize("dump", DATABASES, ids=lambda file: file.stem)
async def test_a_database_of_any_version_opens_with_all_that_is_in_it(
    path: Path, dump: Path
) -> None:
    make(path, dump)
    async with opened(path) as store:
        assert version_of(path) == VERSION
        headers = await store.headers()
        assert [header.title for header in headers] == ["The weather", "A question"]
        assert headers[0].is_pinned
        assert headers[0].title_source is TitleSource.MODEL
        first = await store.load("first")
        question, reply, other = first.messages
        assert question.text == "Tell me of 中国"
        assert (reply.reasoning, reply.text) == ("thinking", "It is sunny.")
        assert reply.tool_calls[0].arguments == '{"city":"北京"}'
        assert ToolResultPart("call_1", "sunny", ToolStatus.FINISHED, 0.5) in reply.parts
        assert (reply.usage, reply.cost_usd) == (Usage(1, 2, 3, 0, 1), 0.01)
        assert reply.timing == Timing(0.1, 0.2, 0.3)
        assert other.ending is Ending.CUT
        assert other.failure is not None
        assert other.failure.kind is FailureKind.CUT
        assert first.leaf_id == "r"
        assert first.system == (None if dump.stem == "v1" else "Be brief.")
        second = await store.load("second")
        assert [message.text for message in second.messages] == ["A question", "Half an answ"]
        assert second.messages[1].ending is Ending.INTERRUPTED
        assert (second.unsent_text, second.recovered_id) == ("half a", "r")
        assert [hit.message_id for hit in await store.search("中国")] == ["u"]
        assert [hit.message_id for hit in await store.search("北")] == ["r"]
        await store.write([ConversationRestored("third")])
        assert len(await store.headers()) == 3
        await store.write([MessageWritten("first", replied("Changed"))])
        assert await store.search("北") == ()


def as_if_one_newer(monkeypatch: pytest.MonkeyPatch, statements: str) -> None:
    """Let the program know a version after the one that the database has."""
    monkeypatch.setattr(schema, "VERSION", VERSION + 1)
    monkeypatch.setattr(schema, "_UPGRADES", {**schema._UPGRADES, VERSION: statements})


@pytest.fixture
def old(path: Path) -> Path:
    make(path, DATABASES[-1])
    return path


async def test_an_upgrade_makes_a_copy_first(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_one_newer(
        monkeypatch,
        "ALTER TABLE conversations ADD COLUMN note TEXT;\n"
        "UPDATE conversations\n    SET note = 'a; b';\n",
    )
    async with opened(old) as store:
        assert len(await store.headers()) == 2
    copy = backup_file(old, VERSION)
    assert (version_of(old), version_of(copy)) == (VERSION + 1, VERSION)
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (3,)
        assert "note" not in str(connection.execute("SELECT sql FROM sqlite_master").fetchall())
    with closing(sqlite3.connect(old)) as connection:
        notes = connection.execute("SELECT DISTINCT note FROM conversations").fetchall()
        assert notes == [("a; b",)]


async def test_an_upgrade_that_fails_leaves_all_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_if_one_newer(monkeypatch, "DELETE FROM messages;\nDELETE FROM nowhere;\n")
    with pytest.raises(StorageError, match="nowhere"):
        async with opened(old):
            pass
    assert version_of(old) == VERSION
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone()[0] > 0


async def test_without_room_for_the_copy_nothing_is_upgraded(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_if_one_newer(monkeypatch, "DELETE FROM messages;\n")
    unfinished = backup_file(old, VERSION).with_name(f"{backup_file(old, VERSION).name}.unfinished")
    unfinished.mkdir()
    with pytest.raises(StorageError, match="unfinished"):
        async with opened(old):
            pass
    assert version_of(old) == VERSION


async def test_the_program_of_before_is_told_when_another_has_upgraded(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(old) as before:
        as_if_one_newer(monkeypatch, "ALTER TABLE messages ADD COLUMN note TEXT;\n")
        async with opened(old):
            pass
        monkeypatch.undo()
        with pytest.raises(StorageError, match="newer chatapp"):
            await before.write([ConversationRestored("third")])


async def test_a_new_or_present_database_is_not_copied(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        async with opened(path):
            pass
    assert [each.name for each in path.parent.iterdir()] == [path.name]
