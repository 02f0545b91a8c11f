"""`chatapp doctor`: the examination as text, or as JSON lines."""

import json
import textwrap
from collections.abc import AsyncIterator

from chatapp.doctor.finding import Level, Told
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output

_INDENT = " " * 11
_COLOURS = {Level.OK: "\x1b[32m", Level.WARNING: "\x1b[33m", Level.PROBLEM: "\x1b[31m"}
_PLAIN = "\x1b[0m"


async def print_report(
    told: AsyncIterator[Told], stdout: Output, *, columns: int | None, has_colours: bool
) -> ExitCode:
    """Print findings as they come, under the titles of their checks; `columns` None wraps none."""
    title = ""
    counts = dict.fromkeys(Level, 0)
    async for one in told:
        counts[one.finding.level] += 1
        if one.title != title:
            stdout.write(f"{chr(10) if title else ''}{one.title}\n")
            title = one.title
        _print_finding(one, stdout, columns, has_colours=has_colours)
    problems, warnings = counts[Level.PROBLEM], counts[Level.WARNING]
    stdout.write(f"\n{_count(problems, 'problem')}, {_count(warnings, 'warning')}.\n")
    return _exit_code(stdout, problems)


def _print_finding(one: Told, stdout: Output, columns: int | None, *, has_colours: bool) -> None:
    finding = one.finding
    stdout.write("  ")
    if has_colours:
        stdout.write_control(_COLOURS[finding.level])
    stdout.write(f"{finding.level:9}")
    if has_colours:
        stdout.write_control(_PLAIN)
    texts = [finding.what, *([f"→ {finding.suggestion}"] if finding.suggestion else [])]
    lines = [line for text in texts for line in _wrapped(text, columns)]
    stdout.write(f"\n{_INDENT}".join(lines) + "\n")


def _wrapped(text: str, columns: int | None) -> list[str]:
    if columns is None or columns <= len(_INDENT) + 20:
        return [text]
    width = columns - len(_INDENT) - 1
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


async def print_json(told: AsyncIterator[Told], stdout: Output) -> ExitCode:
    """Print one object a line."""
    problems = 0
    async for one in told:
        problems += one.finding.level is Level.PROBLEM
        entry = {
            "type": "finding",
            "check": one.title,
            "level": one.finding.level.value,
            "what": one.finding.what,
            "suggestion": one.finding.suggestion,
        }
        stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return _exit_code(stdout, problems)


def _exit_code(stdout: Output, problems: int) -> ExitCode:
    if stdout.is_broken:
        return ExitCode.NO_READER
    return ExitCode.FAILED if problems else ExitCode.OK
