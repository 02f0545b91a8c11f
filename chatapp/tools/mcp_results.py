"""What an MCP server answers a call, in words for the model."""

import json
from collections.abc import Iterable, Iterator

from mcp import types


def result_text(result: types.CallToolResult) -> str:
    """The text of a result; what is no text is described with its size."""
    if not result.content and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(_texts(result.content))


def _texts(content: Iterable[types.ContentBlock]) -> Iterator[str]:
    for block in content:
        match block:
            case types.TextContent():
                yield block.text
            case types.ImageContent():
                yield f"[an image, {block.mime_type}, {_size(block.data)}; not shown]"
            case types.AudioContent():
                yield f"[a sound, {block.mime_type}, {_size(block.data)}; not shown]"
            case types.ResourceLink():
                size = f", {block.size:,} bytes" if block.size is not None else ""
                yield f"[a link to {block.name}, {block.uri}{size}; not fetched]"
            case types.EmbeddedResource(resource=types.TextResourceContents() as resource):
                yield f"[{resource.uri}]\n{resource.text}"
            case types.EmbeddedResource(resource=types.BlobResourceContents() as resource):
                kind = resource.mime_type or "of unknown type"
                yield f"[{resource.uri}, {kind}, {_size(resource.blob)}; not shown]"


def _size(base64_text: str) -> str:
    """The size of what Base64 stands for."""
    padding = len(base64_text) - len(base64_text.rstrip("="))
    return f"{max(0, len(base64_text) * 3 // 4 - padding):,} bytes"
