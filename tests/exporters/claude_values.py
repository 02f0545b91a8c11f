"""What Claude's export is made of."""

from typing import Any

Json = dict[str, Any]
FIRST_PARENT = "00000000-0000-4000-8000-000000000000"


def message(uuid: str, sender: str, *content: Json, **more: Any) -> Json:
    return {
        "uuid": uuid,
        "text": "",
        "content": list(content),
        "sender": sender,
        "created_at": "2025-03-01T10:00:00.250000Z",
        "updated_at": "2025-03-01T10:00:00.250000Z",
        "attachments": [],
        "files": [],
        **more,
    }


def text(words: str) -> Json:
    return {"type": "text", "text": words, "citations": []}


def conversation(*messages: Json, **more: Any) -> Json:
    return {
        "uuid": "u-1",
        "name": "诗",
        "created_at": "2025-03-01T09:00:00Z",
        "updated_at": "2025-03-01T11:00:00Z",
        "account": {"uuid": "me"},
        "chat_messages": list(messages),
        **more,
    }
