"""What a `.env` file of the current folder does not get unless the person allows it.

The file may be a stranger's: it came with a folder that somebody unpacked. So its address does not
get the person's own key, nor what the tools can read without asking, and its folders are not opened
to the tools.
"""

from dataclasses import dataclass
from pathlib import Path

from chatapp.command_lines import quoted
from chatapp.config.allowed_files import AllowedFiles, Verdict
from chatapp.config.key_sources import FetchedKey, HeldBackKey, Key, KnownKey
from chatapp.config.problem import ConfigProblem


@dataclass(frozen=True, slots=True)
class DotenvTrust:
    """What the person decided about the `.env` file as it stands."""

    file: Path
    digest: str
    decisions: AllowedFiles

    @property
    def verdict(self) -> Verdict:
        """What holds now; it may be decided while the program runs."""
        return self.decisions.verdict(self.file, self.digest)

    def guard(self, key: KnownKey) -> Key | None:
        """The person's own key as the file's address gets it: at once, once allowed, or never."""
        match self.verdict:
            case Verdict.ALLOWED:
                return key
            case Verdict.FORBIDDEN:
                return None
            case Verdict.UNDECIDED:
                source = HeldBackKey(key.secret, self.file, self.digest, self.decisions)
                return FetchedKey(f"{key.origin}, held back", source)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A file that wants what it does not get; `wants` says so, such as "your key for evil.org"."""

    trust: DotenvTrust
    wants: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether the person has allowed it since."""
        return self.trust.verdict is Verdict.ALLOWED

    def allow(self) -> None:
        """Let the file have it, as long as its content stays. Raises OSError."""
        self.trust.decisions.decide(self.trust.file, self.trust.digest, Verdict.ALLOWED)

    def problem(self, line: int | None) -> ConfigProblem:
        """The problem to show, with the commands that end it."""
        file = quoted(str(self.trust.file))
        message = (
            f"wants {' and '.join(self.wants)}, and does not get it; if the file is yours, "
            f"`chatapp keys allow {file}` or /allow-key gives it, "
            f"`chatapp keys forbid {file}` ends this note"
        )
        return ConfigProblem(str(self.trust.file), line, message)
