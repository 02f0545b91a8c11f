"""What is wrong with a setting, told to a person."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """A setting that is wrong and is therefore left out.

    `file` is a path, or names another source such as "the environment"; `line` counts from 1
    and is None where there are no lines. `message` and `allowed` never hold the value that was
    set: it may be a key in the wrong place.
    """

    file: str
    line: int | None
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{place}: {self.message}" + (f" (allowed: {self.allowed})" if self.allowed else "")


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Say that `name` is no `what`, and which one it resembles."""
    nearest = difflib.get_close_matches(name, list(known), n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"{name} is no {what}{hint}"
