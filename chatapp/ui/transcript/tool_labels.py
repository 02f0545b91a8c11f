"""What a tool call says of itself on one line: its state, its live figures, its summary."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from rich.cells import cell_len, set_cell_size

from chatapp.core.messages import ToolResultPart, ToolStatus
from chatapp.core.partial_json import PartialJson
from chatapp.core.safe_text import safe_line
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.sections import KeyOf, Span
from chatapp.ui.transcript.tool_text import duration, opening_of

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_PER_S = 10
_LONGEST_VALUE = 24
"""Cells of an argument in a summary."""

_LONGEST_NAME = 200
_LEAST_TIME_S = 0.05
"""A shorter time would be told as 0.0 s."""

_SCANNED = 2000
"""Characters of a result that are looked at for its first line."""


def name_span(name: str, width: int) -> Span:
    """The tool's name in at most half of `width` cells, or that there is none yet."""
    shown = cut(safe_line(name[:_LONGEST_NAME]), width // 2)
    return (shown or "tool call", inks.assistant)


def status_sign(status: ToolStatus | None, now: float | None) -> Span:
    """One cell that says how far a call is, and a blank; it turns when told the time."""
    match status:
        case None | ToolStatus.RUNNING:
            sign = "●" if now is None else _SPINNER[int(now * _FRAMES_PER_S) % len(_SPINNER)]
            return (f"{sign} ", inks.assistant)
        case ToolStatus.AWAITING_APPROVAL:
            return ("? ", inks.warning)
        case ToolStatus.FINISHED:
            return ("✓ ", inks.success)
        case ToolStatus.FAILED:
            return ("✗ ", inks.error)
        case ToolStatus.DENIED:
            return ("⊘ ", inks.warning)
        case ToolStatus.CANCELLED:
            return ("⊘ ", inks.muted)
        case _:
            assert_never(status)


def status_word(status: ToolStatus) -> Span:
    """The status in a word, coloured by what it means."""
    match status:
        case ToolStatus.FINISHED:
            return ("result", inks.muted)
        case ToolStatus.FAILED:
            return ("failed", inks.error)
        case ToolStatus.DENIED:
            return ("denied", inks.warning)
        case ToolStatus.AWAITING_APPROVAL:
            return ("awaits approval", inks.warning)
        case ToolStatus.RUNNING | ToolStatus.CANCELLED:
            return (status.value, inks.muted)
        case _:
            assert_never(status)


def summary(name: str, parser: PartialJson, result: ToolResultPart, width: int) -> list[Span]:
    """`name(city: 北京) → first line of the result · 0.8 s` in at most `width` cells.

    The time stays in view; arguments and result share what room there is.
    """
    took = time_taken(result)
    called = name_span(name, width)
    room = width - cell_len(called[0]) - cell_len(took)
    arguments = f"({cut(brief(parser), max(0, room // 2 - 2))})"
    room -= cell_len(arguments)
    if result.status is ToolStatus.FINISHED:
        answer: list[Span] = [(" → ", inks.muted), (gist(result.content), inks.text)]
    else:
        answer = [(" ", inks.muted), status_word(result.status)]
        if result.status is ToolStatus.FAILED:
            reason = first_line(result.content).removeprefix("error: ")
            answer.append((f": {reason}", inks.error))
    return [called, (arguments, inks.muted), *_fitted(answer, room), (took, inks.muted)]


def time_taken(result: ToolResultPart) -> str:
    """` · 0.8 s`; "" for what is not known, or took no time to speak of."""
    if result.elapsed_s is None or result.elapsed_s < _LEAST_TIME_S:
        return ""
    return f" · {duration(result.elapsed_s)}"


def brief(parser: PartialJson) -> str:
    """The arguments in a few words: `city: 北京, days: 3`."""
    if not parser.entries:
        return "".join(parser.rest)[:_LONGEST_VALUE]
    return ", ".join(
        f"{safe_line(entry.key[:_LONGEST_NAME])}: {cut(opening_of(entry), _LONGEST_VALUE)}"
        if entry.key is not None
        else cut(opening_of(entry), _LONGEST_VALUE)
        for entry in parser.entries[:8]
    )


def first_line(text: str) -> str:
    """The first line with something on it, safe to show."""
    text = text[:_SCANNED]
    return next((line for raw in text.splitlines() if (line := safe_line(raw))), "")


def gist(text: str) -> str:
    """A result in a few words: the keys of an object, else the first line."""
    if text.lstrip().startswith("{"):
        parser = PartialJson(text[:_SCANNED])
        if parser.entries and not parser.problem:
            return brief(parser)
    return first_line(text)


def approval_lines(key_of: KeyOf, width: int) -> Iterator[Sequence[Span]]:
    """Which key says what, on as many lines of `width` cells as it takes."""
    choices = (
        ("allow", "allow once"),
        ("allow-here", "in this conversation"),
        ("allow-always", "always"),
        ("deny", "deny"),
    )
    line: list[Span] = []
    used = 0
    for command, words in choices:
        key = safe_line(key_of(command))
        cells = cell_len(key) + 1 + cell_len(words)
        if line and used + 3 + cells > width:
            yield line
            line, used = [], 0
        if line:
            line.append((" · ", inks.muted))
            used += 3
        line += [
            (key, inks.key),
            (f" {words}", inks.text),
        ]
        used += cells
    yield line


def _fitted(spans: Sequence[Span], room: int) -> Iterator[Span]:
    for text, style in spans:
        shown = cut(text, max(0, room))
        room -= cell_len(shown)
        yield (shown, style)


def cut(text: str, cells: int) -> str:
    """At most `cells` of a line, and an ellipsis where some is missing."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, cells - 1) + "…" if cells > 0 else ""
