"""MCP servers as configured, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chatapp.core.endpoints import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """A server whose tools the model may call: a command to run, or an address.

    Exactly one of `command` and `url` is set. Arguments and addresses often carry keys, so they
    stay out of `repr`. The docstrings below are the settings' documentation in the README.
    """

    name: str

    command: str = ""
    """The program to run; it speaks MCP over its standard input and output."""

    args: tuple[str, ...] = field(default=(), repr=False)
    """The program's arguments."""

    env: Mapping[str, Secret] = field(default_factory=dict)
    """Variables for the program besides PATH, HOME and the like; it inherits no others."""

    url: str = field(default="", repr=False)
    """The address of a server that speaks streamable HTTP, instead of `command`."""

    headers: Mapping[str, Secret] = field(default_factory=dict)
    """Headers for every request to `url`, such as Authorization."""

    is_enabled: bool = True
    """Whether to start it."""
