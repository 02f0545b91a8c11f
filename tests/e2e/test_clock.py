"""What is measured and shown is told by one clock, which is fine enough on Windows too."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.ui.inspector.words import caution
from chatapp.ui.live_figures import live_figures
from tests.support.chat_server import ChatServer, Sleep, Wait, ending, text_chunks
from tests.support.full_screen import chat_with
from tests.support.programs import Home

STEP_S = 1 / 64
COARSE = f"""
import time
fine = time.monotonic
time.monotonic = lambda: fine() // {STEP_S} * {STEP_S}
"""
"""The monotonic clock of Windows."""


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Iterator[Home]:
    home = Home(tmp_path)
    home.variables = {
        "OPENAI_BASE_URL": chat_server.base_url,
        "CHATAPP_MODEL": "test-model",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
    }
    (tmp_path / "sitecustomize.py").write_text(COARSE)
    yield home
    home.close()


def are_coarse(seconds: list[float]) -> bool:
    """Whether all are whole steps of the clock of Windows, but for how they are rounded."""
    return all(abs(each / STEP_S - round(each / STEP_S)) < 0.01 for each in seconds)


def test_figures_are_finer_than_the_clock_of_windows(home: Home, chat_server: ChatServer) -> None:
    chat_server.default = [*text_chunks("a"), Sleep(0.005), *text_chunks("b", "c"), *ending()]
    answer = home.run("ask", "hello", "--json", "--record", "chat.jsonl")
    assert answer.returncode == 0, answer.stderr
    recorded = (home.folder / "chat.jsonl").read_text(encoding="utf-8").splitlines()
    assert not are_coarse([json.loads(line).get("at", 0.0) for line in recorded])
    (told,) = (line for line in map(json.loads, answer.stdout.splitlines()) if "ttft_s" in line)
    assert not are_coarse([told["ttft_s"], told["elapsed_s"]])


def test_latencies_are_finer_than_the_clock_of_windows(home: Home) -> None:
    answer = home.run("latency", "hello", "--json", "--runs", "2")
    assert answer.returncode == 0, answer.stderr
    measured = [json.loads(line) for line in answer.stdout.splitlines()]
    assert not are_coarse([line["total_s"] for line in measured])


async def test_no_figure_on_the_screen_is_the_difference_of_two_clocks(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: near() + 1e6)  # begun long before the other
    chat_server.enqueue(*text_chunks("begun", "!"), Wait(threading.Event()))
    async with chat_with(chat_server.base_url, tmp_path, size=(140, 40)) as chat:
        await chat.pilot.press("f12", "escape")
        await chat.until(lambda: chat.screen.inspector is not None, "the inspector")
        await chat.say("hello")
        await chat.until_shown("begun!")
        timing = live_figures(chat.session).timing
        assert timing is not None
        assert 0 <= timing.elapsed_s < 1000
        panel = chat.screen.inspector
        assert panel is not None
        assert panel.exchange is not None
        assert caution(panel.exchange, panel._opened_at) == ""
        chat.session.stop()
