"""Names for what is new: messages and conversations."""

import uuid


def new_id() -> str:
    """Return a name that nothing else has, on this machine or another."""
    return uuid.uuid4().hex
