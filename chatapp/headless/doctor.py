"""`chatapp doctor`: the examination as text, or as JSON lines."""

import json
import textwrap
from collections.abc import AsyncIterator, Callable, Sequence

from chatapp.doctor.finding import Level, Told, summary
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output
from chatapp.headless.progress import WaitingLine

_INDENT = " " * 11
_COLOURS = {Level.OK: "\x1b[32m", Level.WARNING: "\x1b[33m", Level.PROBLEM: "\x1b[31m"}
_PLAIN = "\x1b[0m"


Examine = Callable[[Callable[[str], None]], AsyncIterator[Told]]
"""Begins an examination; gets what is to hear what it waits for."""


async def print_report(
    examine: Examine, stdout: Output, stderr: Output, *, columns: int | None, has_colours: bool
) -> ExitCode:
    """Print findings as they come, under the titles of their checks; `columns` None wraps none.

    Meanwhile standard error, where it is a terminal, says what is waited for.
    """
    title = ""
    found: list[Told] = []
    async for one in _examined(examine, stderr):
        found.append(one)
        if one.title != title:
            stdout.write(f"{chr(10) if title else ''}{one.title}\n")
            title = one.title
        _print_finding(one, stdout, columns, has_colours=has_colours)
    stdout.write(f"\n{summary(found)}.\n")
    return _exit_code(stdout, found)


async def _examined(examine: Examine, stderr: Output) -> AsyncIterator[Told]:
    """The findings, and between them what is waited for."""
    line = WaitingLine(stderr)
    try:
        async for one in examine(line.show):
            line.clear()
            yield one
            line.draw()
    finally:
        line.clear()


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


async def print_json(examine: Examine, stdout: Output, stderr: Output) -> ExitCode:
    """Print one object a line."""
    found: list[Told] = []
    async for one in _examined(examine, stderr):
        found.append(one)
        entry = {
            "type": "finding",
            "check": one.title,
            "level": one.finding.level.value,
            "what": one.finding.what,
            "suggestion": one.finding.suggestion,
        }
        stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return _exit_code(stdout, found)


def _exit_code(stdout: Output, found: Sequence[Told]) -> ExitCode:
    if stdout.is_broken:
        return ExitCode.NO_READER
    has_problems = any(one.finding.level is Level.PROBLEM for one in found)
    return ExitCode.FAILED if has_problems else ExitCode.OK
