"""Standard input, for what is piped in."""

import sys


class InputError(Exception):
    """Standard input cannot be read; the text says why."""


def is_piped() -> bool:
    """Whether there is an input, and nobody who types it."""
    return sys.stdin is not None and not sys.stdin.isatty()


def read_input() -> bytes:
    """All of it as it comes, nothing where the shell closed it. Raises InputError."""
    if sys.stdin is None:
        return b""
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error
