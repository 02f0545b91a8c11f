"""A conversation as JSON: complete, with all branches; reading it gives the same conversation."""

import json

from chatapp.core.codec import conversation_to_json
from chatapp.core.records import StoredConversation
from chatapp.exporters.unsafe_characters import escaped_json


class JsonExporter:
    """Implements `Exporter`."""

    name = "json"
    label = "JSON, complete with all branches; can be imported again"

    def export(self, conversation: StoredConversation) -> str:
        """One JSON object over many lines."""
        value = conversation_to_json(conversation)
        return escaped_json(json.dumps(value, ensure_ascii=False, indent=1)) + "\n"


def json_line(conversation: StoredConversation) -> str:
    """The same object on one line, without a newline."""
    value = conversation_to_json(conversation)
    return escaped_json(json.dumps(value, ensure_ascii=False))
