"""The `[mcp.NAME]` tables of config.toml: the MCP servers whose tools the model may call."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TypeVar

from chatapp.config.documentation import field_docstrings, markdown_table
from chatapp.config.options import read_address, read_name, read_text
from chatapp.config.problem import unknown_name
from chatapp.core.endpoints import Secret
from chatapp.core.mcp_servers import McpServer

T = TypeVar("T")

Reject = Callable[..., None]
"""Tells a problem: what is wrong, what is allowed, then the path of the key."""

MCP_NAMES = tuple(field.name for field in fields(McpServer) if field.name != "name")

_NAME = re.compile(r"[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*")
_LONGEST_NAME = 32

_FOR_COMMAND = ("args", "env")
_FOR_URL = ("headers",)


def mcp_table() -> str:
    """The Markdown table of what an MCP server's table may hold, as the README shows it."""
    rows = field_docstrings(McpServer).items()
    return markdown_table(("in `[mcp.NAME]`", ""), ((f"`{name}`", words) for name, words in rows))


def read_mcp_server(name: str, table: Mapping[str, object], reject: Reject) -> McpServer | None:
    """Check one table; None where it cannot be used.

    A server with any wrong value is left out whole: started with half its arguments or without
    its environment it might do something else than was meant.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        allowed = f"letters, digits, - and single _ between them, at most {_LONGEST_NAME}"
        reject(f"an MCP server cannot be called {name!r}", allowed, "mcp", name)
        return None
    return _Reading(name, table, reject).server()


class _Reading:
    """One pass over one table."""

    def __init__(self, name: str, table: Mapping[str, object], reject: Reject) -> None:
        self._name = name
        self._table = table
        self._tell = reject
        self._is_sound = True

    def server(self) -> McpServer | None:
        """The server, unless something is wrong."""
        for key in self._table:
            if key not in MCP_NAMES:
                what = f"setting of mcp.{self._name}"
                self._reject(unknown_name(what, key, MCP_NAMES), ", ".join(MCP_NAMES), key)
        self._check_transport()
        server = McpServer(
            name=self._name,
            command=self._read("command", read_name, ""),
            args=self._read("args", _read_arguments, ()),
            env=self._secrets("env", _read_line),
            url=self._read("url", _read_url, ""),
            headers=self._secrets("headers", _read_header),
            is_enabled=self._read("is_enabled", _read_flag, True),
        )
        return server if self._is_sound else None

    def _check_transport(self) -> None:
        transports = {"command", "url"} & self._table.keys()
        if len(transports) != 1:
            which = "both command and url" if transports else "neither command nor url"
            self._reject(f"mcp.{self._name} has {which}", "one of command and url")
            return
        for key in _FOR_URL if "command" in transports else _FOR_COMMAND:
            if key in self._table:
                (transport,) = transports
                words = f"{key} of mcp.{self._name} does not go with {transport}"
                self._reject(words, "args and env with command, headers with url", key)

    def _read(self, key: str, reader: Callable[[object], T], default: T) -> T:
        if key not in self._table:
            return default
        try:
            return reader(self._table[key])
        except ValueError as error:
            self._reject(f"{key} of mcp.{self._name} has a wrong value", str(error), key)
            return default

    def _secrets(self, key: str, reader: Callable[[object], str]) -> dict[str, Secret]:
        secrets: dict[str, Secret] = {}
        for name, value in self._read(key, _read_table, dict[str, object]()).items():
            try:
                secrets[name] = Secret(reader(value))
            except ValueError as error:
                words = f"{name} in {key} of mcp.{self._name} has a wrong value"
                self._reject(words, str(error), key, name)
        return secrets

    def _reject(self, message: str, allowed: str, *place: str) -> None:
        self._is_sound = False
        self._tell(message, allowed, "mcp", self._name, *place)


def _read_arguments(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of strings")
    return tuple(value)


def _read_url(value: object) -> str:
    """An address with its query: some servers want a key there."""
    return read_address(value)


def _read_table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("a table of strings")
    return value


def _read_line(value: object) -> str:
    """Any string of one line."""
    text = read_text(value)
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a string of one line")
    return text


def _read_header(value: object) -> str:
    """What HTTP can carry; refused any later, its text would be in the error."""
    text = read_text(value)
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("a string of visible ASCII characters")
    return text


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value
