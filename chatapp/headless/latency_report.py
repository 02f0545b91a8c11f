"""Measured latencies as a table and as JSON lines."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from chatapp.core.display_width import display_width
from chatapp.core.exchange_words import duration
from chatapp.core.safe_text import safe_line


@dataclass(frozen=True, slots=True)
class Measurement:
    """One reply, one way; seconds run from sending the request.

    `ttft_s` is when the first word could be read, which without streaming is at the end; None
    where no word came.
    """

    model: str
    run: int
    is_streamed: bool
    ttft_s: float | None
    total_s: float
    tokens: int
    is_estimated: bool

    @property
    def tokens_per_s(self) -> float:
        """All tokens over the whole time, so that both ways compare."""
        return self.tokens / self.total_s if self.total_s > 0 else 0.0


def json_line(measurement: Measurement) -> str:
    """One measurement for other programs."""
    figures = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(measurement).items()
    }
    figures["tokens_per_s"] = round(measurement.tokens_per_s, 2)
    return json.dumps({"type": "latency", **figures}, ensure_ascii=False)


def latency_table(measured: Sequence[Measurement]) -> Iterator[str]:
    """A row for each model and way: the medians, with the spread from least to most."""
    rows: list[tuple[str, ...]] = [("model", "way", "runs", "TTFT", "total", "tokens", "tokens/s")]
    for model in dict.fromkeys(measurement.model for measurement in measured):
        for is_streamed in (True, False):
            group = [m for m in measured if (m.model, m.is_streamed) == (model, is_streamed)]
            if group:
                rows.append(_row(model, group))
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + blank if place < 2 else blank + cell
            for place, (cell, blank) in enumerate(
                (cell, " " * (width - display_width(cell)))
                for cell, width in zip(row, widths, strict=True)
            )
        )
        yield "  ".join(cells).rstrip()
    yield from _conclusions(measured)


def _row(model: str, group: Sequence[Measurement]) -> tuple[str, ...]:
    approximately = "~" if any(m.is_estimated for m in group) else ""
    tokens = median(m.tokens for m in group)
    speed = median(m.tokens_per_s for m in group)
    return (
        safe_line(model),
        "streaming" if group[0].is_streamed else "not streaming",
        str(len(group)),
        _spread(_ttfts(group)),
        _spread([m.total_s for m in group]),
        f"{approximately}{tokens:.0f}",
        f"{approximately}{speed:.1f}",
    )


def _ttfts(group: Sequence[Measurement]) -> list[float]:
    return [m.ttft_s for m in group if m.ttft_s is not None]


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    middle = duration(median(seconds))
    if len(seconds) == 1:
        return middle
    return f"{middle} ({duration(min(seconds))} to {duration(max(seconds))})"


def _conclusions(measured: Sequence[Measurement]) -> Iterator[str]:
    """How much sooner each model's first word can be read when it streams."""
    for model in dict.fromkeys(measurement.model for measurement in measured):
        groups = [
            [m for m in measured if (m.model, m.is_streamed) == (model, is_streamed)]
            for is_streamed in (True, False)
        ]
        ttfts = [_ttfts(group) for group in groups]
        if all(groups) and not all(ttfts):
            yield f"{safe_line(model)}: no text came, so there is nothing to compare."
        elif all(ttfts):
            streamed, whole = map(median, ttfts)
            times = f", {_times(streamed, whole)}" if min(streamed, whole) > 0 else ""
            yield (
                f"{safe_line(model)}: streaming, the first word is there after "
                f"{duration(streamed)} instead of {duration(whole)}{times}."
            )


def _times(streamed_s: float, whole_s: float) -> str:
    if streamed_s <= whole_s:
        return f"{whole_s / streamed_s:.1f} times as soon"
    return f"{streamed_s / whole_s:.1f} times later"
