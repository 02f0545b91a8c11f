"""What a check found, as a value that has no secrets in it once it is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `suggestion` says what to do where something is to be done."""

    level: Level
    what: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it may be shown and pasted, under the title of its check."""

    title: str
    finding: Finding


def summary(told: Iterable[Told]) -> str:
    """How many findings there are that matter, in words."""
    levels = [one.finding.level for one in told]
    counts = ((levels.count(level), level.value) for level in (Level.PROBLEM, Level.WARNING))
    return ", ".join(
        f"{number or 'no'} {noun}{'' if number == 1 else 's'}" for number, noun in counts
    )


def ok(what: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, what)


def warning(what: str, suggestion: str) -> Finding:
    """It works, but not as well as it could."""
    return Finding(Level.WARNING, what, suggestion)


def problem(what: str, suggestion: str) -> Finding:
    """Something does not work."""
    return Finding(Level.PROBLEM, what, suggestion)
