"""The logs.db of `llm`, as it was before 0.36 and as it is since."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.core.errors import CodecError
from chatapp.core.message_tree import MessageTree
from chatapp.core.messages import (
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.records import StoredConversation
from chatapp.core.usage import Timing, Usage
from chatapp.exporters.files import read_imports

OLD = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT,
    conversation_id TEXT, duration_ms INTEGER, datetime_utc TEXT, input_tokens INTEGER,
    output_tokens INTEGER, reasoning TEXT);
CREATE TABLE tool_calls (id INTEGER PRIMARY KEY, response_id TEXT, name TEXT, arguments TEXT,
    tool_call_id TEXT);
CREATE TABLE tool_results (id INTEGER PRIMARY KEY, response_id TEXT, name TEXT, output TEXT,
    tool_call_id TEXT, exception TEXT);
CREATE TABLE fragments (id INTEGER PRIMARY KEY, content TEXT);
CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
"""
NEW = """
CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT,
    datetime_utc TEXT);
CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT,
    tip_message_hash TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER,
    duration_ms INTEGER, datetime_utc TEXT);
CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);
CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT,
    tool_name TEXT, text TEXT, payload TEXT);
CREATE TABLE IF NOT EXISTS fragments (id INTEGER PRIMARY KEY, content TEXT);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log s#1.db"


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def insert(database: sqlite3.Connection, table: str, **row: object) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    places = ", ".join("?" for _ in row)
    database.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", [*row.values()])  # noqa: S608


def respond(database: sqlite3.Connection, number: int, **row: object) -> None:
    fields = {"conversation_id": "c1", "model": "gpt-4o", "prompt": "", "response": ""}
    at = f"2024-05-01T10:0{number}:00.500000+00:00"
    insert(database, "responses", id=f"r{number}", datetime_utc=at, **{**fields, **row})


def read(path: Path) -> list[StoredConversation]:
    found = [*read_imports(path)]
    assert all(isinstance(item, StoredConversation) for item in found)
    return [item for item in found if isinstance(item, StoredConversation)]


def test_old_responses_with_a_tool_between(path: Path, database: sqlite3.Connection) -> None:
    database.executescript(OLD)
    insert(database, "conversations", id="c1", name="天气", model="gpt-4o")
    insert(database, "fragments", id=7, content="A fragment.")
    insert(database, "prompt_fragments", response_id="r1", fragment_id=7, order=0)
    cost = {"duration_ms": 1200, "input_tokens": 3, "output_tokens": 4}
    respond(database, 1, prompt="Hi", system="Be brief.", response="Ho", reasoning="Hm.", **cost)
    respond(database, 2, prompt="北京?", system="Be brief.", response="Look:", **cost)
    insert(
        database,
        "tool_calls",
        response_id="r2",
        name="weather",
        arguments='{"city": "北京"}',
        tool_call_id="t1",
    )
    respond(database, 3, response="Rain.", **cost)
    insert(
        database, "tool_results", response_id="r3", name="weather", output="小雨", tool_call_id="t1"
    )
    (found,) = read(path)
    assert (found.header.conversation_id, found.header.title) == ("llm-c1", "天气")
    assert found.header.created_at == 1714557660.5
    system, ask, answer, again, reply = found.messages
    assert (system.role, system.text, ask.text) == (Role.SYSTEM, "Be brief.", "A fragment.\n\nHi")
    assert answer.parts == (ReasoningPart("Hm."), TextPart("Ho"))
    assert (answer.usage, answer.timing) == (Usage(3, 4, 7), Timing(None, 0.0, 1.2))
    assert (again.text, reply.model) == ("北京?", ModelRef("llm", "gpt-4o"))
    assert reply.parts == (
        TextPart("Look:"),
        ToolCallPart("t1", "weather", '{"city": "北京"}'),
        ToolResultPart("t1", "小雨"),
        TextPart("Rain."),
    )
    assert reply.usage == Usage(6, 8, 14)


def test_a_response_without_a_conversation_is_one(path: Path, database: sqlite3.Connection) -> None:
    database.executescript(OLD)
    respond(database, 1, prompt="Alone", response="Yes", conversation_id=None)
    (found,) = read(path)
    assert (found.header.conversation_id, found.header.title) == ("llm-r1", "Alone")


def test_a_first_database_without_tools_and_tokens(
    path: Path, database: sqlite3.Connection
) -> None:
    database.executescript(
        "CREATE TABLE responses (id TEXT, model TEXT, prompt TEXT, response TEXT, "
        "conversation_id TEXT, datetime_utc TEXT)"
    )
    respond(database, 1, prompt="Hi", response="Ho")
    (found,) = read(path)
    assert [one.text for one in found.messages] == ["Hi", "Ho"]
    assert found.messages[1].usage is None


class Thread:
    """Writes messages as `llm` does: named by a hash, each with its parent's."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def say(self, parent: str | None, role: str, *parts: dict[str, object]) -> str:
        name = "b2:" + hashlib.sha256(repr((parent, role, parts)).encode()).hexdigest()[:8]
        insert(self.database, "messages", hash=name, parent_hash=parent, role=role)
        for position, part in enumerate(parts):
            insert(self.database, "parts", message_hash=name, position=position, **part)
        return name

    def turn(self, number: int, tip: str) -> None:
        at = f"2026-05-01T10:0{number}:00+00:00"
        cost = {"input_tokens": 3, "output_tokens": 4, "duration_ms": 1200}
        row = {"model": "m", "tip_message_hash": tip, "datetime_utc": at, **cost}
        insert(self.database, "turns", id=f"turn{number}", thread_id="t1", **row)


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words}


def test_threads_with_a_tool_and_a_branch(path: Path, database: sqlite3.Connection) -> None:
    database.executescript(NEW)
    thread = Thread(database)
    insert(database, "fragments", id=1, content="fragment")
    borrowed = {"text_ref": [{"fragment": 1}, {"literal": " and 唐"}]}
    ask = thread.say(None, "user", {"type": "text", "payload": json.dumps(borrowed)})
    call = {"name": "weather", "arguments": {"city": "北京"}, "tool_call_id": "c1"}
    calling = thread.say(
        ask,
        "assistant",
        {"type": "reasoning", "text": "Hm."},
        {"type": "tool_call", "tool_name": "weather", "payload": json.dumps(call)},
    )
    thread.turn(1, calling)
    failed = {"name": "weather", "output": "", "exception": "No net", "tool_call_id": "c1"}
    result = thread.say(
        calling,
        "tool",
        {"type": "tool_result", "tool_name": "weather", "payload": json.dumps(failed)},
    )
    end = thread.say(result, "assistant", text("Sorry."))
    thread.turn(2, end)
    other = thread.say(ask, "assistant", text("Another."))
    thread.turn(3, other)
    insert(database, "threads", id="t1", name="Name", tip_message_hash=end)
    (found,) = read(path)
    assert (found.header.conversation_id, found.header.title) == ("llm-t1", "Name")
    shown = MessageTree(found.messages, found.leaf_id)
    asked, reply = shown.path
    assert asked.text == "fragment and 唐"
    assert reply.parts == (
        ReasoningPart("Hm."),
        ToolCallPart("c1", "weather", '{"city": "北京"}'),
        ToolResultPart("c1", "No net", ToolStatus.FAILED),
        TextPart("Sorry."),
    )
    assert (reply.usage, reply.model) == (Usage(6, 8, 14), ModelRef("llm", "m"))
    assert [one.text for one in shown.siblings(reply.message_id)] == ["Sorry.", "Another."]


def test_a_thread_stands_for_the_older_conversation_it_goes_on_with(
    path: Path, database: sqlite3.Connection
) -> None:
    database.executescript(OLD + NEW)
    respond(database, 1, prompt="Old", response="Yes", conversation_id="t1")
    respond(database, 2, prompt="Other", response="Yes", conversation_id="t2")
    thread = Thread(database)
    tip = thread.say(thread.say(None, "user", text("Old")), "assistant", text("Yes"))
    thread.turn(1, tip)
    insert(database, "threads", id="t1", name="", tip_message_hash=tip)
    titles = [(one.header.conversation_id, one.header.title) for one in read(path)]
    assert titles == [("llm-t1", "Old"), ("llm-t2", "Other")]


def test_messages_in_a_ring_end_somewhere(path: Path, database: sqlite3.Connection) -> None:
    database.executescript(NEW)
    thread = Thread(database)
    for name, parent in (("a", "b"), ("b", "a")):
        insert(database, "messages", hash=name, parent_hash=parent, role="user")
        insert(database, "parts", message_hash=name, position=0, **text(name))
    thread.turn(1, "a")
    insert(database, "threads", id="t1", name="Ring", tip_message_hash="b")
    (found,) = read(path)
    assert [one.text for one in found.messages] == ["b", "a"]


def test_nothing_is_written_and_no_view_is_run(path: Path, database: sqlite3.Connection) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT * FROM n"
    database.executescript(f"CREATE VIEW responses AS {endless}; CREATE TABLE turns (id TEXT);")
    before = path.read_bytes()
    assert read(path) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [16, 100, 5000])
def test_a_damaged_database_is_said(path: Path, database: sqlite3.Connection, cut: int) -> None:
    database.executescript(OLD)
    respond(database, 1, prompt="Hi", response="Ho" * 10_000)
    database.close()
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CodecError, match="the database cannot be read"):
        read(path)


def test_odd_values_are_passed_over(path: Path, database: sqlite3.Connection) -> None:
    database.executescript(OLD.replace("datetime_utc TEXT", "datetime_utc"))
    respond(database, 1, prompt=b"\xff", response=3.5, duration_ms="x", input_tokens=-1)
    respond(database, 2, prompt="Hi", response="Ho", model=None)
    database.execute("UPDATE responses SET datetime_utc = 'yesterday' WHERE id = 'r2'")
    database.execute("UPDATE responses SET system = CAST(x'ff41' AS TEXT) WHERE id = 'r2'")
    (found,) = read(path)
    assert [one.text for one in found.messages] == ["3.5", "\ufffdA", "Hi", "Ho"]
