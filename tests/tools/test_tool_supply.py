"""All tools together: ours, the person's before them, servers as they come up."""

import asyncio
import sys
from pathlib import Path

from chatapp.core.mcp_servers import McpServer
from chatapp.tools.output_file import keep_output
from chatapp.tools.tool_supply import EveryTool


async def test_the_persons_tool_takes_the_place_of_ours_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "weather.py").write_text(
        'def get_weather(city: str) -> str:\n    """Mine."""\n    return city\n', encoding="utf-8"
    )
    (tmp_path / "broken.py").write_text("x =\n", encoding="utf-8")
    supply = EveryTool((), tmp_path, ())
    assert supply.tools == ()
    await supply.open()
    origins = {tool.declaration.name: tool.origin for tool in supply.tools}
    assert origins["get_weather"] == "weather.py"
    assert {"current_time", "calculate", "read_file", "fetch_url"} <= set(origins)
    notes = "\n".join(supply.notes)
    assert "broken.py, line 1" in notes
    assert "two tools named get_weather" in notes
    await supply.close()


async def test_who_asks_too_early_waits_until_the_files_are_loaded(tmp_path: Path) -> None:
    supply = EveryTool((), tmp_path, ())
    waiting = asyncio.create_task(supply.ready())
    await asyncio.sleep(0)
    assert not waiting.done()
    await supply.open()
    await waiting
    assert supply.tools
    await supply.close()


async def test_a_server_that_cannot_start_is_told_in_words(tmp_path: Path) -> None:
    server = McpServer(name="ghost", command=str(tmp_path / "no-such-program"))
    supply = EveryTool((), tmp_path / "none", (server,))
    heard: list[tuple[str, ...]] = []
    supply.on_change = lambda: heard.append(supply.notes)
    await supply.open()
    await supply.wait()
    assert supply.notes in heard
    assert any(note.startswith("MCP server ghost: ") for note in supply.notes)
    await supply.close()


def test_long_output_goes_to_a_private_file(tmp_path: Path) -> None:
    place = Path(keep_output(tmp_path / "out", "call/../1", "长" * 50_000))
    assert place.parent == tmp_path / "out"
    assert place.read_text(encoding="utf-8") == "长" * 50_000
    if sys.platform != "win32":
        assert place.stat().st_mode & 0o777 == 0o600
