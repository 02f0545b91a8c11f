"""`chatapp stats`: what replies cost and how fast they came, as plots or as JSON lines."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import assert_never

from chatapp.core.bar_charts import Ink
from chatapp.core.ports import ConversationStore, JsonValue
from chatapp.core.records import ReplyFigures
from chatapp.core.statistics import Total, local_midnight, total, totals_by_model, totals_by_period
from chatapp.core.statistics_report import Grouping, Window, nothing_since, report
from chatapp.headless.conversation_lines import json_line
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output

_INKS = {Ink.PLAIN: "", Ink.HEADING: "\x1b[1m", Ink.BAR: "\x1b[36m", Ink.FAINT: "\x1b[2m"}
_PLAIN = "\x1b[0m"


async def print_statistics(
    store: ConversationStore,
    stdout: Output,
    stderr: Output,
    *,
    days: int,
    by: Grouping | None,
    columns: int,
    has_colours: bool,
) -> ExitCode:
    """Print plots of the last so many days in so many columns. Raises StorageError."""
    window = Window.of_days(days, date.today())
    replies = await store.reply_figures(local_midnight(window.first))
    if not replies:
        stderr.write(f"{nothing_since(window)}\n")
    for line in report(replies, window, columns, by) if replies else ():
        for span in line:
            ink = _INKS[span.ink] if has_colours else ""
            stdout.write_control(ink)
            stdout.write(span.text if span is not line[-1] else span.text.rstrip())
            stdout.write_control(_PLAIN if ink else "")
        stdout.write("\n")
    return ExitCode.OK


async def print_json(
    store: ConversationStore, stdout: Output, *, days: int, by: Grouping | None
) -> ExitCode:
    """Print an object for each day and each model, and one for all. Raises StorageError."""
    window = Window.of_days(days, date.today())
    replies = await store.reply_figures(local_midnight(window.first))
    for fields in _objects(replies, by):
        stdout.write(json_line(fields))
    return ExitCode.OK


def _objects(
    replies: Sequence[ReplyFigures], by: Grouping | None
) -> Iterator[dict[str, JsonValue]]:
    for grouping in Grouping if by is None else (by,):
        match grouping:
            case Grouping.DAY:
                for day, one in totals_by_period(replies).items():
                    yield {"type": "day", "day": day.isoformat(), **_fields(one)}
            case Grouping.MODEL:
                for model, one in totals_by_model(replies).items():
                    named = {"endpoint": model.endpoint, "model": model.model}
                    yield {"type": "model", **named, **_fields(one)}
            case _:
                assert_never(grouping)
    yield {"type": "total", **_fields(total(replies))}


def _fields(one: Total) -> dict[str, JsonValue]:
    speed = one.speed
    rate = speed.tokens_per_s if speed else None
    return {
        "replies": one.replies,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "total_tokens": one.tokens,
        "estimated": one.is_estimated,
        "cost_usd": None if one.cost_usd is None else round(one.cost_usd, 9),
        "unpriced_replies": one.unpriced,
        "ttft_s": None if speed is None else round(speed.ttft_s, 4),
        "tokens_per_s": None if rate is None else round(rate, 2),
        "tokens_per_s_estimated": speed is not None and speed.is_estimated,
    }
