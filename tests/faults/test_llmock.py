"""Turns against llmock, a server made to break clients, with every fault it knows at once.

Runs where `llmock` is on the PATH, or LLMOCK names it: `pip install llmock` in any environment.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import httpx2
import pytest

from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest, ToolDeclaration
from chatapp.core.stream_events import ResponseInterrupted
from chatapp.providers.openai_chat import OpenAIChat, Patience
from tests.faults.test_bad_servers import reply_of

PROGRAM = os.environ.get("LLMOCK") or shutil.which("llmock")
TURNS = 60
STATUSES = (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)
STREAM_FAULTS = ("disconnect", "truncate", "stall", "malformed")
TOOL_FAULTS = ("malformed_arguments", "unknown_tool")
HASTY = Patience(first_byte_s=2.0, stall_s=0.3, ending_s=0.3, backoff_s=0.05, longest_wait_s=0.2)
CLOCK = ToolDeclaration("clock", "Tells the time", {"type": "object", "properties": {}})


@pytest.fixture(scope="module")
def llmock() -> Iterator[str]:
    """The address of a running llmock."""
    if PROGRAM is None:
        pytest.skip("there is no llmock here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    rates = [f"--error-rate={status}=0.02" for status in STATUSES]
    faults = [f"--stream-fault={kind}=0.1" for kind in STREAM_FAULTS]
    process = subprocess.Popen(
        [PROGRAM, "serve", f"--port={port}", "--stream-stall-seconds=1", *rates, *faults],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 20
        while not _is_up(address):
            assert time.monotonic() < deadline, "llmock does not start"
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait()


def _is_up(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health").is_success
    except httpx2.TransportError:
        return False


async def test_every_turn_against_llmock_ends_in_a_reply_or_in_words(llmock: str) -> None:
    broken_calls = [{"type": "tool_fault", "kind": kind, "times": 8} for kind in TOOL_FAULTS]
    queued = httpx2.post(f"{llmock}/_llmock/scenario", json={"behaviors": broken_calls})
    assert queued.is_success, queued.text
    provider = OpenAIChat(Endpoint("test", f"{llmock}/v1"), HASTY)
    cuts = failures = 0
    try:
        for turn in range(TURNS):
            message = ChatMessage("user", None, Role.USER, (TextPart(f"{turn}?"),), 0.0)
            tools = (CLOCK,) if turn % 2 else ()
            events = await reply_of(provider, ChatRequest("gpt-4o", (message,), tools=tools))
            last = events[-1]
            if isinstance(last, ResponseInterrupted):
                assert isinstance(last.cause, Failure)
                assert last.cause.summary
                assert last.cause.next_step
                failures += 1
                cuts += last.cause.kind is FailureKind.CUT
    finally:
        await provider.close()
    assert failures > 0
    verdict = (await asyncio.to_thread(httpx2.get, f"{llmock}/_llmock/verdict")).json()
    assert verdict["faults_injected"] > 0
    codes = [found["code"] for found in verdict["findings"] if found["severity"] == "error"]
    # it cannot see that half a reply is shown as one, and asks for a retry nobody asked for
    assert set(codes) <= {"truncated_stream_accepted"}, verdict
    assert cuts >= len(codes)
