"""Texts as arguments."""

import os
import re

_UNDECODED = re.compile("[\udc80-\udcff]")


def text(argument: str) -> str:
    """An argument as text, where the system's encoding could not make one of its bytes.

    Such bytes are taken for UTF-8, and those that are not even that become U+FFFD. Paths stay
    away: they need the bytes as they are.
    """
    if not _UNDECODED.search(argument):
        return argument
    return os.fsencode(argument).decode(errors="replace")
