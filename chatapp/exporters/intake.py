"""Taking the conversations of a file into the store, off the event loop."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chatapp.core.errors import StorageError
from chatapp.core.ports import ConversationStore, Importer
from chatapp.core.records import (
    ConversationHeader,
    ConversationImported,
    ImportProblem,
    MessageWritten,
    PathChosen,
    StoredConversation,
    Write,
)
from chatapp.exporters.files import read_imports
from chatapp.exporters.merging import added_messages, is_later


class Arrival(StrEnum):
    """What a conversation of a file was to the store."""

    NEW = "new"
    GREW = "went on"
    KNOWN = "here already"


@dataclass(frozen=True, slots=True)
class Imported:
    """A conversation that is in the store now."""

    header: ConversationHeader
    arrival: Arrival


async def import_file(
    path: Path, store: ConversationStore, importer: Importer | None = None
) -> AsyncGenerator[Imported | ImportProblem, None]:
    """Read a file into the store and tell of each conversation; None finds the format out.

    What is there already is never replaced, only added to; what the store can never take keeps
    no other out. Raises CodecError when the file cannot be read at all, OSError and StorageError.
    """
    known = {header.conversation_id for header in await store.headers()}
    items = read_imports(path, importer)
    while (item := await asyncio.to_thread(next, items, None)) is not None:
        if isinstance(item, ImportProblem):
            yield item
            continue
        taken = await _take(item, store, is_known=item.header.conversation_id in known)
        if isinstance(taken, Imported):
            known.add(taken.header.conversation_id)
        yield taken


async def _take(
    item: StoredConversation, store: ConversationStore, *, is_known: bool
) -> Imported | ImportProblem:
    try:
        if is_known:
            return await _add(item, store)
        await store.write([ConversationImported(item)])
    except StorageError as error:
        if error.is_passing:
            raise
        return ImportProblem(f"“{item.header.title}”", str(error))
    return Imported(item.header, Arrival.NEW)


async def _add(theirs: StoredConversation, store: ConversationStore) -> Imported | ImportProblem:
    ours = await store.load(theirs.header.conversation_id)
    name = f"“{ours.header.title}”"
    if ours.is_live_elsewhere:
        return ImportProblem(name, "another chatapp writes a reply there; import it again later")
    if ours.is_live_here:
        return ImportProblem(name, "a reply is streaming there; stop it or wait, then import again")
    added = added_messages(ours, theirs)
    if added:
        # Message by message, for what was said here since it was loaded stays as it is.
        conversation_id = ours.header.conversation_id
        writes: list[Write] = [MessageWritten(conversation_id, message) for message in added]
        if is_later(theirs, ours):
            writes.append(PathChosen(conversation_id, theirs.leaf_id))
        await store.write(writes)
    return Imported(ours.header, Arrival.GREW if added else Arrival.KNOWN)
