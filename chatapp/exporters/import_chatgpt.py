"""ChatGPT's export: conversations.json, or the archive that holds it.

A conversation is a `mapping` of nodes with `parent` and `children`; `current_node` is the end of
the path that was shown. A node's message may be empty, hidden, or part of a reply: calls go to a
`recipient` other than "all", their answers come from the role "tool". Branches are kept.
"""

import json
from collections.abc import Iterator, Mapping

from chatapp.core.errors import CodecError
from chatapp.core.messages import (
    Ending,
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
from chatapp.exporters.chatgpt_content import content_text, thoughts
from chatapp.exporters.foreign_json import (
    JsonObject,
    as_items,
    as_moment,
    as_object,
    as_text,
    read_each,
)
from chatapp.exporters.reply_building import (
    SourceConversation,
    SourceMessage,
    build_conversation,
)

_ENDPOINT = "chatgpt"
_ROLES = {
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
    "system": Role.SYSTEM,
}
_KEPT_OUT = frozenset({"model_editable_context", "reasoning_recap", "user_editable_context"})
"""What describes the account or the app, not what was said."""


class ChatgptImporter:
    """Implements `Importer`."""

    name = "chatgpt"
    label = "ChatGPT's export, conversations.json or the zip archive"

    def recognises(self, source: ImportSource) -> bool:
        """Whether its objects have a tree of messages."""
        return "mapping" in source.json_keys

    def read(self, source: ImportSource) -> Iterator[StoredConversation | ImportProblem]:
        """The conversations, with ids made of ChatGPT's."""
        return read_each(source, _read_conversation, "title")


def _read_conversation(value: JsonObject) -> StoredConversation:
    nodes = value.get("mapping")
    if not isinstance(nodes, Mapping):
        raise CodecError("its mapping is no JSON object")
    source_id = as_text(value.get("conversation_id")) or as_text(value.get("id"))
    if not source_id:
        raise CodecError("it has no id")
    return build_conversation(
        SourceConversation(
            conversation_id=f"chatgpt-{source_id}",
            title=as_text(value.get("title")),
            model=ModelRef(_ENDPOINT, as_text(value.get("default_model_slug")) or "unknown"),
            messages=[_read_node(nodes, *place) for place in _walk(nodes)],
            leaf_id=_path_end(nodes, as_text(value.get("current_node"))),
            created_at=as_moment(value.get("create_time")),
            updated_at=as_moment(value.get("update_time")),
        )
    )


def _path_end(nodes: JsonObject, current: str) -> str | None:
    """The node where the path ends that was shown: the last with weight where none is named."""
    if current in nodes:
        return current
    weighty = [
        node_id
        for node_id, _ in _walk(nodes)
        if as_object(as_object(nodes[node_id]).get("message")).get("weight") != 0
    ]
    return weighty[-1] if weighty else None


def _walk(nodes: JsonObject) -> Iterator[tuple[str, str | None]]:
    """Every node with its parent, parents first, the children of one in their order."""
    reached: set[str] = set()
    roots = [node_id for node_id, node in nodes.items() if _parent(node) not in nodes]
    # what hangs in a ring has no root: it begins anywhere
    for start in (*roots, *nodes):
        waiting: list[tuple[str, str | None]] = [(start, None)]
        while waiting:
            node_id, parent_id = waiting.pop()
            if node_id in reached:
                continue
            reached.add(node_id)
            yield node_id, parent_id
            children = [
                as_text(child) for child in as_items(as_object(nodes[node_id]).get("children"))
            ]
            waiting += [(child, node_id) for child in reversed(children) if child in nodes]


def _parent(node: JsonValue) -> str:
    return as_text(as_object(node).get("parent"))


def _read_node(nodes: JsonObject, node_id: str, parent_id: str | None) -> SourceMessage:
    message = as_object(as_object(nodes[node_id]).get("message"))
    metadata = as_object(message.get("metadata"))
    author = as_object(message.get("author"))
    role = _ROLES.get(as_text(author.get("role")), Role.ASSISTANT)
    slug = as_text(metadata.get("model_slug"))
    ending, finish_reason = _ending(metadata)
    is_reply = role is Role.ASSISTANT
    return SourceMessage(
        source_id=node_id,
        parent_id=parent_id,
        role=role,
        parts=() if metadata.get("is_visually_hidden_from_conversation") else _parts(message, role),
        tool_name=as_text(author.get("name")),
        at=as_moment(message.get("create_time")),
        model=ModelRef(_ENDPOINT, slug) if slug and is_reply else None,
        ending=ending if is_reply else Ending.FINISHED,
        finish_reason=finish_reason if is_reply else None,
    )


def _ending(metadata: JsonObject) -> tuple[Ending, str | None]:
    match as_text(as_object(metadata.get("finish_details")).get("type")):
        case "interrupted":
            return Ending.STOPPED, None
        case "max_tokens":
            return Ending.FINISHED, "length"
        case "stop":
            return Ending.FINISHED, "stop"
        case _:
            return Ending.FINISHED, None


def _parts(message: JsonObject, role: Role) -> tuple[Part, ...]:
    content = as_object(message.get("content"))
    kind = as_text(content.get("content_type"))
    if kind in _KEPT_OUT:
        return ()
    if kind == "thoughts":
        text = thoughts(content)
        return (ReasoningPart(text),) if text else ()
    recipient = as_text(message.get("recipient")) or "all"
    is_call = role is Role.ASSISTANT and recipient != "all"
    text = content_text(content, is_marked_up=role is not Role.TOOL and not is_call)
    if is_call and text:
        return (ToolCallPart("", recipient, _arguments(text)),)
    if role is Role.TOOL:
        status = ToolStatus.FAILED if kind == "system_error" else ToolStatus.FINISHED
        return (ToolResultPart("", text, status),)
    return (TextPart(text),) if text.strip() else ()


def _arguments(text: str) -> str:
    """A call's arguments as a JSON object: code and queries are sent bare."""
    try:
        if isinstance(json.loads(text), dict):
            return text
    except (ValueError, RecursionError):
        pass
    return json.dumps({"input": text}, ensure_ascii=False)
