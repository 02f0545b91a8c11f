"""A day of use in minutes: `python -m benchmarks soak [--turns N] [--conversations N]`.

The app runs on a terminal; a person asks, stops, changes conversations, themes and the window's
size, searches and looks, without an end. Memory and processor time per turn must not grow: the
last quarter is compared with the second, since the first fills caches.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client_program import COLUMNS, ROWS, ClientProgram
from benchmarks.figures import Figure, render_table
from benchmarks.flood_server import FloodServer, end_marker, question
from benchmarks.terminal_runs import CHATAPP, program_variables

MOST_GROWTH = 1.1
SAMPLES = 20

_TOKENS, _TOKENS_BEFORE_STOP, _RATE_BEFORE_STOP = 150, 3000, 400.0
_THEMES = ("nord", "gruvbox", "textual-light", "dracula", "textual-dark")
_SIZES = ((COLUMNS, ROWS), (80, 24), (200, 60), (60, 20))
_ESCAPE, _NEW, _SIDEBAR, _SEARCH, _INSPECTOR = "\x1b", "\x0e", "\x14", "\x12", "\x1b[24~"
_SETTLING_S, _OPENING_S = 0.06, 0.4


@dataclass(frozen=True, slots=True)
class Sample:
    """How it stood after a turn: bytes held, and processor seconds that the turn took."""

    turn: int
    memory: int
    cpu_s: float


class Day:
    """A person's day with the app; `samples` has every turn that was a whole reply."""

    def __init__(self, program: ClientProgram, turns: int, conversations: int) -> None:
        self._program = program
        self._turns = turns
        self._turns_each = max(1, turns // conversations)
        self._dice = random.Random(7)  # noqa: S311 - what comes when, no secret
        self._habits: dict[int, Callable[[], None]] = {
            5: self._resize, 11: self._change_theme, 13: self._look_at_list, 17: self._search,
            19: self._inspect, 23: self._go_back, 101: self._delete,
        }  # fmt: skip
        self._has_others = False
        self.samples: list[Sample] = []

    def spend(self, tell: Callable[[Sample], None]) -> None:
        """Take all the turns, telling some of the samples as they come."""
        for turn in range(1, self._turns + 1):
            self._program.forget()
            if turn % self._turns_each == 0:
                self._open(_NEW)
                self._has_others = True
            for every, habit in self._habits.items():
                if turn % every == 0:
                    habit()
            if turn % 7 == 0:
                self._ask_and_stop(turn)
                continue
            cpu_before = self._program.cpu_s()
            self._ask(turn)
            cpu_s = self._program.cpu_s() - cpu_before
            self.samples.append(Sample(turn, self._program.memory(), cpu_s))
            if turn % max(1, self._turns // SAMPLES) in (0, 1):
                tell(self.samples[-1])

    def _ask(self, turn: int) -> None:
        tag = f"q{turn}"
        self._press(question("mixed", _TOKENS, 0.0, tag) + "\r")
        self._program.wait_for(end_marker(tag))
        self._program.read_until_quiet(_SETTLING_S, 1.0)

    def _ask_and_stop(self, turn: int) -> None:
        self._press(question("numbered", _TOKENS_BEFORE_STOP, _RATE_BEFORE_STOP, f"q{turn}") + "\r")
        self._program.wait_for("t00020")
        self._press(_ESCAPE)

    def _press(self, keys: str) -> None:
        self._program.press(keys)
        self._program.read_until_quiet(_SETTLING_S, 1.0)

    def _resize(self) -> None:
        self._program.resize(*self._dice.choice(_SIZES))
        self._program.read_until_quiet(_SETTLING_S, 1.0)

    def _change_theme(self) -> None:
        self._open(f"/theme {self._dice.choice(_THEMES)}\r")

    def _look_at_list(self) -> None:
        for key in (_SIDEBAR, _SIDEBAR, _ESCAPE):
            self._open(key)

    def _search(self) -> None:
        self._open(_SEARCH)
        self._open("model")
        self._open("\r" if self._dice.random() < 0.5 else _ESCAPE)
        self._press(_ESCAPE)  # from the message that was found back to the next one

    def _inspect(self) -> None:
        for key in (_INSPECTOR, _INSPECTOR, _ESCAPE):
            self._open(key)

    def _open(self, keys: str) -> None:
        """Press what takes a moment, since what is typed before it is there goes elsewhere."""
        self._press(keys)
        self._program.read_until_quiet(_OPENING_S, 2.0)

    def _go_back(self) -> None:
        if self._has_others:  # else there is no such command
            self._open("/previous\r")

    def _delete(self) -> None:
        self._open("/delete\r")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 1 when something grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks soak", description=__doc__)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--conversations", type=int, default=50)
    wanted = parser.parse_args(arguments)
    began = time.monotonic()
    samples = _samples(wanted.turns, wanted.conversations)
    minutes = (time.monotonic() - began) / 60
    print(
        f"\n{wanted.turns:,} turns, {wanted.conversations} conversations, {minutes:.1f} minutes\n"
    )
    print(curve("memory, MiB", [sample.memory / 2**20 for sample in samples]))
    print(curve("processor time per turn, ms", [sample.cpu_s * 1000 for sample in samples]))
    figures = [
        growth("memory", [sample.memory / 2**20 for sample in samples], "MiB"),
        growth("processor time per turn", [sample.cpu_s * 1000 for sample in samples], "ms"),
    ]
    print(f"\n{render_table(figures)}")
    return 0 if all(figure.is_met for figure in figures) else 1


def _samples(turns: int, conversations: int) -> list[Sample]:
    with FloodServer() as server, tempfile.TemporaryDirectory() as home:
        variables = program_variables(CHATAPP, server, home)
        with ClientProgram(CHATAPP.argv, variables, Path(home)) as program:
            program.wait_for(CHATAPP.ready)
            day = Day(program, turns, conversations)
            day.spend(_tell)
            return day.samples


def _tell(sample: Sample) -> None:
    words = f"turn {sample.turn:,}: {sample.memory / 2**20:.1f} MiB, {sample.cpu_s * 1000:.0f} ms"
    print(words, file=sys.stderr, flush=True)


def _quarters(values: Sequence[float]) -> list[float]:
    size = max(1, len(values) // 4)
    return [statistics.median(values[at * size : (at + 1) * size]) for at in range(4)]


def growth(name: str, values: Sequence[float], unit: str) -> Figure:
    """The verdict on what was sampled: its last quarter over its second, by medians."""
    quarters = _quarters(values)
    detail = f"{quarters[3]:.4g} {unit} ÷ {quarters[1]:.4g} {unit}"
    title = f"{name}, last quarter ÷ second"
    return Figure(title, quarters[3] / quarters[1], MOST_GROWTH, detail=detail)


def curve(name: str, values: Sequence[float]) -> str:
    """What was sampled as `SAMPLES` numbers, or fewer."""
    size = -(-len(values) // SAMPLES)
    medians = [statistics.median(values[at : at + size]) for at in range(0, len(values), size)]
    return f"{name}: {' '.join(f'{median:.0f}' for median in medians)}"


if __name__ == "__main__":
    sys.exit(main())
