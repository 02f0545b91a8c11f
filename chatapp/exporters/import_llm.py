"""The logs.db of `llm`, Simon Willison's program for the command line, old and new."""

from collections.abc import Iterator

from chatapp.core.errors import CodecError
from chatapp.core.ports import ImportSource
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.exporters.llm_database import SQLITE_START, LlmDatabase, opened_database
from chatapp.exporters.llm_responses import read_responses
from chatapp.exporters.llm_threads import read_threads
from chatapp.exporters.reply_building import SourceConversation, build_conversation


class LlmImporter:
    """Implements `Importer`."""

    name = "llm"
    label = "the logs.db of llm"

    def recognises(self, source: ImportSource) -> bool:
        """Whether it is a database with the tables of `llm`. Raises CodecError."""
        if not source.start.startswith(SQLITE_START):
            return False
        with opened_database(source.path) as database:
            return not database.tables.isdisjoint({"responses", "turns"})

    def read(self, source: ImportSource) -> Iterator[StoredConversation | ImportProblem]:
        """The conversations, with ids made of those in the database."""
        with opened_database(source.path) as database:
            for number, conversation in enumerate(_read_all(database), start=1):
                try:
                    yield build_conversation(conversation)
                except CodecError as error:
                    place = f"conversation {number} ({conversation.title})"
                    yield ImportProblem(place, str(error))


def _read_all(database: LlmDatabase) -> Iterator[SourceConversation]:
    """The threads, then the older conversations that were not gone on with as threads."""
    seen: set[str] = set()
    for thread in read_threads(database):
        seen.add(thread.conversation_id)
        yield thread
    for conversation in read_responses(database):
        if conversation.conversation_id not in seen:
            yield conversation
