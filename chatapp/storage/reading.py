"""Conversations out of the database."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from chatapp.core.errors import CodecError, StorageError
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.core.records import ConversationHeader, StoredConversation, TitleSource
from chatapp.storage.instances import Instance
from chatapp.storage.plain_text import BULLET, plain_text
from chatapp.storage.rows import broken_off, message_in, storable
from chatapp.storage.schema import transaction

_LONGEST_TITLE = 80
_MOST_LOOKED_AT = 1_000
"""Characters of a text in which a title is looked for, once it says something."""

_NO_TITLE = "New conversation"

_HEADERS = """
SELECT conversation_id, title, created_at, updated_at, endpoint, model, is_pinned, title_source,
    conversation_key, leaf_id, system, unsent_text != '' AS has_unsent_text,
    substr(unsent_text, 1, 500) AS unsent_start, -- enough to find a title in
    (SELECT count(*) FROM messages
        WHERE messages.conversation_key = conversations.conversation_key AND removed_at IS NULL
    ) AS message_count
FROM conversations
"""

_HOLDS_ANYTHING = "(message_count OR unsent_text != '' OR is_pinned OR title_source = 'person')"


def first_line(text: str) -> str:
    """A title out of a text: its first line that says something, in plain words, not too long."""
    start = text.lstrip()[:_MOST_LOOKED_AT]
    plain = plain_text(start, 0, len(start))
    line = next((line for line in map(str.strip, plain.splitlines()) if line), "")
    line = " ".join(line.removeprefix(BULLET).split())
    if len(line) <= _LONGEST_TITLE:
        return line
    return line[: _LONGEST_TITLE - 1].rstrip() + "…"


def shown_title(title: str, unsent_text: str) -> str:
    """What a conversation is called in a list; never empty."""
    return title or first_line(unsent_text) or _NO_TITLE


def headers(connection: sqlite3.Connection) -> tuple[ConversationHeader, ...]:
    """All conversations that are not deleted and hold anything; pinned first, then the newest.

    Raises sqlite3.Error.
    """
    rows = connection.execute(
        f"{_HEADERS} WHERE deleted_at IS NULL AND {_HOLDS_ANYTHING}"
        " ORDER BY is_pinned DESC, updated_at DESC, conversation_key DESC"
    )
    return tuple(_header(row) for row in rows)


def load(
    connection: sqlite3.Connection, instance: Instance, conversation_id: str
) -> StoredConversation:
    """A whole conversation as it is now. Raises StorageError, sqlite3.Error and OSError."""
    with transaction(connection, "BEGIN"):  # what other programs write meanwhile stays out
        row = connection.execute(
            f"{_HEADERS} WHERE conversation_id = ?", (storable(conversation_id),)
        ).fetchone()
        if row is None:
            raise StorageError("This conversation is no longer there.")
        unsent_text = _unsent_text(connection, row["conversation_key"])
        rows = [*_message_rows(connection, row["conversation_key"])]
        live = {each.message_id for each in rows if _is_live_elsewhere(each, instance)}
        shown = [each for each in rows if not each.is_removed and each.message_id not in live]
        messages = [_message_of(each, connection) for each in shown]
    parents = {each.message_id: each.parent_id for each in rows}
    left_out = parents.keys() - {each.message_id for each in shown}
    recovered = [each.message_id for each in shown if each.is_recovered(instance)]
    return StoredConversation(
        header=replace(_header(row), message_count=len(messages)),
        messages=tuple(
            replace(message, parent_id=_climbed(each.parent_id, parents, left_out))
            for message, each in zip(messages, shown, strict=True)
        ),
        leaf_id=_climbed(row["leaf_id"], parents, left_out),
        unsent_text=unsent_text,
        recovered_id=recovered[-1] if recovered else None,
        is_live_elsewhere=bool(live),
        is_live_here=any(each.owner == instance.name for each in shown),
        system=row["system"],
    )


def recent_prompts(connection: sqlite3.Connection, limit: int) -> tuple[str, ...]:
    """What the person wrote last, newest first, each text once. Raises sqlite3.Error."""
    rows = connection.execute(
        """
        SELECT body FROM messages JOIN conversations USING (conversation_key)
        WHERE role = 'user' AND removed_at IS NULL AND deleted_at IS NULL
        ORDER BY messages.created_at DESC, message_key DESC
        """
    )
    prompts: dict[str, None] = {}
    for (body,) in rows:
        if len(prompts) >= limit:
            break
        try:
            text = message_in(body).text
        except CodecError:  # a damaged row is told of when its conversation is opened
            continue
        if text.strip():
            prompts.setdefault(text)
    return tuple(prompts)


@dataclass(frozen=True, slots=True)
class _MessageRow:
    message_key: int
    message_id: str
    parent_id: str | None
    body: str
    owner: str | None
    was_recovered: bool
    is_removed: bool

    def is_recovered(self, instance: Instance) -> bool:
        """Whether its program died and nobody has gone on with it; the row is not live."""
        return self.was_recovered or self.owner not in (None, instance.name)


def _message_rows(connection: sqlite3.Connection, conversation_key: int) -> Iterator[_MessageRow]:
    rows = connection.execute(
        """
        SELECT message_key, message_id, parent_id, body, owner, is_recovered,
            removed_at IS NOT NULL
        FROM messages WHERE conversation_key = ? ORDER BY message_key
        """,
        (conversation_key,),
    )
    for key, message_id, parent_id, body, owner, is_recovered, is_removed in rows:
        yield _MessageRow(
            key, message_id, parent_id, body, owner, bool(is_recovered), bool(is_removed)
        )


def _unsent_text(connection: sqlite3.Connection, conversation_key: int) -> str:
    text: str = connection.execute(
        "SELECT unsent_text FROM conversations WHERE conversation_key = ?", (conversation_key,)
    ).fetchone()[0]
    return text


def _is_live_elsewhere(row: _MessageRow, instance: Instance) -> bool:
    return row.owner not in (None, instance.name) and instance.is_running(row.owner)


def _message_of(row: _MessageRow, connection: sqlite3.Connection) -> ChatMessage:
    if row.owner is None:
        return readable(row.body)
    return interrupted_reply(connection, row.message_key, row.body)


def interrupted_reply(connection: sqlite3.Connection, message_key: int, body: str) -> ChatMessage:
    """An open reply with all that was written of it. Raises StorageError and sqlite3.Error."""
    growth = connection.execute(
        "SELECT changes FROM growth WHERE message_key = ? ORDER BY growth_key", (message_key,)
    )
    try:
        return broken_off(message_in(body), (changes for (changes,) in growth))
    except CodecError as error:
        raise _damaged(error) from None


def readable(body: str) -> ChatMessage:
    """The message of a row. Raises StorageError."""
    try:
        return message_in(body)
    except CodecError as error:
        raise _damaged(error) from None


def _damaged(error: CodecError) -> StorageError:
    return StorageError(f"A stored message cannot be read: {error}. Its conversation stays closed.")


def _climbed(
    message_id: str | None, parents: Mapping[str, str | None], left_out: Collection[str]
) -> str | None:
    """The nearest message above that is there, from one that may be removed."""
    seen: set[str] = set()
    while message_id in left_out and message_id is not None and message_id not in seen:
        seen.add(message_id)
        message_id = parents[message_id]
    return None if message_id in seen else message_id


def _header(row: sqlite3.Row) -> ConversationHeader:
    return ConversationHeader(
        conversation_id=row["conversation_id"],
        title=shown_title(row["title"], row["unsent_start"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        model=ModelRef(row["endpoint"], row["model"]),
        message_count=row["message_count"],
        is_pinned=bool(row["is_pinned"]),
        title_source=TitleSource(row["title_source"]),
        has_unsent_text=bool(row["has_unsent_text"]),
    )
