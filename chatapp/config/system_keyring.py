"""The operating system's keyring, by way of the optional `keyring` library.

The library runs as a child process: its backends wait for dialogs, raise what they like, and take
a tenth of a second to load.
"""

import sys
from importlib.util import find_spec

from chatapp.config.child_process import Ended, PrintedTooMuch, run_to_end
from chatapp.core.endpoints import Secret
from chatapp.core.errors import KeyUnavailable
from chatapp.extras import KEYRING, install_command

SERVICE = "chatapp"
UNLOCK_S = 60.0
"""How long the keyring may take; the person may have to type a password."""


def read_key(endpoint: str) -> Secret | None:
    """The stored key, None where there is none. Blocks. Raises KeyUnavailable."""
    ended = _keyring("get", endpoint)
    if ended.code != 0 and ended.last_words:
        raise KeyUnavailable(_told(ended))
    key = ended.printed.strip()
    return Secret(key) if ended.code == 0 and key else None


def store_key(endpoint: str, key: Secret) -> None:
    """Store the key in the place of an earlier one.

    Blocks. Raises KeyUnavailable, also where a keyring takes keys but keeps none.
    """
    ended = _keyring("set", endpoint, key.reveal())
    if ended.code != 0:
        raise KeyUnavailable(_told(ended))
    if read_key(endpoint) != key:
        raise KeyUnavailable("the keyring takes keys but keeps none")


def delete_key(endpoint: str) -> None:
    """Delete the stored key. Blocks. Raises KeyUnavailable, also where there is none."""
    ended = _keyring("del", endpoint)
    if ended.code != 0:
        raise KeyUnavailable(_told(ended))


def _keyring(operation: str, endpoint: str, given: str = "") -> Ended:
    if find_spec("keyring") is None:
        command = install_command(KEYRING)
        raise KeyUnavailable(f"the keyring library is not installed: {command}")
    # -P: a keyring.py of the current folder must not take the place of the library and get the key
    words = (sys.executable, "-P", "-m", "keyring", operation, "--", SERVICE, endpoint)
    try:
        return run_to_end(words, UNLOCK_S, given)
    except TimeoutError:
        raise KeyUnavailable(f"the keyring did not answer within {UNLOCK_S:g} s") from None
    except PrintedTooMuch:
        raise KeyUnavailable("the keyring library printed too much for a key") from None
    except (OSError, ValueError):
        raise KeyUnavailable("the keyring library cannot be run") from None


def _told(ended: Ended) -> str:
    """The library's words in short, or ours where there is no keyring at all."""
    if "NoKeyringError" in ended.last_words:
        return "this machine has no keyring that works here; use a variable or a key_command"
    return f"the keyring refused: {ended.last_words or 'it did not say why'}"
