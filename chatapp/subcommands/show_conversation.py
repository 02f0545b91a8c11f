"""`chatapp show`: a conversation on the terminal."""

import argparse

from chatapp.subcommands.conversation_store import run_with_store
from chatapp.subcommands.formats import add_export_format, exporter_named
from chatapp.subcommands.subcommand import Subcommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="an id or its beginning, or last")
    parser.add_argument("--json", action="store_true", help="print one object, all branches in it")
    add_export_format(parser)


def _run(arguments: argparse.Namespace) -> int:
    from chatapp.headless.export_conversations import show_conversation

    exporter = exporter_named(arguments.format)
    return run_with_store(
        lambda store, stdout, _stderr: show_conversation(
            str(arguments.id), exporter, store, stdout, is_json=bool(arguments.json)
        )
    )


SHOW = Subcommand(
    name="show",
    help="print a conversation",
    description="Print a conversation as Markdown, or in another format.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp show last", "the newest conversation"),
        ("chatapp show 3f2a", "the one whose id begins so"),
        ("chatapp show last --format html > a.html", "as a web page"),
    ),
)
