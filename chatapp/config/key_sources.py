"""Keys that are fetched when they are first needed: a command's, the keyring's, a held-back one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from chatapp.command_lines import quoted
from chatapp.config.allowed_files import AllowedFiles, Verdict
from chatapp.core.endpoints import KeySource, Secret
from chatapp.core.errors import KeyUnavailable


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that is at hand; `origin` says where it was found."""

    origin: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class FetchedKey:
    """A key that has to be fetched; `origin` says from where."""

    origin: str
    source: KeySource


Key: TypeAlias = KnownKey | FetchedKey

COMMAND_S = 30.0
"""How long a `key_command` may take; it may wait for a finger on a sensor."""


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The first line that a program prints; it gets no terminal and nothing to read."""

    words: tuple[str, ...] = field(repr=False)
    limit_s: float = COMMAND_S

    @property
    def hint(self) -> str:
        """What to do when it gives none."""
        return "Run the key_command by itself to see what it says."

    def fetch(self) -> Secret:
        """Run the program. Raises KeyUnavailable."""
        # late: most keys are at hand
        from chatapp.config.child_process import PrintedTooMuch, run_to_end

        name = self.words[0]
        try:
            ended = run_to_end(self.words, self.limit_s)
        except TimeoutError:
            words = f"key_command {name} did not end within {self.limit_s:g} s"
            raise KeyUnavailable(words) from None
        except PrintedTooMuch:
            raise KeyUnavailable(f"key_command {name} printed too much for a key") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it cannot be run"
            raise KeyUnavailable(f"key_command {name}: {reason}") from None
        if ended.code != 0:
            said = f": {ended.last_words}" if ended.last_words else ""
            raise KeyUnavailable(f"key_command {name} ended with {ended.code}{said}")
        key = next((line.strip() for line in ended.printed.split("\n") if line.strip()), "")
        if not key:
            raise KeyUnavailable(f"key_command {name} printed nothing")
        return Secret(key)


@dataclass(frozen=True, slots=True)
class KeyringKey:
    """The key that the operating system's keyring has for an endpoint."""

    endpoint: str

    @property
    def hint(self) -> str:
        """How to put one there."""
        return f"`chatapp keys set {self.endpoint}` stores one."

    def fetch(self) -> Secret | None:
        """Ask the keyring, which may ask the person to unlock it. Raises KeyUnavailable."""
        from chatapp.config.system_keyring import read_key

        return read_key(self.endpoint)


@dataclass(frozen=True, slots=True)
class HeldBackKey:
    """The person's own key for an address that a `.env` file set: given once they allow it."""

    key: Secret
    file: Path
    digest: str
    allowed: AllowedFiles

    @property
    def hint(self) -> str:
        """How to allow it."""
        command = f"chatapp keys allow {quoted(str(self.file))}"
        return f"/allow-key, or `{command}`, lets it have your own key."

    def fetch(self) -> Secret | None:
        """The key, as soon as the file is allowed as it was read."""
        is_allowed = self.allowed.verdict(self.file, self.digest) is Verdict.ALLOWED
        return self.key if is_allowed else None
