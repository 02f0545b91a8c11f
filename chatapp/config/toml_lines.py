"""Lines of a TOML text: which one sets a key, and what a broken one spoils."""

import re
from collections.abc import Iterator

_HEADER = re.compile(r"^\s*\[+\s*([^\[\]]*?)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_SEGMENT = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_ERROR_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")

MOST_BROKEN_LINES = 20
"""After so many the file is no TOML at all, and saying more helps nobody."""


def line_of(text: str, *path: str) -> int | None:
    """The line, from 1, that sets the key or opens the table at `path`; its table's if unsure."""
    nearest: int | None = None
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _segments(header[1])
            place = table
        elif key := _KEY.match(line):
            place = table + _segments(key[1])
        else:
            continue
        if place == path:
            return number
        if place and place == path[: len(place)]:
            nearest = number
    return nearest


def _segments(dotted: str) -> tuple[str, ...]:
    return tuple(segment.strip("\"'") for segment in _SEGMENT.findall(dotted))


def parse_leniently(text: str) -> tuple[dict[str, object], list[tuple[int, str]]]:
    """Parse what can be parsed; the rest comes back as (line, what is wrong).

    A broken line at the top is left out by itself; one in a table takes the table with it, for
    half an endpoint could send its key to the wrong address.
    """
    import tomllib  # late: without a config.toml there is nothing to parse

    lines = text.splitlines()
    wrong: list[tuple[int, str]] = []
    while len(wrong) < MOST_BROKEN_LINES:
        try:
            return tomllib.loads("\n".join(lines)), wrong
        except tomllib.TOMLDecodeError as error:
            message = str(error)
        except (RecursionError, ValueError):  # Python gives up, and does not say where
            longest = max(range(len(lines)), key=lambda index: len(lines[index]))
            message = f"Too deep or too long (at line {longest + 1}, column 1)"
        found = _ERROR_LINE.search(message)
        is_located = found is not None and found[1] is not None
        number = int(found[1]) if found is not None and found[1] is not None else len(lines)
        wrong.append((number, _ERROR_LINE.sub("", message)))
        spoilt = list(_spoilt_lines(lines, number, is_located))
        if not any(lines[index].strip() for index in spoilt):
            break
        for index in spoilt:
            lines[index] = ""
    return {}, wrong


def _spoilt_lines(lines: list[str], number: int, is_located: bool) -> Iterator[int]:
    """Indexes of the lines to leave out when line `number`, from 1, is broken."""
    broken = min(number, len(lines)) - 1
    start = broken
    while start >= 0 and not lines[start].lstrip().startswith("["):
        start -= 1
    if start < 0 and is_located:
        yield broken
        return
    yield max(start, 0)
    for index in range(max(start, 0) + 1, len(lines)):
        if lines[index].lstrip().startswith("["):
            return
        yield index
