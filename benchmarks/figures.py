"""The figures, what they must be, and the table they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Unit = Literal["", "ms"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: a ratio, or a time in ms; `limit` is the most it may be, if there is a most.

    `detail` gives the two numbers a ratio was made of.
    """

    name: str
    value: float
    limit: float | None = None
    unit: Unit = ""
    detail: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is what it must be."""
        return self.limit is None or self.value <= self.limit


def render_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table in Markdown."""
    rows = ["| figure | measured | must | made of |", "| --- | ---: | ---: | --- |"]
    for figure in figures:
        limit = "" if figure.limit is None else f"≤ {_number(figure.limit, figure.unit)}"
        value = _number(figure.value, figure.unit)
        if not figure.is_met:
            value = f"**{value}**"
        rows.append(f"| {figure.name} | {value} | {limit} | {figure.detail} |")
    return "\n".join(rows)


def _number(value: float, unit: Unit) -> str:
    text = f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}".strip()
