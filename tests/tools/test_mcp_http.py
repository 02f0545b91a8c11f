"""Real MCP servers over streamable HTTP on loopback: called, restarted, refusing and absent."""

import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import psutil
import pytest

from chatapp.core.endpoints import Secret
from chatapp.core.errors import ToolError
from chatapp.core.mcp_servers import McpServer
from chatapp.tools.mcp_keeper import McpTiming
from tests.support.mcp_setting import PROGRAM, call, is_up, running, tool, until

PATIENT = McpTiming(start_s=30.0, call_s=30.0, backoff_s=(0.1,) * 200)
ONCE = McpTiming(start_s=30.0, call_s=30.0, backoff_s=())


class HttpServer:
    """The test server as a process that serves HTTP; it can be started anew at its port."""

    def __init__(self) -> None:
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        port = urlsplit(self.url).port or 0
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "--http", "--port", str(port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        with self._process:
            pass


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.kill()


async def test_tools_are_called_with_the_headers(http_server: HttpServer) -> None:
    headers = {"X-Test": Secret("Bearer sk-mcp")}
    async with running(McpServer(name="t", url=http_server.url, headers=headers)) as toolbox:
        assert await call(toolbox, "weather", city="北京") == "北京：晴，25℃"
        assert await call(toolbox, "header", name="x-test") == "Bearer sk-mcp"
        reports: list[str] = []
        count = tool(toolbox, "t__count")
        assert await count.run({"up_to": 2, "pause_s": 0.05}, reports.append) == "done"
        assert reports == ["1 of 2", "2␛[31m 数"]
        with pytest.raises(ToolError, match="没有这个城市"):
            await call(toolbox, "fail")
        before = len(toolbox.tools)
        await call(toolbox, "learn", name="new_one")
        await until(lambda: len(toolbox.tools) == before + 1)
        began = time.monotonic()
    assert time.monotonic() - began < 2.0


async def test_a_server_that_dies_in_a_call_is_reached_again(http_server: HttpServer) -> None:
    changes: list[str] = []
    server = McpServer(name="t", url=http_server.url)
    async with running(server, timing=PATIENT, changes=changes) as toolbox:
        weather = tool(toolbox, "t__weather")
        changes.clear()
        with pytest.raises(ToolError, match="MCP server t"):
            await call(toolbox, "crash")
        await until(lambda: any("next try" in change for change in changes))
        assert not toolbox.tools
        await asyncio.to_thread(http_server.kill)
        await asyncio.to_thread(http_server.start)
        await until(lambda: is_up(toolbox))
        assert "北京" in await weather.run({"city": "北京"}, lambda _: None)


async def test_a_server_that_dies_in_silence_is_noticed(http_server: HttpServer) -> None:
    async with running(McpServer(name="t", url=http_server.url), timing=ONCE) as toolbox:
        weather = tool(toolbox, "t__weather")
        await asyncio.to_thread(http_server.kill)
        await until(lambda: not is_up(toolbox))
        with pytest.raises(ToolError, match="cannot be called now: no connection to 127"):
            await weather.run({"city": "北京"}, lambda _: None)


async def test_nothing_at_the_address_is_told_without_its_secrets() -> None:
    url = "http://127.0.0.1:9/mcp?key=sk-mcp"
    async with running(McpServer(name="t", url=url), timing=ONCE) as toolbox:
        assert str(toolbox.statuses[0]) == "t: no connection to 127.0.0.1:9"
        with pytest.raises(KeyError):
            toolbox.restart("other")


class Refusal(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401, "Un\x1bauthorized")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


HELLO: dict[str, object] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "test", "version": "0"},
}
TOOL: dict[str, object] = {"name": "a", "inputSchema": {"type": "object"}}


class Forgetful(BaseHTTPRequestHandler):
    """A server of an old version that forgets a session as soon as a tool is called."""

    sessions = 0

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result: dict[str, object] = {"tools": [TOOL]}
        match message["method"]:
            case "initialize":
                Forgetful.sessions += 1
                result = HELLO
            case "tools/call" | "server/discover":
                return self.answer(404, {})
            case "notifications/initialized":
                return self.answer(202, {})
        return self.answer(200, {"jsonrpc": "2.0", "id": message["id"], "result": result})

    def do_GET(self) -> None:
        self.answer(405, {})

    do_DELETE = do_GET  # noqa: N815 - the name is the method of HTTP

    def answer(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode() if content else b""
        self.send_response(status)
        self.send_header("Mcp-Session-Id", str(Forgetful.sessions))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


async def test_a_forgotten_session_is_opened_again() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as forgetful:
        Thread(target=forgetful.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{forgetful.server_port}/mcp"
        async with running(McpServer(name="t", url=url), timing=PATIENT) as toolbox:
            assert Forgetful.sessions == 1
            with pytest.raises(ToolError, match="ended before it answered"):
                await call(toolbox, "a")
            await until(lambda: Forgetful.sessions == 2 and is_up(toolbox))
        forgetful.shutdown()


class Cutting(Refusal):
    """A server that cuts texts in the middle of an emoji, as who counts in UTF-16 does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results: dict[str, dict[str, object]] = {
            "initialize": HELLO,
            "tools/list": {"tools": [{**TOOL, "description": "half: \ud83d"}]},
            "tools/call": {
                "content": [{"type": "text", "text": "whole: \U0001f600, half: \ud83d"}]
            },
        }
        result = results.get(message["method"])
        answer = {"jsonrpc": "2.0", "id": message.get("id"), "result": result}
        body = json.dumps(answer).encode() if result else b""
        is_events = bool(body) and "events" in self.path
        body = b"data: %s\n\n" % body if is_events else body
        self.send_response(200 if result else 202 if "id" not in message else 404)
        self.send_header("Content-Type", "text/event-stream" if is_events else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body:
            self.wfile.write(bytes([byte]))

    def do_GET(self) -> None:
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.mark.parametrize("path", ["mcp", "events"])
async def test_half_an_emoji_spoils_no_answer(path: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Cutting) as cutting:
        Thread(target=cutting.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{cutting.server_port}/{path}"
        async with running(McpServer(name="t", url=url), timing=ONCE) as toolbox:
            assert await call(toolbox, "a") == "whole: \U0001f600, half: \ufffd"
        cutting.shutdown()


class Endless(Refusal):
    """A server whose answer has no end, packed or not."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if "packed" in self.path:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        piece = gzip.compress(b" " * 1_000_000) if "packed" in self.path else b" " * 65536
        with suppress(ConnectionError):
            for _ in range(50_000):
                self.wfile.write(piece)


@pytest.mark.parametrize("path", ["mcp", "packed"])
async def test_an_answer_without_an_end_is_given_up(path: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as endless:
        Thread(target=endless.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{endless.server_port}/{path}"
        memory = psutil.Process().memory_info().rss
        async with running(McpServer(name="t", url=url), timing=ONCE) as toolbox:
            assert "of more than 8,388,608 bytes" in str(toolbox.statuses[0])
        assert psutil.Process().memory_info().rss - memory < 150_000_000
        endless.shutdown()


async def test_a_refusal_is_told_with_its_status() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as refusing:
        Thread(target=refusing.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{refusing.server_port}/mcp"
        async with running(McpServer(name="t", url=url), timing=ONCE) as toolbox:
            assert "HTTP 401" in toolbox.statuses[0].words
        refusing.shutdown()
