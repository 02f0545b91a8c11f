"""The libraries that may be missing, and how they get into the Python that runs us."""

import sys

from chatapp.command_lines import quoted

LOCAL = "xllamacpp==2026.10.11549"
KEYRING = "keyring>=25.6"
MCP = "mcp>=2.3,<3"


def install_command(requirement: str) -> str:
    """The command to paste; the `pip` of the person's shell may be another Python's."""
    return f"{quoted(sys.executable)} -m pip install {quoted(requirement)}"
