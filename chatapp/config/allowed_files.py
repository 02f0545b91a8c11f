"""Which `.env` files the person lets have more than a stranger's, by their content."""

import os
from enum import StrEnum
from pathlib import Path

from chatapp.config.text_table import read_text_table, write_text_table


class Verdict(StrEnum):
    """What the person decided about a file as it stands."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    UNDECIDED = "undecided"


def digest_of(content: bytes) -> str:
    """What stands for a file's content."""
    import hashlib  # late: most folders have no such file

    return hashlib.sha256(content).hexdigest()


class AllowedFiles:
    """Keeps the decisions in the JSON file at `path`, by the absolute path of the file decided on.

    A decision holds for the content it was made about: changed by a byte, the file is undecided
    again. What cannot be understood counts as undecided.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def verdict(self, file: Path, digest: str) -> Verdict:
        """What was decided about the file with this content."""
        decided, _, content = read_text_table(self._path).get(_name(file), "").partition(" ")
        if content != digest or decided not in (Verdict.ALLOWED, Verdict.FORBIDDEN):
            return Verdict.UNDECIDED
        return Verdict(decided)

    def decide(self, file: Path, digest: str, verdict: Verdict) -> None:
        """Remember the decision in the place of an earlier one. Raises OSError."""
        decisions = {**read_text_table(self._path), _name(file): f"{verdict} {digest}"}
        if verdict is Verdict.UNDECIDED:
            del decisions[_name(file)]
        write_text_table(self._path, decisions)


def _name(file: Path) -> str:
    return os.path.realpath(file)  # which does not mind a link that leads to itself
