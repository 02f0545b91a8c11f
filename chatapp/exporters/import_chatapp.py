"""Our own JSON: one conversation or several, in a list or one a line."""

from collections.abc import Iterator

from chatapp.core.codec import FORMAT, conversation_from_json
from chatapp.core.ports import ImportSource
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.exporters.foreign_json import read_each

_KEYS = frozenset({"format", "version", "messages"})


class ChatappImporter:
    """Implements `Importer`."""

    name = FORMAT
    label = "JSON of chatapp"

    def recognises(self, source: ImportSource) -> bool:
        """Whether its objects look like conversations of ours."""
        return source.json_keys >= _KEYS

    def read(self, source: ImportSource) -> Iterator[StoredConversation | ImportProblem]:
        """The conversations as they were exported, with their own ids."""
        return read_each(source, conversation_from_json, "title")
