"""`chatapp list`: which conversations there are."""

import argparse
from functools import partial

from chatapp.subcommands.conversation_store import run_with_store
from chatapp.subcommands.numbers import count
from chatapp.subcommands.subcommand import Subcommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one object a line")
    parser.add_argument("--limit", metavar="NUMBER", type=count, help="print so many at most")


def _run(arguments: argparse.Namespace) -> int:
    from chatapp.headless.list_conversations import list_conversations

    return run_with_store(
        partial(list_conversations, limit=arguments.limit, is_json=bool(arguments.json))
    )


LIST = Subcommand(
    name="list",
    help="list the conversations",
    description="List the conversations, pinned ones first, then the newest: the beginning of "
    "the id, when it changed, the title.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp list --limit 5", "the five on top"),
        ("chatapp list --json | jq -r .title", "the titles alone"),
    ),
)
