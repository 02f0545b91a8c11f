"""What clients cost on a terminal, end to end: each run is a process of its own."""

import itertools
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client_program import ClientProgram
from benchmarks.flood_server import FloodServer, end_marker, question

CHECKOUT = Path(__file__).parent.parent

_REST_S = 2.0
"""What a person takes at least to read the greeting and to type."""

_ECHO_EVERY_S = 0.037
_FIRST_PROBE, _PROBES = 0x16A0, 70  # runes: one cell each, and in no reply
_RATE_BEFORE_STOP = 200.0
_NUMBERED = re.compile(rb"t(\d{5})\b")


@dataclass(frozen=True, slots=True)
class Client:
    """A program to measure; `ready` is on its screen when it takes a question."""

    name: str
    argv: tuple[str, ...]
    ready: str
    variables: tuple[tuple[str, str], ...] = ()


CHATAPP = Client(
    "chatapp", (sys.executable, "-m", "chatapp"), "Enter sends", (("CHATAPP_MODEL", "bench"),)
)
FLOOR = Client("floor", (sys.executable, str(Path(__file__).with_name("floor.py"))), "> ")
TEXTUAL_MARKDOWN = Client(
    "Textual's Markdown", (sys.executable, "-m", "benchmarks.textual_markdown"), "Ask and press"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one reply took: processor seconds, and from the last chunk sent to the last word."""

    cpu_s: float
    final_lag_s: float


class TerminalRuns:
    """Measures clients against one server."""

    def __init__(self, server: FloodServer) -> None:
        self._server = server
        self._tags = (f"q{number}" for number in itertools.count(1))

    def reply(self, client: Client, tokens: int, rate: float = 0.0) -> Reply:
        """Ask a freshly started client for mixed Markdown."""
        with self._started(client) as program:
            cpu_before = program.cpu_s()
            tag, since = self._ask(program, "mixed", tokens, rate)
            shown_at = program.wait_for(end_marker(tag), since)
            sent_at = self._server.last_sent_at(tag)
            program.read_until_quiet()
            return Reply(program.cpu_s() - cpu_before, max(0.0, shown_at - sent_at))

    def echo_s(self, client: Client, tokens: int) -> list[float]:
        """Type all through a flood; from each key to its character on the screen."""
        with self._started(client) as program:
            tag, since = self._ask(program, "mixed", tokens, 0.0)
            presses: list[tuple[str, float]] = []
            while program.shown_at(end_marker(tag), since) is None and len(presses) < _PROBES:
                probe = chr(_FIRST_PROBE + len(presses))
                presses.append((probe, program.press(probe)))
                program.read_for(_ECHO_EVERY_S)
            program.wait_for(end_marker(tag), since)
            program.read_until_quiet()
            # a key's echo that no update showed by itself came with that of the next
            shown = [program.shown_at(probe, since) for probe, _at in presses]
            return [
                at - pressed_at
                for (_probe, pressed_at), at in zip(presses, shown, strict=True)
                if at is not None
            ]

    def stop_s(self, client: Client, key: str = "\x1b") -> float:
        """From the stop key to the last token that was painted."""
        with self._started(client) as program:
            _tag, since = self._ask(program, "numbered", 3000, _RATE_BEFORE_STOP)
            program.wait_for("t00001", since)
            program.read_for(1.5)
            pressed_at = program.press(key)
            program.read_for(1.5)
            return max(0.0, program.last_growth_at(_NUMBERED, since) - pressed_at)

    def _ask(self, program: ClientProgram, kind: str, tokens: int, rate: float) -> tuple[str, int]:
        tag = next(self._tags)
        since = program.position
        program.press(question(kind, tokens, rate, tag))
        program.wait_for(tag, since)
        program.read_until_quiet(0.1, 1.0)
        since = program.position
        program.press("\r")
        return tag, since

    @contextmanager
    def _started(self, client: Client) -> Iterator[ClientProgram]:
        """Start a client, and get what is imported late over with one short reply."""
        with tempfile.TemporaryDirectory() as home:
            variables = program_variables(client, self._server, home)
            with ClientProgram(client.argv, variables, Path(home)) as program:
                program.wait_for(client.ready)
                program.read_until_quiet(0.5)
                tag, since = self._ask(program, "mixed", 20, 0.0)
                program.wait_for(end_marker(tag), since)
                program.read_for(_REST_S)
                yield program


def program_variables(client: Client, server: FloodServer, home: str) -> dict[str, str]:
    """The environment of a client that asks `server` and has nothing but `home`."""
    return {
        "PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(CHECKOUT),
        "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor",
        "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": server.base_url,
        **dict(client.variables),
    }  # fmt: skip
