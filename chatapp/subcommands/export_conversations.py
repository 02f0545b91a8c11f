"""`chatapp export`: a conversation, or all of them, to a file or standard output."""

import argparse

from chatapp import composition
from chatapp.headless.exit_code import ExitCode
from chatapp.subcommands.conversation_store import run_with_store
from chatapp.subcommands.formats import add_export_format, exporter_named
from chatapp.subcommands.subcommand import Subcommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="an id or its beginning, last, or all")
    add_export_format(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to a file, or into a folder; - is the default"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    parser.add_argument(
        "--json", action="store_true", help="print one object a line: what was exported, and where"
    )
    # all conversations have one format, so that one need not be named
    parser.set_defaults(format=None)


def _run(arguments: argparse.Namespace) -> int:
    from chatapp.headless.export_conversations import ALL, export_conversations
    from chatapp.paths import with_home

    is_all = arguments.id == ALL
    name = arguments.format or ("json" if is_all else "md")
    if is_all and name != "json":
        composition.say("chatapp export: all conversations go into one file as json alone")
        return ExitCode.USAGE
    target = None if arguments.output in (None, "-") else with_home(arguments.output)
    return run_with_store(
        lambda store, stdout, stderr: export_conversations(
            str(arguments.id),
            exporter_named(name),
            store,
            stdout,
            stderr,
            target=target,
            is_json=bool(arguments.json),
            may_replace=bool(arguments.overwrite),
        )
    )


EXPORT = Subcommand(
    name="export",
    help="write a conversation, or all, as Markdown, JSON or HTML",
    description="Write a conversation as Markdown (md), as a web page (html), or complete with "
    "all branches (json); `export all` writes every conversation as JSON, which `chatapp import` "
    "reads.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp export last", "print the newest as Markdown"),
        ("chatapp export last -o chat.html --format html", "write a web page"),
        ("chatapp export all -o chats.json", "keep a copy of everything"),
    ),
)
