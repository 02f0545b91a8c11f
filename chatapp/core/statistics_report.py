"""Statistics as lines of text: plots over time, a table of models or of days."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from textwrap import wrap

from chatapp.core.bar_charts import ColumnChart, Ink, Line, Span, bar
from chatapp.core.display_width import cut_start, display_width
from chatapp.core.records import ReplyFigures
from chatapp.core.safe_text import safe_line
from chatapp.core.statistics import (
    DAY,
    WEEK,
    Speed,
    Total,
    local_day,
    period_of,
    total,
    totals_by_model,
    totals_by_period,
)

_GAP = 2
_SHORTEST_BAR = 8
_LONGEST_BAR = 30
_SHORTEST_LABEL = 20
"""What a long name keeps, in columns, before figures go to make room for it."""

_WIDEST_TOP = 10
"""Columns that the greatest number of a plot may take, in words."""

_LEAST_DAYS = 30
"""What a plot shows at least, so that a first day is seen to be one."""


class Grouping(StrEnum):
    """What the figures are told by."""

    DAY = "day"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are told of, both among them."""

    first: date
    last: date

    @classmethod
    def of_days(cls, days: int, last: date) -> "Window":
        """So many days up to `last`."""
        return cls(date.fromordinal(max(1, last.toordinal() - days + 1)), last)


def report(
    replies: Sequence[ReplyFigures],
    window: Window,
    columns: int,
    by: Grouping | None = None,
    day_of: Callable[[float], date] = local_day,
) -> Iterator[Line]:
    """Lines in so many columns of the terminal, at least 30; fit for it.

    By default the plots and the models; else one table. There has to be a reply.
    """
    whole = total(replies)
    yield (Span(f"{window.first} to {window.last}", Ink.HEADING), Span(f"  {_counted(whole)}"))
    yield ()
    if by is None:
        yield from _plots(replies, window, columns, day_of)
    if by is Grouping.DAY:
        days = totals_by_period(replies, DAY, day_of)
        rows = [(f"{day} {day:%a}", days[day]) for day in days]
        yield from _table("day", rows, whole, columns)
    else:
        models = totals_by_model(replies)
        rows = [(safe_line(str(model)), models[model]) for model in models]
        yield from _table("model", rows, whole, columns)
    notes = [line for note in _notes(whole) for line in wrap(note, columns)]
    if notes:
        yield ()
    yield from ((Span(note, Ink.FAINT),) for note in notes)


def nothing_since(window: Window) -> str:
    """What is said where there is nothing to report."""
    return f"No reply has come since {window.first}."


def dollars(usd: float) -> str:
    """An amount that never reads as free when it is not."""
    if 0 < usd < 0.0001:
        return "<$0.0001"
    return f"${usd:,.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}"


# The plots


def _plots(
    replies: Sequence[ReplyFigures],
    window: Window,
    columns: int,
    day_of: Callable[[float], date],
) -> Iterator[Line]:
    earliest = min(day_of(reply.at) for reply in replies)
    least = Window.of_days(_LEAST_DAYS, window.last).first
    first = max(window.first, min(earliest, least))
    days = _days_per_bar((window.last - first).days + 1, columns - _WIDEST_TOP - _GAP)
    totals = totals_by_period(replies, days, day_of)
    starts = _periods(first, window.last, days)
    shown = [totals.get(start) for start in starts]
    every = {DAY: "a day", WEEK: "a week"}.get(days, f"every {days // WEEK} weeks")
    tops = {measure: measure.top(shown) for measure in _MEASURES}
    margin = max(map(len, tops.values()))
    for measure, top in tops.items():
        if top:
            values = [None if one is None else measure.value(one) for one in shown]
            start, end = str(max(first, starts[0])), str(window.last)
            yield (Span(f"{measure.name} {every}", Ink.HEADING),)
            yield from ColumnChart(values, top, start, end, margin=margin).lines(columns)
            yield ()


def _days_per_bar(days: int, room: int) -> int:
    """One day, or as many weeks as it takes to let each bar have a column."""
    if days <= room:
        return DAY
    weeks = 1
    while days // (weeks * WEEK) + 2 > room:
        weeks += 1
    return weeks * WEEK


def _periods(first: date, last: date, days: int) -> list[date]:
    start = period_of(first, days).toordinal()
    return [date.fromordinal(day) for day in range(start, last.toordinal() + 1, days)]


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a plot shows of each period, as a number and in words."""

    name: str
    value: Callable[[Total], float | None]
    words: Callable[[Total], str]

    def top(self, totals: Iterable[Total | None]) -> str:
        """The greatest in words; empty where there is nothing to see."""
        known = [one for one in totals if one is not None and self.value(one)]
        return self.words(max(known, key=lambda one: self.value(one) or 0.0)) if known else ""


def _short(count: float) -> str:
    for unit, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return f"{count:.0f}"


_MEASURES = (
    _Measure("tokens", lambda one: one.tokens, lambda one: f"{_mark(one)}{_short(one.tokens)}"),
    _Measure("cost", lambda one: one.cost_usd, lambda one: _cost(one)),
    _Measure(
        "tokens/s",
        lambda one: one.speed.tokens_per_s if one.speed else None,
        lambda one: _rate(one.speed),
    ),
)


# The tables


@dataclass(frozen=True, slots=True)
class _Column:
    """Figures below each other; of columns that do not fit the one of the highest rank goes."""

    heading: str
    rank: int
    cell: Callable[[Total], str]

    def width(self, totals: Sequence[Total]) -> int:
        return max(len(self.heading), *(len(self.cell(one)) for one in totals))


def _tokens(count: Callable[[Total], int]) -> Callable[[Total], str]:
    return lambda one: f"{_mark(one)}{count(one):,}"


_COLUMNS = (
    _Column("tokens", 0, _tokens(lambda one: one.tokens)),
    _Column("in", 6, _tokens(lambda one: one.prompt_tokens)),
    _Column("out", 5, _tokens(lambda one: one.completion_tokens)),
    _Column("cost", 1, lambda one: _cost(one)),
    _Column("replies", 4, lambda one: f"{one.replies:,}"),
    _Column("TTFT", 3, lambda one: "" if one.speed is None else f"{one.speed.ttft_s:.2f} s"),
    _Column("tok/s", 2, lambda one: _rate(one.speed)),
)


def _table(
    heading: str, rows: Sequence[tuple[str, Total]], whole: Total, columns: int
) -> Iterator[Line]:
    every = [*rows, ("total", whole)]
    shown, label_width, bar_width = _layout(every, columns)
    widths = [column.width([one for _, one in every]) for column in shown]
    headings = (column.heading.rjust(width) for column, width in zip(shown, widths, strict=True))
    start = " " * (label_width + bar_width + 2 * _GAP - len(heading))
    yield (Span(f"{heading}{start}{'  '.join(headings)}", Ink.HEADING),)
    greatest = max(one.tokens for _, one in rows) or 1
    for place, (label, one) in enumerate(every):
        is_total = place == len(rows)
        if is_total and place < 2:  # it would say the same again
            break
        cut = cut_start(label, label_width)
        drawn = "" if is_total else bar(one.tokens / greatest, bar_width)
        cells = (column.cell(one).rjust(width) for column, width in zip(shown, widths, strict=True))
        ink = Ink.HEADING if is_total else Ink.PLAIN
        yield (
            Span(cut + " " * (label_width - display_width(cut) + _GAP), ink),
            Span(drawn.ljust(bar_width + _GAP), Ink.BAR),
            Span("  ".join(cells), ink),
        )


def _layout(rows: Sequence[tuple[str, Total]], columns: int) -> tuple[list[_Column], int, int]:
    """The columns that fit, and the widths of the label and of the bar."""
    totals = [one for _, one in rows]
    shown = [column for column in _COLUMNS if any(column.cell(one) for one in totals)]
    label = max(display_width(label) for label, _ in rows)

    def room() -> int:
        """What the figures leave to the label."""
        figures = sum(column.width(totals) + _GAP for column in shown)
        return columns - figures - _SHORTEST_BAR - _GAP

    while len(shown) > 1 and room() < min(label, _SHORTEST_LABEL):
        shown.remove(max(shown, key=lambda column: column.rank))
    label_width = max(len("model"), min(label, room()))
    bar_width = min(_LONGEST_BAR, max(1, room() - label_width + _SHORTEST_BAR))
    return shown, label_width, bar_width


# The words


def _mark(one: Total) -> str:
    return "~" if one.is_estimated else ""


def _cost(one: Total) -> str:
    return "" if one.cost_usd is None else f"{_mark(one)}{dollars(one.cost_usd)}"


def _rate(speed: Speed | None) -> str:
    if speed is None or speed.tokens_per_s is None:
        return ""
    return f"{'~' if speed.is_estimated else ''}{speed.tokens_per_s:.1f}"


def _counted(whole: Total) -> str:
    return f"{whole.replies:,} {'reply' if whole.replies == 1 else 'replies'}"


def _notes(whole: Total) -> Iterator[str]:
    if whole.is_estimated:
        yield "~ rests on token counts that were estimated."
    if whole.cost_usd is None:
        yield "No price is known of these models."
    elif whole.unpriced:
        yield f"No price is known of {whole.unpriced:,} of {_counted(whole)}."
