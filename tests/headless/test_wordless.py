"""`ask` tells of a server that is alive but says no word, and of no other."""

import asyncio
import io
import threading
from collections.abc import Iterator

import pytest

from chatapp.config import Settings
from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import ModelRef
from chatapp.headless import wordless
from chatapp.headless.ask import ask
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output
from chatapp.providers.directory import EndpointDirectory
from tests.support.chat_server import (
    COMMENT,
    ChatServer,
    Exchange,
    Script,
    Sleep,
    Step,
    ending,
    reply,
    text_chunks,
)
from tests.support.full_screen import no_embedded_model
from tests.support.programs import TIMEOUT_S

WORDS = "The server is alive, but has said no word yet; Ctrl+C stops.\n"


class Told(io.StringIO):
    """Standard error that lets a server know when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_there = threading.Event()

    def write(self, text: str) -> int:
        self.is_there.set()
        return super().write(text)


@pytest.fixture(autouse=True)
def _shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordless, "WORDLESS_S", 0.1)


async def asked(server: ChatServer, script: Script, stderr: io.StringIO) -> tuple[ExitCode, str]:
    server.default = script
    endpoint = Endpoint("test", server.base_url, needs_key=False)
    directory = EndpointDirectory([endpoint], no_embedded_model)
    settings = Settings(endpoints=(endpoint,), model=ModelRef("test", "test-model"))
    stdout = io.StringIO()
    async with asyncio.timeout(TIMEOUT_S):
        code = await ask("hi", settings, directory, Output(stdout), Output(stderr))
    return code, stdout.getvalue()


async def test_a_server_that_only_pings_is_told_once(chat_server: ChatServer) -> None:
    stderr = Told()

    def pings(_exchange: Exchange) -> Iterator[Step]:
        while not stderr.is_there.is_set():
            yield from (COMMENT, Sleep(0.005))
        yield from (COMMENT, Sleep(0.05)) * 6
        yield from reply("空", "调")

    assert await asked(chat_server, pings, stderr) == (ExitCode.OK, "空调")
    assert stderr.getvalue() == WORDS


@pytest.mark.parametrize(
    "script",
    [
        [Sleep(0.4), *reply("空调")],
        [*text_chunks("空"), *(COMMENT, Sleep(0.05)) * 8, *text_chunks("调"), *ending()],
    ],
    ids=["silent", "with a word"],
)
async def test_no_other_is_told_of(script: Script, chat_server: ChatServer) -> None:
    stderr = io.StringIO()
    assert await asked(chat_server, script, stderr) == (ExitCode.OK, "空调")
    assert stderr.getvalue() == ""
