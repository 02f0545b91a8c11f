"""`chatapp import`: conversations out of a file of ours or of another program."""

import argparse

from chatapp.subcommands.conversation_store import run_with_store
from chatapp.subcommands.formats import add_import_format, importer_named
from chatapp.subcommands.subcommand import Subcommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .json, .zip or .db file")
    add_import_format(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one object a line: what came and what did not"
    )


def _run(arguments: argparse.Namespace) -> int:
    from chatapp.headless.import_conversations import import_conversations
    from chatapp.paths import with_home

    importer = None if arguments.format is None else importer_named(arguments.format)
    return run_with_store(
        lambda store, stdout, stderr: import_conversations(
            with_home(arguments.file),
            importer,
            store,
            stdout,
            stderr,
            is_json=bool(arguments.json),
        )
    )


IMPORT = Subcommand(
    name="import",
    help="read conversations of chatapp, ChatGPT, Claude or llm",
    description="Read the conversations of a file: our own JSON, the export of ChatGPT or Claude "
    "(conversations.json, or the zip archive as it was sent), or the logs.db of llm. What is here "
    "already is not doubled.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp import chatgpt-export.zip", "what ChatGPT sent"),
        ("chatapp import chats.json", "what `chatapp export all` wrote"),
    ),
)
