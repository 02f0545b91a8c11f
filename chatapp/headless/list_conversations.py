"""`chatapp list` and `chatapp search`: which conversations there are, and where words stand."""

from chatapp.core.ports import ConversationStore
from chatapp.core.safe_text import safe_line
from chatapp.headless.conversation_lines import (
    header_fields,
    hit_fields,
    json_line,
    local_minute,
    short_ids,
    table,
)
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output


async def list_conversations(
    store: ConversationStore, stdout: Output, stderr: Output, *, limit: int | None, is_json: bool
) -> ExitCode:
    """Print the conversations, pinned ones first, then the newest. Raises StorageError."""
    headers = await store.headers()
    shown = headers[:limit]
    if is_json:
        for header in shown:
            stdout.write(json_line(header_fields(header)))
    elif headers:
        stdout.write(table(shown, short_ids(header.conversation_id for header in headers)))
    else:
        stderr.write("There are no conversations yet.\n")
    return ExitCode.OK


async def search_conversations(
    words: str,
    store: ConversationStore,
    stdout: Output,
    stderr: Output,
    *,
    limit: int,
    is_json: bool,
) -> ExitCode:
    """Print where the words stand, best first. Raises StorageError."""
    hits = await store.search(words, limit)
    headers = {header.conversation_id: header for header in await store.headers()}
    ids = short_ids(headers)
    for hit in hits:
        header = headers.get(hit.conversation_id)
        if is_json:
            stdout.write(json_line(hit_fields(hit, header)))
            continue
        shown_id = safe_line(ids.get(hit.conversation_id, hit.conversation_id))
        stdout.write(f"{shown_id}  {local_minute(hit.at)}  {safe_line(hit.title)}\n")
        if hit.message_id is not None:
            stdout.write(f"    {safe_line(hit.snippet)}\n")
    if not hits and not is_json:
        stderr.write(f"Nothing found for {safe_line(words)}.\n")
    return ExitCode.OK
