"""An MCP server written with the SDK, run as a process of its own.

`python mcp_server.py [--http] [--legacy] [--slow SECONDS] [--stubborn]`: speaks over standard
input and output, or over HTTP at a port of its choice, which it prints.
"""

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Annotated

import uvicorn
from mcp import types
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

server = MCPServer("test", log_level="ERROR")


def touch(file: str) -> None:
    """Make a file, for a test to find."""
    Path(file).touch()


@server.tool()
def weather(city: Annotated[str, Field(description="城市名")]) -> str:
    """The weather of a city."""
    return f"{city}：晴，25℃"


@server.tool(structured_output=False)
async def count(up_to: int, pause_s: float, context: Context) -> str:
    """Count, telling each number."""
    for number in range(1, up_to + 1):
        await context.report_progress(number, up_to, f"{number}\x1b[31m 数" if number > 1 else None)
        await asyncio.sleep(pause_s)
    return "done"


@server.tool()
def fail() -> str:
    """Fail."""
    raise ToolError("没有这个城市")


@server.tool()
def crash() -> str:
    """End the process in the middle of the call."""
    sys.stderr.write("I am\x1b[31m dying\n")
    sys.stderr.flush()
    os._exit(3)


@server.tool(structured_output=False)
async def sleep(marker: str) -> str:
    """Never answer; the file `marker` tells that the call was cancelled."""
    touch(f"{marker}.begun")
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        touch(marker)
        raise
    return ""


@server.tool(structured_output=False)
def environment() -> str:
    """The names of all environment variables, and the value of one."""
    return " ".join([*sorted(os.environ), os.environ.get("MCP_TEST", "")])


@server.tool(structured_output=False)
def header(name: str, context: Context) -> str:
    """A header of the request, over HTTP."""
    return context.headers.get(name, "") if context.headers else ""


@server.tool(structured_output=False)
def process_id() -> str:
    """The process."""
    return str(os.getpid())


@server.tool(structured_output=False)
def picture() -> list[types.ContentBlock]:
    """Content that is no text."""
    return [
        types.TextContent(text="看"),
        types.ImageContent(data="QUJDRA==", mime_type="image/png"),
        types.ResourceLink(name="log", uri="file:///log", size=12345),
        types.EmbeddedResource(
            resource=types.TextResourceContents(uri="file:///note", text="note's text")
        ),
    ]


@server.tool(structured_output=False)
async def learn(name: str, context: Context) -> str:
    """Become a server with one more tool."""

    def learnt() -> str:
        return name

    server.add_tool(learnt, name=name, description="x\u202e\x1b[31m" + "y" * 10_000)
    await context.notify_tools_changed()
    await context.session.send_tool_list_changed()
    return "learnt"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--stubborn", action="store_true", help="does not end when asked to")
    arguments = parser.parse_args()
    time.sleep(arguments.slow)
    if arguments.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if arguments.http:
        serve_http(arguments.port)
    else:
        server.run()
    while arguments.stubborn:
        time.sleep(1)


def serve_http(port: int) -> None:
    """Serve on loopback and print the address once connections are taken."""
    listening = socket.create_server(("127.0.0.1", port))
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    app = server.streamable_http_app(transport_security=None)
    uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none")).run(sockets=[listening])


if __name__ == "__main__":
    main()
