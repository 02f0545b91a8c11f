"""`chatapp stats` as a process on a real database, and on a terminal."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.records import ConversationDeleted, MessageWritten
from chatapp.core.usage import Timing, Usage
from chatapp.storage.sqlite_store import SqliteStore
from tests.support.programs import TIMEOUT_S, Home
from tests.support.terminal import Terminal

DAY_S = 86400.0
PAID = ModelRef("深度求索", "对话-plus")
LOCAL = ModelRef("local", "small")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


def reply(number: int, model: ModelRef, days_ago: int, **figures: Any) -> MessageWritten:
    at = time.time() - days_ago * DAY_S
    parts = (TextPart("words"),)
    message = ChatMessage(f"r{number}", None, Role.ASSISTANT, parts, at, model, **figures)
    return MessageWritten(f"c{number}", message)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two replies of a model that costs, a third of it long ago, one of a model that does not."""
    file = tmp_path_factory.mktemp("database") / "chatapp.db"
    timing = Timing(0.5, 2.0, 3.0)
    usage = Usage(1000, 201, 1201)
    local = Usage(10, 21, 31, is_estimated=True)
    writes = [
        reply(1, PAID, 0, usage=usage, timing=timing, cost_usd=0.25),
        reply(2, PAID, 3, usage=usage, timing=timing, cost_usd=0.5),
        reply(3, PAID, 100, usage=usage, timing=timing, cost_usd=4.0),
        reply(4, LOCAL, 3, usage=local, timing=timing),
    ]

    async def write() -> None:
        store = SqliteStore(file)
        await store.open()
        await store.write([*writes, ConversationDeleted("c2")])
        await store.close()

    asyncio.run(write())
    return file


@pytest.fixture
def used(home: Home, database: Path) -> Home:
    """A home with that database."""
    (home.folder / "data").mkdir()
    shutil.copy(database, home.folder / "data")
    return home


def objects(home: Home, *arguments: str) -> list[dict[str, Any]]:
    answer = home.run("stats", "--json", *arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_people_read_plots_and_a_table(used: Home) -> None:
    used.variables["COLUMNS"] = "100"
    answer = used.run("stats")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\x1b" not in answer.stdout
    lines = answer.stdout.splitlines()
    first, last = date.today() - timedelta(days=29), date.today()
    assert lines[0] == f"{first} to {last}  3 replies"
    assert [line for line in lines if line.endswith(" a day")] == [
        "tokens a day",
        "cost a day",
        "tokens/s a day",
    ]
    table = [line.split() for line in lines[lines.index("") :] if line.endswith((".0", "tok/s"))]
    assert [row[:1] + row[2:] for row in table[-3:]] == [
        ["深度求索/对话-plus", "2,402", "2,000", "402", "$0.7500", "2", "0.50", "s", "100.0"],
        ["local/small", "~31", "~10", "~21", "1", "0.50", "s", "~10.0"],
        ["total", "~2,010", "~423", "~$0.7500", "3", "0.50", "s", "~100.0"],
    ]
    assert lines[-1] == "No price is known of 1 of 3 replies."


def test_a_table_of_days_has_those_with_replies(used: Home) -> None:
    answer = used.run("stats", "--by", "day", "--days", "200")
    days = [date.today() - timedelta(days=days) for days in (100, 3, 0)]
    starts = [line[:10] for line in answer.stdout.splitlines()[3:6]]
    assert starts == [str(day) for day in days]


def test_programs_read_an_object_a_line(used: Home) -> None:
    found = objects(used)
    assert [one["type"] for one in found] == ["day", "day", "model", "model", "total"]
    assert found[2] == {
        "type": "model",
        "endpoint": PAID.endpoint,
        "model": PAID.model,
        "replies": 2,
        "prompt_tokens": 2000,
        "completion_tokens": 402,
        "total_tokens": 2402,
        "estimated": False,
        "cost_usd": 0.75,
        "unpriced_replies": 0,
        "ttft_s": 0.5,
        "tokens_per_s": 100.0,
        "tokens_per_s_estimated": False,
    }
    assert found[-1]["replies"] == 3
    assert [one["type"] for one in objects(used, "--by", "model")] == ["model", "model", "total"]
    (today, _) = objects(used, "--by", "day", "--days", "1")
    assert (today["day"], today["replies"]) == (str(date.today()), 1)
    assert objects(used, "--days", "999999999")[-1]["replies"] == 4


def test_where_nothing_was_said_that_is_told_in_words(home: Home) -> None:
    answer = home.run("stats", "--days", "1")
    expected = f"No reply has come since {date.today()}.\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", expected)
    (whole,) = objects(home)
    assert (whole["replies"], whole["cost_usd"], whole["ttft_s"]) == (0, None, None)


@pytest.mark.parametrize("days", ["0", "-1", "many", "1.5"])
def test_a_wrong_number_of_days_is_refused(home: Home, days: str) -> None:
    assert home.run("stats", f"--days={days}").returncode == 2


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_its_width_and_colours_unless_unwanted(used: Home, no_color: str) -> None:
    environment = {name: value for name, value in used.environ.items() if name != "COLUMNS"}
    argv = ["env", f"NO_COLOR={no_color}", *used.command("stats")]
    with Terminal(argv, used.folder, environment, columns=60, rows=40) as terminal:
        assert terminal.wait_for_exit(TIMEOUT_S) == 0
        assert (b"\x1b[" in terminal.output) == (not no_color)
        assert "深度求索/对话-plus" in terminal.text
        assert max(len(line.rstrip()) for line in terminal.text.splitlines()) <= 60
