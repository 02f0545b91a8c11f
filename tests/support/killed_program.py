"""Programs that chat over HTTP, keep it in SQLite, and are killed at random moments.

``python -m tests.support.killed_program BASE_URL FOLDER TRIALS AT_ONCE SEED`` loads everything once
and forks a program for each trial, so that starting costs nothing. Trial N writes what a person
would have seen to ``FOLDER/N.jsonl``; trials share a few databases, several at a time. On
standard output stands one line a trial: its number and when it was killed. All times are of the
monotonic clock, which is the same for all processes of a machine.
"""

import asyncio
import heapq
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from chatapp.core.changes import Change, DraftClosed, DraftOpened, MessageAdded, PartAppended
from chatapp.core.conversation import Conversation
from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import ModelRef
from chatapp.core.ports import PreparedProvider
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library
from chatapp.session.recorder import Recorder
from chatapp.storage.sqlite_store import SqliteStore

MODEL = ModelRef("lab", "test-model")
DATABASES = 4
LONGEST_LIFE_S = 2.6
AWAITED = (b"", b'"conversation"', b'"part": 0', b'"part": 1')
"""What some of the programs live to write, however slow the machine: nothing, that they began, a
thought, a word."""


def no_embedded_model() -> PreparedProvider:
    raise AssertionError("nobody asked for the embedded model")


def make_directory(base_url: str) -> EndpointDirectory:
    """The one endpoint."""
    return EndpointDirectory([Endpoint("lab", base_url, needs_key=False)], no_embedded_model)


def make_library(directory: EndpointDirectory, database: Path) -> Library:
    """A library in a database; what goes wrong ends the program."""

    def make(conversation: Conversation, recorder: Recorder) -> ChatSession:
        return ChatSession(
            directory, conversation.model, conversation=conversation, recorder=recorder
        )

    def complain(text: str) -> None:
        raise SystemExit(f"the library said: {text}")

    return Library([SqliteStore(database)], make, complain, lambda: None, lambda _message: None)


async def chat(base_url: str, database: Path, log: int) -> None:
    """Ask and be answered without end, writing down everything that is shown."""

    def tell(**fields: object) -> None:
        os.write(log, json.dumps({"at": time.monotonic(), **fields}).encode() + b"\n")

    def hear(changes: Sequence[Change]) -> None:
        for change in changes:
            match change:
                case MessageAdded(message):
                    tell(message=message.message_id, text=message.text, is_whole=True)
                case DraftOpened(message):
                    tell(message=message.message_id, text="")
                case PartAppended(message_id, part_index, text):
                    tell(message=message_id, part=part_index, text=text)
                case DraftClosed(message):
                    tell(closed=message.message_id)
                case _:
                    pass

    library = make_library(make_directory(base_url), database)
    await library.open()
    session = library.begin(MODEL)
    session.subscribe(hear)
    tell(conversation=session.conversation_id)
    while True:
        session.send("下一个? And then?")
        await session.wait()


def run_trial(base_url: str, folder: Path, trial: int) -> int:
    """Start a program and return its process id."""
    if child := os.fork():
        return child
    log = os.open(folder / f"{trial}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    database = folder / f"chatapp-{trial % DATABASES}.db"
    asyncio.run(chat(base_url, database, log))
    os._exit(1)  # it is to be killed before


def has_written(folder: Path, trial: int) -> bool:
    """Whether a program has come as far as it is to come before it is killed."""
    log = folder / f"{trial}.jsonl"
    awaited = AWAITED[trial // DATABASES % len(AWAITED)]
    return not awaited or (log.exists() and awaited in log.read_bytes())


def main(base_url: str, folder: Path, trials: int, at_once: int, seed: int) -> None:
    """Run the trials, some at once, and kill each at its moment."""
    chance = random.Random(seed)
    running: list[tuple[float, int, int, float]] = []
    waiting = list(range(trials))
    while waiting or running:
        while waiting and len(running) < at_once:
            trial = waiting.pop(0)
            life_s = chance.uniform(0.05, LONGEST_LIFE_S)
            process = run_trial(base_url, folder, trial)
            heapq.heappush(running, (time.monotonic() + life_s, trial, process, life_s))
        ends_at, trial, process, life_s = heapq.heappop(running)
        time.sleep(max(0.0, ends_at - time.monotonic()))
        if not has_written(folder, trial):
            heapq.heappush(running, (time.monotonic() + life_s, trial, process, life_s))
            continue
        killed_at = time.monotonic()
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"trial {trial} ended by itself")
        print(json.dumps({"trial": trial, "killed_at": killed_at}), flush=True)  # noqa: T201 - its report


if __name__ == "__main__":
    # what a first request would import is there before the first fork
    EndpointDirectory([], no_embedded_model).warm_up()
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:6]))
