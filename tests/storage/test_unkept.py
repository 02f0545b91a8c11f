"""What no database takes: it is told from what the disk refuses, and put into a file beside."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.core.changes import PartAppended, PartOpened, ToolCallNamed, ToolResultChanged
from chatapp.core.errors import StorageError
from chatapp.core.messages import (
    ModelRef,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.records import (
    ConversationDeleted,
    ConversationImported,
    ConversationRestored,
    MessagePutBack,
    MessageTakenOut,
    MessageWritten,
    ModelChosen,
    PathChosen,
    PinChosen,
    ReplyGrew,
    ReplyOpened,
    SystemPromptChosen,
    TitleChosen,
    TitleSource,
    UnsentTextKept,
    Write,
)
from chatapp.core.usage import Usage
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.storage.unkept import unkept_file
from tests.storage.recording import opened, replied, said
from tests.storage.test_round_trip import stored
from tests.support.conversations import played

LIMIT = 20_000
TOO_LONG = "word " * LIMIT
TOO_MANY = Usage(10**5000, 0, 10**5000)
HOSTILE = "a\udfff\ud800\x00\x1b\u2028z"


async def limited(store: SqliteStore) -> SqliteStore:
    """The store, for which texts of a gigabyte are shorter than they are."""
    connection = store._connections[store._writing]
    await store._call(
        store._writing, lambda: connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMIT)
    )
    return store


def writes_with(text: str) -> list[Write]:
    """Every write, with a text wherever one can be."""
    reply = replied(text, text, text)
    parts = (ReasoningPart(text), ToolCallPart(text, text, text), ToolResultPart(text, text))
    growth = (
        PartOpened(text, 0, TextPart(text)),
        PartAppended(text, 0, text),
        PartOpened(text, 1, parts[1]),
        ToolCallNamed(text, 1, parts[1]),
        ToolResultChanged(text, 2, ToolResultPart(text, text)),
    )
    return [
        MessageWritten(text, said(text, parts=parts, model=ModelRef(text, text))),
        ReplyOpened(text, reply),
        ReplyGrew(text, text, growth),
        MessageTakenOut(text, text),
        MessagePutBack(text, reply, (text,)),
        PathChosen(text, text),
        ModelChosen(text, ModelRef(text, text)),
        TitleChosen(text, text, TitleSource.PERSON),
        PinChosen(text, True),
        UnsentTextKept(text, text),
        SystemPromptChosen(text, text),
        ConversationDeleted(text),
        ConversationRestored(text),
        ConversationImported(stored(played([]))),
    ]


@pytest.mark.parametrize("write", writes_with(HOSTILE), ids=lambda write: type(write).__name__)
async def test_lone_surrogates_and_control_characters_are_taken_anywhere(
    path: Path, write: Write
) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten(HOSTILE, replied("before", HOSTILE))])
        await store.write([write])
        await store.headers()
        await store.load(HOSTILE)


@pytest.mark.parametrize(
    "write",
    [
        MessageWritten("c", said(TOO_LONG, "long")),
        ReplyOpened("c", replied(TOO_LONG, "long")),
        ReplyGrew("c", "u", (PartAppended("u", 0, TOO_LONG),)),
        UnsentTextKept("c", TOO_LONG),
        SystemPromptChosen("c", TOO_LONG),
        TitleChosen("c", TOO_LONG, TitleSource.PERSON),
        MessageWritten("c", replied("counted", usage=TOO_MANY)),
    ],
    ids=lambda write: type(write).__name__,
)
async def test_what_no_database_takes_is_refused_for_good_and_harms_nothing(
    path: Path, write: Write
) -> None:
    async with opened(path) as store:
        await limited(store)
        await store.write([MessageWritten("c", said("before"))])
        before = await store.load("c")
        with pytest.raises(StorageError, match="does not fit") as raised:
            await store.write([UnsentTextKept("other", "text"), write])
        assert not raised.value.is_passing
        assert await store.load("c") == before
        assert len(await store.headers()) == 1
        await store.write([UnsentTextKept("other", "text")])


@pytest.mark.parametrize("text", [HOSTILE, "word"])
async def test_every_write_can_be_put_beside_the_database_word_by_word(
    path: Path, text: str
) -> None:
    writes = writes_with(text)
    async with opened(path) as store:
        assert await store.set_aside(writes[:3], "too long") == unkept_file(path)
        assert await store.set_aside(writes[3:], "too long") == unkept_file(path)
    lines = [json.loads(line) for line in unkept_file(path).read_text().splitlines()]
    assert [line["kind"] for line in lines] == [type(write).__name__ for write in writes]
    assert {line["reason"] for line in lines} == {"too long"}
    assert lines[0]["message"]["parts"][0] == {"type": "reasoning", "text": text}
    assert lines[2]["growth"][1]["text"] == text
    assert lines[9]["text"] == text


async def test_a_message_that_is_no_json_leaves_its_words(path: Path) -> None:
    async with opened(path) as store:
        await store.set_aside([MessageWritten("c", replied("words", usage=TOO_MANY))], "a number")
    (line,) = unkept_file(path).read_text().splitlines()
    assert "words" in json.loads(line)["words"]


async def test_a_line_that_was_cut_off_spoils_no_other(path: Path) -> None:
    async with opened(path) as store:
        file = await store.set_aside([UnsentTextKept("c", "first")], "too long")
        assert file is not None
        with file.open("a") as other:
            other.write('{"at": 1, "rea')
        await store.set_aside([UnsentTextKept("c", "second")], "too long")
    first, _, second = file.read_text().splitlines()
    assert [json.loads(line)["text"] for line in (first, second)] == ["first", "second"]


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out by the folder")
async def test_the_file_is_for_the_person_alone(path: Path) -> None:
    async with opened(path) as store:
        await store.set_aside([UnsentTextKept("c", "text")], "too long")
    assert unkept_file(path).stat().st_mode & 0o777 == 0o600


async def test_a_file_that_cannot_be_written_is_told_of_and_passes(path: Path) -> None:
    unkept_file(path).mkdir(parents=True)
    async with opened(path) as store:
        with pytest.raises(StorageError, match="unkept") as raised:
            await store.set_aside([UnsentTextKept("c", "text")], "too long")
        assert raised.value.is_passing


async def test_in_memory_there_is_no_beside() -> None:
    async with opened(None) as store:
        assert await store.set_aside([UnsentTextKept("c", "text")], "too long") is None


async def test_a_reply_of_the_dead_that_cannot_be_read_holds_up_nothing(path: Path) -> None:
    """Its own conversation stays closed, but goes on where it is open; others are mended."""
    async with opened(path) as store:
        for name in ("c", "d"):
            await store.write([MessageWritten(name, said("question"))])
            await store.write([ReplyOpened(name, replied("", parts=()))])
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE messages SET body = '' WHERE message_id = 'r' AND message_key < 3")
        other.commit()
    async with opened(path) as store:
        await store.write([MessageWritten("c", said("more", "u2", parent_id="u"))])
        await store.write([MessageWritten("d", said("more", "u2", parent_id="u"))])
        assert [each.message_id for each in (await store.load("d")).messages] == ["u", "r", "u2"]
        with pytest.raises(StorageError, match="stays closed"):
            await store.load("c")
