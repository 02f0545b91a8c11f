"""What ChatGPT's export is made of."""

from typing import Any

AT = 1_700_000_000.5
Json = dict[str, Any]


def message(role: str, text: str = "", at: float | None = AT, **more: Any) -> Json:
    content = more.pop("content", {"content_type": "text", "parts": [text]})
    author = {"role": role, "name": more.pop("name", None), "metadata": {}}
    metadata = more.pop("metadata", {})
    fields = {"author": author, "content": content, "create_time": at, "metadata": metadata}
    return {"recipient": "all", "weight": 1.0, **fields, **more}


def tree(*nodes: tuple[str, str | None, Json | None]) -> Json:
    """A mapping of (id, parent, message)."""
    return {
        node_id: {
            "id": node_id,
            "message": said and {"id": node_id, **said},
            "parent": parent,
            "children": [child for child, above, _ in nodes if above == node_id],
        }
        for node_id, parent, said in nodes
    }


def conversation(mapping: Json, **more: Any) -> Json:
    return {
        "title": "空调",
        "create_time": AT,
        "update_time": AT + 100,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": next(reversed(mapping), None),
        "conversation_id": "c-1",
        **more,
    }


GPT = {"model_slug": "gpt-4o", "finish_details": {"type": "stop"}}
BRANCHED = tree(
    ("root", None, None),
    ("system", "root", message("system", metadata={"is_visually_hidden_from_conversation": True})),
    ("ask", "system", message("user", "为什么？")),
    ("first", "ask", message("assistant", "因为…", AT + 1, metadata=GPT)),
    ("second", "ask", message("assistant", "Because", AT + 2, metadata=GPT)),
    ("more", "first", message("user", "More", AT + 3)),
    ("end", "more", message("assistant", "End", None, metadata=GPT)),
)
