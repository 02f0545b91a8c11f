"""Claude's export: conversations.json, or the archive that holds it.

A conversation is a list of `chat_messages`, each with the blocks of its `content`: text,
thinking, tool_use and tool_result side by side. The export names no model. Where messages name
their parents they are a tree, else one follows another.
"""

import json
from collections.abc import Iterator, Sequence

from chatapp.core.errors import CodecError
from chatapp.core.messages import (
    ModelRef,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.ports import ImportSource, JsonValue
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.exporters.foreign_json import (
    JsonObject,
    as_items,
    as_moment,
    as_object,
    as_text,
    read_each,
)
from chatapp.exporters.markdown_export import fenced
from chatapp.exporters.reply_building import (
    SourceConversation,
    SourceMessage,
    build_conversation,
)

_ENDPOINT = "claude"


class ClaudeImporter:
    """Implements `Importer`."""

    name = "claude"
    label = "Claude's export, conversations.json or the zip archive"

    def recognises(self, source: ImportSource) -> bool:
        """Whether its objects have chat messages."""
        return "chat_messages" in source.json_keys

    def read(self, source: ImportSource) -> Iterator[StoredConversation | ImportProblem]:
        """The conversations, with ids made of Claude's."""
        return read_each(source, _read_conversation, "name")


def _read_conversation(value: JsonObject) -> StoredConversation:
    source_id = as_text(value.get("uuid"))
    if not source_id:
        raise CodecError("it has no uuid")
    if not isinstance(value.get("chat_messages"), list):
        raise CodecError("its chat_messages are no list")
    model = ModelRef(_ENDPOINT, as_text(value.get("model")) or "unknown")
    return build_conversation(
        SourceConversation(
            conversation_id=f"claude-{source_id}",
            title=as_text(value.get("name")),
            model=model,
            messages=tuple(_read_messages(as_items(value.get("chat_messages")), model)),
            leaf_id=as_text(value.get("current_leaf_message_uuid")) or None,
            created_at=as_moment(value.get("created_at")),
            updated_at=as_moment(value.get("updated_at")),
        )
    )


def _read_messages(values: Sequence[JsonValue], model: ModelRef) -> Iterator[SourceMessage]:
    reached: set[str] = set()
    previous: str | None = None
    for number, message in enumerate(map(as_object, values), start=1):
        source_id = as_text(message.get("uuid")) or f"message-{number}"
        if source_id in reached:
            continue
        parent_id = as_text(message.get("parent_message_uuid"))
        is_reply = as_text(message.get("sender")) == "assistant"
        yield SourceMessage(
            source_id=source_id,
            # the parent of a first message is a name that nothing else has
            parent_id=(parent_id if parent_id in reached else None) if parent_id else previous,
            role=Role.ASSISTANT if is_reply else Role.USER,
            parts=tuple(_parts(message)),
            at=as_moment(message.get("created_at")),
            model=model if is_reply else None,
        )
        reached.add(source_id)
        previous = source_id


def _parts(message: JsonObject) -> Iterator[Part]:
    parts = [
        part for block in as_items(message.get("content")) for part in _block(as_object(block))
    ]
    if not any(isinstance(part, TextPart) for part in parts) and (
        text := as_text(message.get("text"))
    ):
        parts.append(TextPart(text))
    yield from parts
    for attachment in map(as_object, as_items(message.get("attachments"))):
        yield TextPart(_attachment(attachment))
    for file in map(as_object, as_items(message.get("files"))):
        yield TextPart(f"\n\n[file: {as_text(file.get('file_name')) or 'unnamed'}]")


def _block(block: JsonObject) -> Iterator[Part]:
    match as_text(block.get("type")):
        case "thinking":
            if thinking := as_text(block.get("thinking")):
                yield ReasoningPart(thinking)
        case "tool_use":
            arguments = json.dumps(block.get("input") or {}, ensure_ascii=False)
            yield ToolCallPart(
                as_text(block.get("id")), as_text(block.get("name")), as_text(arguments)
            )
        case "tool_result":
            status = ToolStatus.FAILED if block.get("is_error") else ToolStatus.FINISHED
            text = _flattened(block.get("content"))
            yield ToolResultPart(as_text(block.get("tool_use_id")), text, status)
        case _:
            if text := as_text(block.get("text")):
                yield TextPart(text)


def _flattened(content: JsonValue) -> str:
    """A tool's answer: a text, or blocks of text, titles and addresses."""
    if isinstance(content, str):
        return as_text(content)
    blocks = [as_object(block) for block in as_items(content)]
    texts = ["\n".join(_lines(block)) for block in blocks]
    return "\n\n".join(text for text in texts if text)


def _lines(block: JsonObject) -> Iterator[str]:
    for key in ("title", "url", "text"):
        if text := as_text(block.get(key)):
            yield text


def _attachment(attachment: JsonObject) -> str:
    name = as_text(attachment.get("file_name")) or "attachment"
    content = as_text(attachment.get("extracted_content"))
    return f"\n\n[file: {name}]\n\n{fenced(content)}" if content else f"\n\n[file: {name}]"
