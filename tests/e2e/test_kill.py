"""`kill -9` at any moment costs at most a second of what was on the screen."""

import json
import random
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.endpoints import Quirks
from chatapp.core.errors import StorageError
from chatapp.core.messages import ChatMessage, Ending, Part, ReasoningPart, Role, TextPart
from chatapp.core.ports import ChatRequest
from chatapp.core.records import StoredConversation
from chatapp.providers.request_body import build_request_body
from chatapp.storage.sqlite_store import SqliteStore
from tests.support.chat_server import (
    ChatServer,
    Exchange,
    Sleep,
    Step,
    ending,
    reasoning_chunks,
    text_chunks,
)
from tests.support.histories import assert_legal_history
from tests.support.killed_program import make_directory, make_library

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no fork, no SIGKILL"),
    pytest.mark.timeout(400),
]

TRIALS = 200
AT_ONCE = 16
LOST_AT_MOST_S = 1.0
CHECKOUT = Path(__file__).parents[2]


@dataclass
class Trial:
    """What the person saw, and when the program was killed."""

    database: Path
    killed_at: float
    lines: list[dict[str, Any]]

    @property
    def conversation_id(self) -> str | None:
        return next((line["conversation"] for line in self.lines if "conversation" in line), None)

    def shown(self, until: float) -> dict[str, dict[int, str]]:
        """The text of each message's parts that was on the screen then."""
        texts: dict[str, dict[int, str]] = defaultdict(lambda: defaultdict(str))
        for line in self.lines:
            if "message" in line and line["at"] <= until:
                texts[line["message"]][line.get("part", 0)] += line["text"]
        return texts


def slow_reply(_exchange: Exchange) -> Iterator[Step]:
    """About a second and a half of thoughts and words."""
    for step in reasoning_chunks(*(f"想 {number}. " for number in range(8))):
        yield from (step, Sleep(0.02))
    for step in text_chunks(*(f"word {number} 词 " for number in range(50))):
        yield from (step, Sleep(0.02))
    yield from ending("stop", (7, 100))


@pytest.fixture(scope="module")
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.default = slow_reply
        yield server


@pytest.fixture(scope="module")
def trials(chat_server: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    folder = tmp_path_factory.mktemp("killed")
    seed = random.randrange(1 << 30)
    arguments = [chat_server.base_url, str(folder), str(TRIALS), str(AT_ONCE), str(seed)]
    killing = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_program", *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        timeout=360,
        check=False,
    )
    assert killing.returncode == 0, killing.stderr
    assert killing.stderr == ""
    return [_trial(folder, json.loads(line)) for line in killing.stdout.splitlines()]


def _trial(folder: Path, report: dict[str, Any]) -> Trial:
    number = report["trial"]
    log = folder / f"{number}.jsonl"
    # the last line may be cut: it was being written
    text = log.read_text().rpartition("\n")[0] if log.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    return Trial(folder / f"chatapp-{number % 4}.db", report["killed_at"], lines)


async def _load(trial: Trial) -> StoredConversation | None:
    assert trial.conversation_id is not None
    store = SqliteStore(trial.database)
    await store.open()
    try:
        return await store.load(trial.conversation_id)
    except StorageError:
        return None  # not a word of it reached the disk
    finally:
        await store.close()


def _text(part: Part) -> str:
    assert isinstance(part, TextPart | ReasoningPart)
    return part.text


def _has_part(message: ChatMessage | None, place: int, text: str) -> bool:
    if not text:
        return message is not None
    return (
        message is not None
        and place < len(message.parts)
        and _text(message.parts[place]).startswith(text)
    )


async def test_what_was_shown_a_second_before_is_there(trials: list[Trial]) -> None:
    checked = 0
    for trial in trials:
        shown = trial.shown(until=trial.killed_at - LOST_AT_MOST_S)
        if not shown:
            continue
        stored = await _load(trial)
        assert stored is not None
        messages = {message.message_id: message for message in stored.messages}
        for message_id, parts in shown.items():
            for place, text in parts.items():
                assert _has_part(messages.get(message_id), place, text), (trial.killed_at, text)
                checked += 1
    assert len(trials) == TRIALS
    assert checked > TRIALS / 2


async def test_partial_replies_are_interrupted_and_histories_legal(trials: list[Trial]) -> None:
    interrupted = 0
    for trial in trials:
        stored = await _load(trial) if trial.conversation_id else None
        if stored is None:
            continue
        closed = {line["closed"] for line in trial.lines if "closed" in line}
        replies = [message for message in stored.messages if message.role is Role.ASSISTANT]
        for reply in replies[:-1]:
            assert reply.ending is Ending.FINISHED
        for reply in replies[-1:]:
            # between its end on the screen and on the disk there is a moment
            assert (
                reply.ending is Ending.INTERRUPTED
                or reply.message_id in closed
                or (reply.ending is Ending.FINISHED)
            )
            interrupted += reply.ending is Ending.INTERRUPTED
            assert (stored.recovered_id == reply.message_id) is (reply.ending is Ending.INTERRUPTED)
        body = build_request_body(ChatRequest("m", stored.messages), Quirks())
        assert_legal_history(body["messages"])  # type: ignore[arg-type]
    assert interrupted > TRIALS / 4


def test_every_database_is_sound(trials: list[Trial]) -> None:
    for database in {trial.database for trial in trials}:
        connection = sqlite3.connect(database)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


async def test_one_call_goes_on_where_it_was_cut(
    trials: list[Trial], chat_server: ChatServer
) -> None:
    continued = 0
    for trial in trials:
        stored = await _load(trial) if trial.conversation_id else None
        if stored is None or stored.recovered_id is None or continued == 3:
            continue
        last = stored.messages[-1]
        if not last.text:
            continue
        directory = make_directory(chat_server.base_url)
        library = make_library(directory, trial.database)
        await library.open()
        opened = await library.resume(stored.header.conversation_id)
        assert opened.was_interrupted
        assert opened.session.continue_reply()
        await opened.session.wait()
        whole = opened.session.conversation.last
        assert whole is not None
        assert whole.ending is Ending.FINISHED
        assert whole.message_id == last.message_id
        assert whole.text.startswith(last.text)
        assert len(whole.text) > len(last.text)
        await library.close()
        await directory.close()
        again = await _load(trial)
        assert again is not None
        assert again.messages[-1].text == whole.text
        assert again.recovered_id is None
        continued += 1
    assert continued == 3
