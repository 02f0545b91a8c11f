"""One exchange as lines of text: its items, its figures, what is odd about it."""

import shutil
from collections.abc import Iterator

from chatapp.core.display_width import display_width
from chatapp.core.exchange_log import ExchangeLog, LogEntry
from chatapp.core.exchange_words import (
    address,
    counts,
    duration,
    finding_words,
    gaps,
    size_and_question,
    speed,
)
from chatapp.core.local_time import local_time
from chatapp.core.oddities import OddityKind
from chatapp.core.safe_text import safe_line
from chatapp.core.sparkline import sparkline
from chatapp.core.wire import WireEnd, WireEvent, WireRequest, WireResponse

_SPARKLINE_WIDTH = 60


def exchange_table(log: ExchangeLog, *, has_times: bool, has_events: bool) -> Iterator[str]:
    """The lines; `log` holds all items of the exchange. Fit for a terminal, in its width."""
    columns = shutil.get_terminal_size((160, 24)).columns
    if log.request is not None:
        yield from (fitted(line, columns) for line in _request_lines(log.request))
    if has_events:
        yield f"{'#':>5} {'after':>9} {'gap':>9} {'bytes':>8}  {'kind':<9} what"
        told: set[OddityKind] = set()
        for entry in log.entries:
            yield fitted(_entry_line(entry, has_times=has_times), columns)
            for oddity in entry.reading.oddities:
                if oddity.kind not in told:
                    told.add(oddity.kind)
                    yield fitted(f"{'!':>33}  {safe_line(oddity.message)}", columns)
        yield ""
    yield from _summary_lines(log, has_times=has_times)
    yield from (fitted(line, columns) for line in _oddity_lines(log))


def fitted(line: str, columns: int) -> str:
    """A line cut to the columns of a terminal."""
    if display_width(line) <= columns:
        return line
    used = place = 0
    while (used := used + display_width(line[place])) < columns:
        place += 1
    return line[:place] + "…"


def _request_lines(request: WireRequest) -> Iterator[str]:
    sent = local_time(request.started_at).astimezone()
    yield address(request)
    yield f"sent {sent:%Y-%m-%d %H:%M:%S %z}, {size_and_question(request)}"


def _entry_line(entry: LogEntry, *, has_times: bool) -> str:
    after, gap = (duration(entry.after_s), duration(entry.gap_s)) if has_times else ("-", "-")
    item = entry.item
    size = "" if isinstance(item, WireResponse | WireEnd) else f"{item.size:,}"
    kind, preview = entry.reading.kind, safe_line(entry.reading.preview)
    return f"{entry.number:>5} {after:>9} {gap:>9} {size:>8}  {kind:<9} {preview}".rstrip()


def _summary_lines(log: ExchangeLog, *, has_times: bool) -> Iterator[str]:
    yield counts(log, "no end was recorded")
    if not has_times:
        return
    yield speed(log)
    if log.gaps:
        yield f"gaps: {gaps(log)}"
        found = [entry.gap_s for entry in log.entries if isinstance(entry.item, WireEvent)][1:]
        yield f"      {sparkline(found, _SPARKLINE_WIDTH)}"


def _oddity_lines(log: ExchangeLog) -> Iterator[str]:
    yield "odd:" if log.findings else "nothing odd"
    for finding in log.findings:
        yield f"  {finding_words(finding)}"
