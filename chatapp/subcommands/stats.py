"""`chatapp stats`: tokens, cost and speed by day and model."""

import argparse
from functools import partial

from chatapp.subcommands.conversation_store import run_with_store
from chatapp.subcommands.numbers import count
from chatapp.subcommands.subcommand import Subcommand

_DAYS = 30
_WIDTH_OF_A_PIPE = 80


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days",
        metavar="NUMBER",
        type=count,
        default=_DAYS,
        help="tell of so many days; unset, 30",
    )
    parser.add_argument(
        "--by", choices=("day", "model"), help="print a row for each, and no plots over time"
    )
    parser.add_argument("--json", action="store_true", help="print one object a line")


def _run(arguments: argparse.Namespace) -> int:
    import os
    import shutil

    from chatapp.core.statistics_report import Grouping
    from chatapp.headless.statistics import print_json, print_statistics

    by = None if arguments.by is None else Grouping(arguments.by)
    if arguments.json:
        return run_with_store(
            lambda store, stdout, _: print_json(store, stdout, days=arguments.days, by=by)
        )
    return run_with_store(
        partial(
            print_statistics,
            days=arguments.days,
            by=by,
            columns=shutil.get_terminal_size((_WIDTH_OF_A_PIPE, 24)).columns,
            has_colours=not os.environ.get("NO_COLOR"),
        )
    )


STATS = Subcommand(
    name="stats",
    help="show tokens, cost and speed by day and model",
    description="Show what the kept replies of the last days took in tokens and money (at list "
    "prices), and how fast they came: medians of the time to first token (TTFT) and of tokens "
    "per second. ~ marks what rests on estimated token counts.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp stats", "the last 30 days"),
        ("chatapp stats --days 7 --by model", "a row for each model"),
    ),
)
