"""`chatapp inspect`: the events of a recorded stream, one by one."""

import argparse

from chatapp.subcommands.subcommand import Subcommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="FILE", help="a recording, the body of a reply (.sse), or - "
    )
    parser.add_argument(
        "--json", action="store_true", help="print the lines of ask --json, and oddity lines"
    )
    parser.add_argument("--summary", action="store_true", help="leave out the single events")


def _run(arguments: argparse.Namespace) -> int:
    from chatapp.headless.inspect import inspect
    from chatapp.headless.output import standard_error, standard_output

    return inspect(
        str(arguments.source),
        standard_output(),
        standard_error(),
        is_json=bool(arguments.json),
        is_summary=bool(arguments.summary),
    )


INSPECT = Subcommand(
    name="inspect",
    help="show the events of a recorded stream, and what is odd about it",
    description="Print every event of a recording, or of the raw body of a reply, with its "
    "time, its size and what is in it; what is odd about the stream; and its figures.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp inspect chat.jsonl", "all events of a recording"),
        ("chatapp inspect chat.jsonl --summary", "the figures, and what is odd"),
        ("curl -sN ... | chatapp inspect -", "a stream that is coming in"),
    ),
)
