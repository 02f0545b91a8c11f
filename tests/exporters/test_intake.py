"""What is imported arrives in a real store, and never replaces what is there."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.records import (
    ImportProblem,
    MessageWritten,
    ReplyOpened,
    StoredConversation,
    TitleChosen,
    TitleSource,
)
from chatapp.exporters.intake import Arrival, Imported, import_file
from chatapp.exporters.json_export import JsonExporter
from chatapp.exporters.merging import added_messages
from chatapp.storage.sqlite_store import SqliteStore
from tests.exporters.chatgpt_values import BRANCHED, conversation, message, tree
from tests.exporters.samples import AT, CONVERSATION


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "chatapp.db")
    await store.open()
    yield store
    await store.close()


async def arrivals(path: Path, store: SqliteStore) -> list[Arrival | ImportProblem]:
    return [
        item.arrival if isinstance(item, Imported) else item
        async for item in import_file(path, store)
    ]


def export_file(folder: Path, value: StoredConversation) -> Path:
    file = folder / "export.json"
    file.write_text(JsonExporter().export(value), encoding="utf-8")
    return file


async def test_an_export_comes_back_whole(tmp_path: Path, store: SqliteStore) -> None:
    file = export_file(tmp_path, CONVERSATION)
    assert await arrivals(file, store) == [Arrival.NEW]
    assert await store.load("0197-sample") == CONVERSATION
    assert await arrivals(file, store) == [Arrival.KNOWN]
    assert len(await store.headers()) == 1


async def test_broken_ones_are_told_beside_the_good(tmp_path: Path, store: SqliteStore) -> None:
    file = tmp_path / "conversations.json"
    values: list[Any] = [conversation(BRANCHED), {"mapping": 1}, conversation(BRANCHED, id="2")]
    file.write_text(json.dumps(values))
    problem = ImportProblem("conversation 2", "its mapping is no JSON object")
    assert await arrivals(file, store) == [Arrival.NEW, problem, Arrival.KNOWN]


async def test_a_conversation_that_went_on_elsewhere_goes_on_here(
    tmp_path: Path, store: SqliteStore
) -> None:
    file = tmp_path / "conversations.json"
    nodes = [(key, node["parent"], node["message"]) for key, node in BRANCHED.items()]
    longer = tree(*nodes, ("new", "end", message("user", "And now?", AT + 500)))
    file.write_text(json.dumps([conversation(BRANCHED)]))
    assert await arrivals(file, store) == [Arrival.NEW]
    mine = ChatMessage("mine", "chatgpt-c-1-second", Role.USER, (TextPart("我的"),), AT + 300)
    await store.write(
        [
            MessageWritten("chatgpt-c-1", mine),
            TitleChosen("chatgpt-c-1", "My name for it", TitleSource.PERSON),
        ]
    )
    file.write_text(json.dumps([conversation(longer, update_time=AT + 1e9)]))
    assert await arrivals(file, store) == [Arrival.GREW]
    found = await store.load("chatgpt-c-1")
    assert {"我的", "And now?", "Because"} <= {one.text for one in found.messages}
    assert (found.header.title, found.leaf_id) == ("My name for it", "chatgpt-c-1-new")
    assert await arrivals(file, store) == [Arrival.KNOWN]


async def test_one_with_a_streaming_reply_is_left_alone_and_the_others_come(
    tmp_path: Path, store: SqliteStore
) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([conversation(BRANCHED)]))
    assert await arrivals(file, store) == [Arrival.NEW]
    before = await store.load("chatgpt-c-1")
    opening = ChatMessage("reply", before.leaf_id, Role.ASSISTANT, (TextPart("beg"),), AT + 400)
    await store.write([ReplyOpened("chatgpt-c-1", opening)])
    nodes = [(key, node["parent"], node["message"]) for key, node in BRANCHED.items()]
    longer = tree(*nodes, ("new", "end", message("user", "And now?", AT + 500)))
    values = [conversation(longer), conversation(BRANCHED, conversation_id="c-2")]
    file.write_text(json.dumps(values))
    refused = ImportProblem(
        f"“{before.header.title}”", "a reply is streaming there; stop it or wait, then import again"
    )
    assert await arrivals(file, store) == [refused, Arrival.NEW]
    async with asyncio.timeout(5):
        other = SqliteStore(tmp_path / "chatapp.db")
        await other.open()
        (elsewhere, known) = await arrivals(file, other)
        await other.close()
    assert isinstance(elsewhere, ImportProblem)
    assert "another chatapp writes a reply there" in elsewhere.reason
    assert known is Arrival.KNOWN
    await store.write([MessageWritten("chatgpt-c-1", opening)])
    assert await arrivals(file, store) == [Arrival.GREW, Arrival.KNOWN]


async def test_what_is_said_while_a_file_is_read_stays(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([conversation(BRANCHED)]))
    assert await arrivals(file, store) == [Arrival.NEW]
    load = store.load

    async def load_and_go_on(conversation_id: str) -> StoredConversation:
        loaded = await load(conversation_id)
        said = ChatMessage("said", loaded.leaf_id, Role.USER, (TextPart("刚说的"),), AT + 300)
        await store.write([MessageWritten(conversation_id, said)])
        return loaded

    nodes = [(key, node["parent"], node["message"]) for key, node in BRANCHED.items()]
    longer = tree(*nodes, ("new", "end", message("user", "And now?", AT + 500)))
    file.write_text(json.dumps([conversation(longer)]))
    with monkeypatch.context() as patched:
        patched.setattr(store, "load", load_and_go_on)
        assert await arrivals(file, store) == [Arrival.GREW]
    found = await store.load("chatgpt-c-1")
    assert {"刚说的", "And now?"} <= {one.text for one in found.messages}


async def test_one_that_does_not_fit_is_told_and_the_others_come(
    tmp_path: Path, store: SqliteStore
) -> None:
    connection = store._connections[store._writing]
    await store._call(
        store._writing, lambda: connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
    )
    exports = [json.loads(JsonExporter().export(CONVERSATION)) for _ in range(3)]
    for number, export in enumerate(exports):
        export["id"] = f"c{number}"
    exports[1]["messages"][0]["parts"] = [{"type": "text", "text": "word " * 100_000}]
    file = tmp_path / "exports.jsonl"
    file.write_text("\n".join(map(json.dumps, exports)), encoding="utf-8")
    first, problem, last = await arrivals(file, store)
    assert (first, last) == (Arrival.NEW, Arrival.NEW)
    assert isinstance(problem, ImportProblem)
    assert "does not fit" in problem.reason
    assert len(await store.headers()) == 2


async def test_a_database_is_read_from_the_threads_that_wait_for_it(
    tmp_path: Path, store: SqliteStore
) -> None:
    file = tmp_path / "logs.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE responses (id, conversation_id, datetime_utc, response)")
        rows = [(f"r{n}", f"c{n}", "2024-05-01T10:00:00", f"Reply {n}") for n in range(20)]
        database.executemany("INSERT INTO responses VALUES (?, ?, ?, ?)", rows)
        database.commit()
    assert await arrivals(file, store) == [Arrival.NEW] * 20


messages = st.dictionaries(
    st.sampled_from("abcd"), st.sampled_from(["one", "two"]), min_size=1
).map(
    lambda texts: tuple(
        ChatMessage(key, None, Role.USER, (TextPart(text),), AT) for key, text in texts.items()
    )
)
sides = st.builds(
    lambda said, at: replace(
        CONVERSATION,
        messages=said,
        leaf_id=said[-1].message_id,
        header=replace(CONVERSATION.header, updated_at=at, message_count=len(said)),
    ),
    messages,
    st.sampled_from([1.0, 2.0, 3.0]),
)


@given(ours=sides, theirs=sides)
def test_no_message_is_lost_and_a_second_time_adds_nothing(
    ours: StoredConversation, theirs: StoredConversation
) -> None:
    added = added_messages(ours, theirs)
    kept = {one.message_id: one.text for one in (*ours.messages, *added)}
    assert kept.keys() == {one.message_id for one in (*ours.messages, *theirs.messages)}
    later = max(theirs, ours, key=lambda side: (side.header.updated_at, side is ours))
    assert all(kept[one.message_id] == one.text for one in later.messages)
    together = {one.message_id: one for one in (*ours.messages, *added)}
    assert added_messages(replace(ours, messages=tuple(together.values())), theirs) == ()
