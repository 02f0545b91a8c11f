"""The kinds of content in ChatGPT's export, as text."""

from chatapp.core.ports import JsonValue
from chatapp.exporters.foreign_json import JsonObject, as_items, as_object, as_text
from chatapp.exporters.markdown_export import fenced


def content_text(content: JsonObject, *, is_marked_up: bool) -> str:
    """What a content says; `is_marked_up` puts code into a fence and quotes under their source."""
    match as_text(content.get("content_type")):
        case "code":
            code = as_text(content.get("text"))
            language = as_text(content.get("language"))
            plain = "" if language == "unknown" else language
            return fenced(code, plain) if is_marked_up and code else code
        case "execution_output":
            output = as_text(content.get("text"))
            return fenced(output) if is_marked_up and output else output
        case "tether_quote" | "sonic_webpage":
            lines = (content.get("title"), content.get("url"), content.get("text"))
            return "\n".join(line for line in map(as_text, lines) if line)
        case "tether_browsing_display":
            return as_text(content.get("result")) or as_text(content.get("summary"))
        case "system_error":
            return ": ".join(filter(None, (as_text(content.get(key)) for key in ("name", "text"))))
        case _:
            parts = "".join(_part_text(part) for part in as_items(content.get("parts")))
            return parts or as_text(content.get("text"))


def thoughts(content: JsonObject) -> str:
    """What a reasoning model thought, each thought under its summary."""
    texts = []
    for thought in map(as_object, as_items(content.get("thoughts"))):
        summary, body = as_text(thought.get("summary")), as_text(thought.get("content"))
        texts.append("\n\n".join(filter(None, (summary and f"**{summary}**", body))))
    return "\n\n".join(filter(None, texts))


def _part_text(part: JsonValue) -> str:
    """A piece of content that may be text, speech that was written down, or a file left out."""
    if isinstance(part, str):
        return as_text(part)
    fields = as_object(part)
    kind = as_text(fields.get("content_type"))
    if text := as_text(fields.get("text")):
        return text
    return f"[{kind.removesuffix('_asset_pointer').replace('_', ' ')}]\n\n" if kind else ""
