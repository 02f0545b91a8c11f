"""A closed screen is let go of while the app runs, without waiting for Python's own rounds."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.ui import garbage_rounds
from chatapp.ui.garbage_rounds import LEAST_BETWEEN_S, GarbageRounds
from tests.support.chat_server import ChatServer
from tests.support.full_screen import chat_with


class Cycle:
    """What refers to itself, as a widget does through its parent."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def own_rounds_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("own_rounds_off")
def test_it_looks_once_in_a_while() -> None:
    now = 0.0
    rounds = GarbageRounds(lambda: now)
    kept = weakref.ref(Cycle())
    rounds.look()
    assert kept() is not None
    now = LEAST_BETWEEN_S
    rounds.look()
    assert kept() is None
    kept = weakref.ref(Cycle())
    rounds.look()
    assert kept() is not None


@pytest.mark.usefixtures("own_rounds_off")
async def test_a_closed_screen_is_let_go_of(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage_rounds, "LEAST_BETWEEN_S", 0.0)
    # the warm-up's, which would keep a screen that was closed in the very first seconds
    monkeypatch.setattr(gc, "freeze", lambda: None)
    async with chat_with(chat_server.base_url, tmp_path) as chat:
        closed = []
        for _ in range(3):
            await chat.pilot.press("ctrl+r")
            await chat.until(lambda: len(chat.app.screen_stack) == 2)
            closed.append(weakref.ref(chat.app.screen))
            await chat.pilot.press("escape")
            await chat.until(lambda: len(chat.app.screen_stack) == 1)
        await chat.until(lambda: closed[0]() is None and closed[1]() is None)
