"""Environment variables, and those that a `.env` file adds."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatapp.config.allowed_files import digest_of
from chatapp.config.config_file import unreadable
from chatapp.config.key_sources import KnownKey
from chatapp.config.problem import ConfigProblem
from chatapp.config.toml_lines import MOST_BROKEN_LINES
from chatapp.core.endpoints import Secret

MOST_BYTES = 64 * 1024
"""A longer file is a stranger's joke; reading it would hold up the start."""

_LONG_BLANK = re.compile(r"[^\S\n]{256}")
"""The library's time grows with the square of such a stretch."""


@dataclass(frozen=True, slots=True)
class DotenvFile:
    """What a `.env` file sets, and in which lines; empty where there is none.

    `digest` stands for its content.
    """

    path: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ConfigProblem, ...] = ()
    digest: str = ""


def read_dotenv(path: Path) -> DotenvFile:
    """Read the file; never fails for what is in it, nor for its absence.

    `${NAME}` is left as it stands: a stranger's file could otherwise put a key of the person's
    environment into the address it asks us to call.
    """
    try:
        if not path.is_file():
            return DotenvFile(str(path))
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        is_long = len(content) > MOST_BYTES  # and so perhaps cut within a character
        text = "" if is_long else content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return DotenvFile(str(path), problems=(unreadable(path, error),))
    if is_long or _LONG_BLANK.search(text):
        problem = ConfigProblem(str(path), None, "is too long to be such a file, and is left out")
        return DotenvFile(str(path), problems=(problem,))
    from dotenv.parser import parse_stream  # late: most folders have no such file

    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems: list[ConfigProblem] = []
    for binding in parse_stream(io.StringIO(text)):
        written = binding.original.string
        blank_lines = written[: len(written) - len(written.lstrip())].count("\n")
        line = binding.original.line + blank_lines
        if binding.error:
            problems.append(ConfigProblem(str(path), line, "cannot be understood", "NAME=value"))
            if len(problems) == MOST_BROKEN_LINES:
                break
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
            lines[binding.key] = line
    return DotenvFile(str(path), values, lines, tuple(problems), digest_of(content))


class KeyVariables:
    """The API keys of the environment and of the `.env` file, by variable; empty ones count not."""

    __slots__ = ("_dotenv", "_environ")

    def __init__(self, environ: Mapping[str, str], dotenv: DotenvFile) -> None:
        self._environ = environ
        self._dotenv = dotenv

    def own(self, variable: str) -> KnownKey | None:
        """The key in the person's own environment."""
        return _known(self._environ.get(variable), f"{variable} in the environment")

    def foreign(self, variable: str) -> KnownKey | None:
        """The key in the `.env` file, which may be a stranger's."""
        return _known(self._dotenv.values.get(variable), f"{variable} in {self._dotenv.path}")

    def any(self, variable: str) -> KnownKey | None:
        """The key in either, the person's own first."""
        return self.own(variable) or self.foreign(variable)


def _known(value: str | None, origin: str) -> KnownKey | None:
    return KnownKey(origin, Secret(value.strip())) if value and value.strip() else None
