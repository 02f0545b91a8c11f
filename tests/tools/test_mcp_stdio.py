"""Real MCP server processes: called, crashing, slow, missing, hostile, and gone at the end."""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from chatapp.core.endpoints import Secret
from chatapp.core.errors import ToolError
from chatapp.core.mcp_servers import McpServer
from chatapp.core.ports import Policy
from chatapp.extras import MCP, install_command
from chatapp.tools.mcp_keeper import McpState, McpTiming
from chatapp.tools.mcp_servers import McpServers
from tests.support.mcp_setting import (
    HASTY,
    HOSTILE,
    PROGRAM,
    call,
    is_up,
    program,
    running,
    script,
    tool,
    until,
)

CHECKOUT = Path(__file__).parents[2]


async def test_tools_are_listed_and_called() -> None:
    async with running(program()) as toolbox:
        weather = tool(toolbox, "t__weather")
        assert weather.origin == "mcp t"
        assert weather.default_policy is Policy.ASK
        assert weather.declaration.description == "The weather of a city."
        assert "城市名" in str(weather.declaration.parameters["properties"])
        assert await weather.run({"city": "北京"}, lambda _: None) == "北京：晴，25℃"
        assert str(toolbox.statuses[0]) == f"t: up, {len(toolbox.tools)} tools"
        pictured = await call(toolbox, "picture")
        assert "[an image, image/png, 4 bytes; not shown]" in pictured


async def test_progress_is_reported_as_one_safe_line() -> None:
    reports: list[str] = []
    async with running(program()) as toolbox:
        count = tool(toolbox, "t__count")
        assert await count.run({"up_to": 3, "pause_s": 0.01}, reports.append) == "done"
    assert reports == ["1 of 3", "2␛[31m 数", "3␛[31m 数"]


async def test_calls_run_side_by_side() -> None:
    async with running(program()) as toolbox:
        began = time.monotonic()
        pauses = (call(toolbox, "count", up_to=1, pause_s=0.5) for _ in range(6))
        assert await asyncio.gather(*pauses) == ["done"] * 6
        assert time.monotonic() - began < 2.5


async def test_what_fails_is_told_in_words() -> None:
    async with running(program()) as toolbox:
        with pytest.raises(ToolError, match="没有这个城市"):
            await call(toolbox, "fail")
        with pytest.raises(ToolError, match="city"):
            await call(toolbox, "weather", town="x")
        assert await call(toolbox, "weather", city="a") == "a：晴，25℃"


async def test_a_child_gets_no_variables_but_the_usual_and_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server = program()
    server = McpServer(
        name="t", command=server.command, args=server.args, env={"MCP_TEST": Secret("given")}
    )
    async with running(server) as toolbox:
        words = (await call(toolbox, "environment")).split()
    assert words[-1] == "given"
    assert {"MCP_TEST", "PATH"} <= set(words)
    assert "OPENAI_API_KEY" not in words


async def test_a_crash_in_a_call_is_told_and_the_server_comes_back() -> None:
    seen: list[str] = []
    async with running(program(), changes=seen) as toolbox:
        weather = tool(toolbox, "t__weather")
        first = await call(toolbox, "process_id")
        seen.clear()
        with pytest.raises(ToolError, match="ended before it answered"):
            await call(toolbox, "crash")
        await until(lambda: "t: starting" in seen and is_up(toolbox))
        assert seen[0] == "t: the process ended (I am␛[31m dying); next try in 0.05 s"
        assert await call(toolbox, "process_id") != first
        assert "上海" in await weather.run({"city": "上海"}, lambda _: None)


async def test_an_idle_server_that_is_killed_is_noticed() -> None:
    async with running(program()) as toolbox:
        victim = psutil.Process(int(await call(toolbox, "process_id")))
        victim.kill()
        await until(lambda: not is_up(toolbox))
        assert not toolbox.tools
        await until(lambda: is_up(toolbox))
        assert await call(toolbox, "process_id") != str(victim.pid)


async def test_a_slow_server_holds_nothing_up() -> None:
    toolbox = McpServers([program("--slow", "0.5"), program(name="quick")], timing=HASTY)
    began = time.monotonic()
    toolbox.start()
    assert time.monotonic() - began < 0.1
    assert [status.state for status in toolbox.statuses] == [McpState.STARTING] * 2
    assert not toolbox.tools
    try:
        await until(lambda: all(status.state is McpState.UP for status in toolbox.statuses))
        names = [listed.declaration.name for listed in toolbox.tools]
        assert names.index("t__weather") < names.index("quick__weather")
    finally:
        await toolbox.close()


async def test_a_server_that_never_answers_is_given_up() -> None:
    silent = script("import sys; sys.stderr.write('thinking\\n'); sys.stdin.read()")
    async with running(silent, timing=McpTiming(start_s=1.0, backoff_s=())) as toolbox:
        assert str(toolbox.statuses[0]) == "t: not up within 1 s (thinking)"


async def test_a_program_that_is_not_there_is_not_tried_again(tmp_path: Path) -> None:
    missing = tmp_path / "server"
    changes: list[str] = []
    async with running(McpServer(name="t", command=str(missing)), changes=changes) as toolbox:
        assert changes[-1] == f"t: {missing} was not found"
        missing.write_text(f"#!/bin/sh\nexec {sys.executable} {PROGRAM}\n")
        toolbox.restart("t")
        await until(lambda: "must not be run" in changes[-1])
        missing.chmod(0o700)
        toolbox.restart("t")
        await until(lambda: is_up(toolbox))
        assert changes[1:-1] == [
            f"t: {missing} was not found",
            "t: starting",
            f"t: {missing} must not be run",
            "t: starting",
        ]


async def test_the_tries_are_counted_and_then_it_waits_to_be_asked(tmp_path: Path) -> None:
    tally = tmp_path / "tally"
    dying = script(f"open({str(tally)!r}, 'a').write('x'); import sys; sys.exit('no licence')")
    async with running(dying) as toolbox:
        await until(lambda: "next try" not in str(toolbox.statuses[0]) and tally.stat().st_size > 2)
        await until(lambda: str(toolbox.statuses[0]) == "t: the process ended (no licence)")
        assert tally.read_text() == "xxx"
        toolbox.restart("t")
        await until(lambda: tally.stat().st_size == 6)


@pytest.mark.parametrize("stable_s", [0.0, 60.0])
async def test_only_a_server_that_stays_up_has_its_tries_counted_anew(stable_s: float) -> None:
    timing = McpTiming(backoff_s=(0.05,), stable_s=stable_s)
    async with running(program(), timing=timing) as toolbox:
        for _ in range(2):
            with pytest.raises(ToolError):
                await call(toolbox, "crash")
            await until(lambda: not is_up(toolbox))
            await until(lambda: is_up(toolbox) or "next try" not in toolbox.statuses[0].words)
            await until(lambda: toolbox.statuses[0].state is not McpState.STARTING)
        assert is_up(toolbox) == (stable_s == 0.0)


async def test_a_cancelled_call_is_cancelled_on_the_server(tmp_path: Path) -> None:
    marker = tmp_path / "cancelled"
    async with running(program()) as toolbox:
        running_call = asyncio.create_task(call(toolbox, "sleep", marker=str(marker)))
        await until(Path(f"{marker}.begun").exists)
        running_call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running_call
        await until(marker.exists)
        assert await call(toolbox, "weather", city="a") == "a：晴，25℃"


async def test_a_silent_call_times_out_and_one_that_speaks_goes_on(tmp_path: Path) -> None:
    marker = tmp_path / "cancelled"
    async with running(program(), timing=McpTiming(call_s=0.5)) as toolbox:
        assert await call(toolbox, "count", up_to=4, pause_s=0.25) == "done"
        with pytest.raises(ToolError, match=r"gave no sign for 0.5 s"):
            await call(toolbox, "sleep", marker=str(marker))
        await until(marker.exists)


async def test_a_server_that_learns_has_its_tools_read_again() -> None:
    async with running(program()) as toolbox:
        before = len(toolbox.tools)
        assert await call(toolbox, "learn", name="new_one") == "learnt"
        await until(lambda: len(toolbox.tools) == before + 1)
        description = tool(toolbox, "t__new_one").declaration.description
        assert description.startswith("x‹202E›␛[31my")
        assert len(description) == 4_000
        assert await call(toolbox, "new_one") == "new_one"


async def test_a_hostile_server_of_an_old_version_harms_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with running(program(file=HOSTILE)) as toolbox:
        names = [tool.declaration.name for tool in toolbox.tools]
        assert len(names) == len(set(names)) == 5
        assert names[-2:] == ["t__plain", "t__harmless"]
        assert all(len(name) <= 64 and name.isascii() for name in names)
        assert "\x1b" not in "".join(tool.declaration.description for tool in toolbox.tools)
        plain = tool(toolbox, "t__plain")
        assert plain.declaration.parameters == {"type": "object", "properties": {}}
        assert tool(toolbox, "t__harmless").default_policy is Policy.ASK
        with pytest.raises(ToolError, match="what is no result"):
            await plain.run({}, lambda _: None)
        assert await call(toolbox, "harmless") == "half an emoji: \ufffd"
        asking = toolbox.tools[1]
        with pytest.raises(ToolError, match="ended before it answered"):
            await asking.run({}, lambda _: None)
    assert capfd.readouterr() == ("", "")


async def test_what_a_process_complains_of_goes_to_the_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        async with running(program()) as toolbox:
            with pytest.raises(ToolError):
                await call(toolbox, "crash")
    assert "MCP server t: I am␛[31m dying" in caplog.messages
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("line", ["no message", "{", '{"jsonrpc": "2.0", "method": 7}'])
async def test_a_flood_of_what_is_no_message_fills_no_log(
    line: str, caplog: pytest.LogCaptureFixture
) -> None:
    talks = script(f"while True: print({line!r}, flush=True)")
    async with running(talks, timing=McpTiming(start_s=1.0, backoff_s=())) as toolbox:
        words = str(toolbox.statuses[0])
    assert words == "t: not up within 1 s (it says what is no message of MCP)"
    assert len(caplog.text) < 1000


async def test_a_flood_of_complaints_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    code = "import sys, time\nsys.stderr.write('x\\n' * 20_000); sys.stderr.flush(); time.sleep(9)"
    async with running(script(code), timing=McpTiming(start_s=2.0, backoff_s=())):
        pass
    assert 5_000 < len(caplog.records) <= 10_000


def before_the_program(garbage: str) -> McpServer:
    """The test server, which runs a piece of Python first."""
    name = repr(str(PROGRAM))
    after = f"sys.argv = [{name}]\nrunpy.run_path({name}, None, '__main__')"
    return script(f"import runpy, sys\n{garbage}\n{after}")


async def test_a_line_without_an_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatapp.tools.mcp_transports.MOST_BYTES", 100_000)
    garbage = "for _ in range(30): sys.stdout.write('x' * 1_000_000)\nprint(flush=True)"
    server = before_the_program(garbage)
    memory, most = psutil.Process().memory_info().rss, 0
    toolbox = McpServers([server], timing=HASTY)
    toolbox.start()
    try:
        while not is_up(toolbox):
            most = max(most, psutil.Process().memory_info().rss)
            await asyncio.sleep(0.01)
        assert await call(toolbox, "weather", city="北京") == "北京：晴，25℃"
        assert most - memory < 40_000_000
    finally:
        await toolbox.close()


async def test_half_emoji_without_end_hold_nobody_up() -> None:
    server = before_the_program(r"print('\\ud83d' * 1_300_000, flush=True)")
    longest, last = 0.0, time.thread_time()
    toolbox = McpServers([server], timing=McpTiming(start_s=20.0, backoff_s=()))
    toolbox.start()
    try:
        async with asyncio.timeout(20.0):
            while not is_up(toolbox):
                await asyncio.sleep(0)
                now = time.thread_time()
                longest, last = max(longest, now - last), now
    finally:
        await toolbox.close()
    assert longest < 0.2


@pytest.mark.parametrize("arguments", [(), ("--stubborn",)])
async def test_closing_leaves_no_process(arguments: tuple[str, ...]) -> None:
    async with running(program(*arguments)) as toolbox:
        process = psutil.Process(int(await call(toolbox, "process_id")))
        began = time.monotonic()
        await toolbox.close()
        assert time.monotonic() - began < 2.0
        assert not process.is_running()


async def test_closing_does_not_wait_for_a_start_or_a_call(tmp_path: Path) -> None:
    async with running(program()) as toolbox:
        hanging = asyncio.create_task(call(toolbox, "sleep", marker=str(tmp_path / "m")))
        await until((tmp_path / "m.begun").exists)
        starting = McpServers([script("import time; time.sleep(60)")], timing=HASTY)
        starting.start()
        await until(lambda: bool(children_with("time.sleep(60)")))
        began = time.monotonic()
        await asyncio.gather(toolbox.close(), starting.close())
        assert time.monotonic() - began < 2.0
        with pytest.raises(ToolError, match="ended before it answered"):
            await hanging
        assert not children_with("time.sleep(60)")


def children_with(words: str) -> list[psutil.Process]:
    """Our children whose command line has the words."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and words in " ".join(child.cmdline())
    ]


PARENT = """
import asyncio
from tests.support.mcp_setting import call, program, running

async def main():
    async with running(program()) as toolbox:
        print(await call(toolbox, "process_id"), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + 10.0
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_killed_app_leaves_no_server() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=CHECKOUT
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert psutil.pid_exists(server)
        parent.kill()
    assert wait_for(
        lambda: (
            not psutil.pid_exists(server) or psutil.Process(server).status() == psutil.STATUS_ZOMBIE
        )
    )


async def test_without_the_extra_the_status_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    for module in ("mcp_connection", "mcp_transports", "mcp_results"):
        monkeypatch.delitem(sys.modules, f"chatapp.tools.{module}", raising=False)
    async with running(program()) as toolbox:
        words = f"t: needs the mcp package: {install_command(MCP)}"
        assert str(toolbox.statuses[0]) == words


def test_the_sdk_is_not_imported_before_a_server_starts() -> None:
    heavy = "{'mcp', 'anyio', 'pydantic'}"
    code = f"import sys, chatapp.tools.mcp_servers; print({heavy} & {{*sys.modules}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout.strip() == b"set()"


async def test_a_server_that_is_not_enabled_is_left_alone() -> None:
    server = McpServer(name="t", command="no such program", is_enabled=False)
    async with running(server) as toolbox:
        assert toolbox.statuses == ()
        assert not toolbox.tools
