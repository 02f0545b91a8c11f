"""What a docstring tells: the first paragraph, and the parameters of its "Args:" section."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_ARGUMENTS = re.compile(r"(Args|Arguments|Parameters):\s*$")
_PARAMETER = re.compile(
    r"(?P<indent>\s+)\*{0,2}(?P<name>\w+)\s*(\([^)]*\))?\s*[:：]\s*(?P<text>.*)"
)


@dataclass(frozen=True, slots=True)
class Docstring:
    """The parts of a docstring, each on one line; `parameters` is by name."""

    summary: str
    parameters: Mapping[str, str]


def read_docstring(function: Callable[..., object]) -> Docstring:
    """Read a function's docstring in Google's style; one that is not there is empty."""
    lines = (inspect.getdoc(function) or "").splitlines()
    first_paragraph = "\n".join(lines).strip().partition("\n\n")[0]
    return Docstring(" ".join(first_paragraph.split()), _read_parameters(iter(lines)))


def _read_parameters(lines: Iterator[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    name, indent = "", 0
    if not any(_ARGUMENTS.match(line) for line in lines):  # leaves `lines` after the heading
        return parameters
    for line in lines:
        if line and not line[0].isspace():
            break
        depth = len(line) - len(line.lstrip())
        match = _PARAMETER.match(line)
        if match and (not name or depth <= indent):
            name, indent = match["name"], depth
            parameters[name] = match["text"].strip()
        elif name and line.strip():
            parameters[name] = f"{parameters[name]} {line.strip()}".strip()
    return parameters
