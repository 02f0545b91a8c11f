"""MCP servers in config.toml: read whole, or left out with a word about the line that is wrong."""

from pathlib import Path

import pytest

from chatapp.config.config_file import read_config_file
from chatapp.config.documentation import field_docstrings
from chatapp.config.mcp_table import MCP_NAMES, mcp_table
from chatapp.config.settings import load_settings
from chatapp.core.endpoints import Secret
from chatapp.core.mcp_servers import McpServer

GOOD = """\
[mcp.files]
command = "npx"
args = ["-y", "server-files", "~/notes"]
env = { TOKEN = "sk-env" }

[mcp.web]
url = "https://mcp.example/api/"
is_enabled = false

[mcp.web.headers]
Authorization = "Bearer sk-header"
"""


def test_servers_of_both_kinds_are_read(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD, encoding="utf-8")
    config.chmod(0o600)
    settings = load_settings({}, {}, tmp_path, tmp_path, ())
    assert settings.problems == ()
    assert settings.mcp_servers == (
        McpServer(
            name="files",
            command="npx",
            args=("-y", "server-files", "~/notes"),
            env={"TOKEN": Secret("sk-env")},
        ),
        McpServer(
            name="web",
            url="https://mcp.example/api/",
            headers={"Authorization": Secret("Bearer sk-header")},
            is_enabled=False,
        ),
    )
    assert "sk-" not in repr(settings)


@pytest.mark.parametrize(
    ("line", "replacement", "place", "message", "allowed"),
    [
        (1, "[mcp.a__b]", 1, "cannot be called 'a__b'", "single _"),
        (1, f"[mcp.{'a' * 33}]", 1, "cannot be called", "at most 32"),
        (1, '[mcp."文件"]', 1, "cannot be called", "letters"),
        (2, "command = 7", 2, "command of mcp.files", "not empty"),
        (2, "", 1, "neither command nor url", "one of"),
        (2, 'command = "x"\nurl = "http://x"', 1, "both command and url", "one of"),
        (2, 'url = "http://x"', 3, "args of mcp.files does not go with url", "headers"),
        (3, 'args = "-y"', 3, "args of mcp.files", "a list of strings"),
        (3, "args = [1]", 3, "args of mcp.files", "a list of strings"),
        (4, "env = { TOKEN = 7 }", 4, "TOKEN in env of mcp.files", "a string"),
        (4, 'env = { TOKEN = "a\\nb" }', 4, "TOKEN in env of mcp.files", "one line"),
        (4, "env = 7", 4, "env of mcp.files", "a table"),
        (4, "enf = {}", 4, "did you mean env?", "headers"),
        (7, 'url = "mcp.example"', 7, "url of mcp.web", "http://"),
        (7, 'command = "x"', 10, "headers of mcp.web does not go with command", "url"),
        (8, 'is_enabled = "no"', 8, "is_enabled of mcp.web", "true or false"),
        (11, 'Authorization = "密钥"', 11, "Authorization in headers of mcp.web", "visible ASCII"),
        (11, "Authorization = true", 11, "Authorization in headers of mcp.web", "a string"),
    ],
)
def test_a_wrong_table_is_told_with_its_line_and_left_out(
    tmp_path: Path, line: int, replacement: str, place: int, message: str, allowed: str
) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = replacement
    config = tmp_path / "config.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    file = read_config_file(config, ())
    (problem, *_) = file.problems
    assert problem.line == place
    assert message in problem.message
    assert allowed in problem.allowed
    assert "sk-" not in " ".join(map(str, file.problems))
    assert len(file.mcp_servers) == 1


def test_what_is_no_table_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[mcp]\nfiles = "npx"', encoding="utf-8")
    file = read_config_file(config, ())
    assert [problem.line for problem in file.problems] == [2]
    assert file.mcp_servers == ()


def test_every_setting_of_a_server_is_documented() -> None:
    assert tuple(field_docstrings(McpServer)) == MCP_NAMES
    assert all(f"| `{name}` |" in mcp_table() for name in MCP_NAMES)
