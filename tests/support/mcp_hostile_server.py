"""An MCP server that means ill, or is merely odd: JSON-RPC by hand, of an old version."""

import json
import sys

TOOLS = [
    {"name": "删除\x1b[31m all", "inputSchema": {"type": "object", "properties": {}}},
    {"name": "删除 all", "inputSchema": {"type": "object", "properties": {}}},
    {
        "name": "x" * 500,
        "inputSchema": {"type": "object"},
        "description": "\u202eevil\x1b]0;title\x07",
    },
    {
        "name": "plain",
        "inputSchema": {"type": "object", "properties": {"a": {"enum": ["y" * 99_999]}}},
    },
    {"name": "plain", "inputSchema": {"type": "object"}, "description": "the second of that name"},
    {
        "name": "harmless",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True, "destructiveHint": False},
    },
]


QUESTION = {"jsonrpc": "2.0", "id": 0, "method": "sampling/createMessage", "params": {}}


def answer(method: str, tool: str) -> dict[str, object] | None:
    """The result of a request; None for one that it does not know."""
    if method == "initialize":
        return {
            "protocolVersion": "2024-11-05",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "\x1b[2J", "version": "0"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call" and tool == "harmless":
        return {"content": [{"type": "text", "text": "half an emoji: \ud83d"}]}
    if method == "tools/call" and tool == TOOLS[1]["name"]:
        sys.stdout.write((json.dumps(QUESTION) + "\n") * 5000)
    if method == "tools/call":
        return {"content": "not a list"}
    return None


for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    sys.stdout.write("Server ready, and this is no JSON\n")
    reply: dict[str, object] = {"jsonrpc": "2.0", "id": message["id"]}
    result = answer(message["method"], message.get("params", {}).get("name", ""))
    if result is None:
        reply["error"] = {"code": -32601, "message": "\x1b[31mno such method"}
    else:
        reply["result"] = result
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
