"""The store opened for a command without a screen, and a conversation found in it."""

from collections.abc import Awaitable, Callable, Sequence

from chatapp.core.errors import StorageError
from chatapp.core.ports import ConversationStore
from chatapp.core.records import ConversationHeader
from chatapp.core.safe_text import safe_line
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output

LAST = "last"
"""What stands for the conversation that changed last, in the place of an id."""


class CommandError(Exception):
    """What was asked cannot be done; the text says why."""


async def with_store(
    store: ConversationStore,
    stdout: Output,
    stderr: Output,
    work: Callable[[ConversationStore], Awaitable[ExitCode]],
) -> ExitCode:
    """Open the store, do the work, close it; say what cannot be done in a line.

    Raises OutputError.
    """
    try:
        await store.open()
        try:
            code = await work(store)
        finally:
            await store.close()
    except (StorageError, CommandError) as error:
        stderr.write(f"chatapp: {error}\n")
        return ExitCode.FAILED
    return ExitCode.NO_READER if stdout.is_broken else code


def find(headers: Sequence[ConversationHeader], words: str) -> ConversationHeader:
    """The conversation with this id, the only one whose id begins so, or the last.

    Raises CommandError.
    """
    if not headers:
        raise CommandError("there are no conversations yet")
    if words == LAST:
        return max(headers, key=lambda header: header.updated_at)
    for header in headers:
        if header.conversation_id == words:
            return header
    found = [header for header in headers if words and header.conversation_id.startswith(words)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"{len(found)} conversations begin with {words}; see `chatapp list`")
    raise CommandError(f"there is no conversation {safe_line(words)}; see `chatapp list`")
