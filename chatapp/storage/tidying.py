"""What is done when nobody waits: deleted things go for good, and what the dead left is mended."""

import sqlite3
import time

from chatapp.storage.conversation_table import forget_conversation
from chatapp.storage.instances import Instance
from chatapp.storage.mending import mend_dead
from chatapp.storage.schema import transaction

KEPT_S = 30 * 24 * 3600.0
"""How long what the person deleted can be brought back."""


def tidy_one(connection: sqlite3.Connection, instance: Instance) -> bool:
    """Do one thing that is to be done, if there is one; returns whether there was.

    Raises sqlite3.Error, OSError and StorageError.
    """
    if _purge_one(connection):
        return True
    with transaction(connection):
        return mend_dead(connection, instance)


def _purge_one(connection: sqlite3.Connection) -> bool:
    before = time.time() - KEPT_S
    with transaction(connection):
        row = connection.execute(
            "SELECT conversation_id FROM conversations WHERE deleted_at < ? LIMIT 1", (before,)
        ).fetchone()
        if row is not None:
            forget_conversation(connection, row[0])
            return True
        # the row stays: what another instance wrote below it finds the way up through it
        emptied = connection.execute(
            "UPDATE messages SET body = '' WHERE removed_at < ? AND body != ''", (before,)
        )
        return emptied.rowcount > 0
