"""What the tools of MCP servers are called towards the model."""

import hashlib
import re

LONGEST_NAME = 64
"""As long as the chat completions API allows."""

_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_FINGERPRINT_DIGITS = 8


def namespaced(server: str, tool: str) -> str:
    """The name of a server's tool: `server__tool`, legal for the API.

    A tool's name that is not legal or too long is cut to what is and gets a fingerprint of the
    whole, so that two tools never share a name and a remembered decision never changes its tool.
    `server` is a configured name: short, legal and without a double underscore.
    """
    room = LONGEST_NAME - len(server) - 2
    if tool and len(tool) <= room and not _ILLEGAL.search(tool):
        return f"{server}__{tool}"
    # surrogatepass: a server may send half a surrogate pair
    whole = tool.encode("utf-8", "surrogatepass")
    fingerprint = hashlib.sha256(whole).hexdigest()[:_FINGERPRINT_DIGITS]
    legible = _ILLEGAL.sub("_", tool).strip("_")[: room - _FINGERPRINT_DIGITS - 1]
    return f"{server}__{legible}-{fingerprint}" if legible else f"{server}__{fingerprint}"
