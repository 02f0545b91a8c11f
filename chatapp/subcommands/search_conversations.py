"""`chatapp search`: where words stand in the conversations."""

import argparse

from chatapp import composition
from chatapp.headless.exit_code import ExitCode
from chatapp.subcommands.conversation_store import run_with_store
from chatapp.subcommands.numbers import count
from chatapp.subcommands.subcommand import Subcommand
from chatapp.subcommands.text import text


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="WORDS", nargs="+", type=text, help="what to look for")
    parser.add_argument("--json", action="store_true", help="print one object a line")
    parser.add_argument(
        "--limit", metavar="NUMBER", type=count, default=50, help="print so many at most; unset, 50"
    )


def _run(arguments: argparse.Namespace) -> int:
    from chatapp.headless.list_conversations import search_conversations

    words = " ".join(arguments.words).strip()
    if not words:
        composition.say('chatapp search: there is nothing to look for; try chatapp search "唐"')
        return ExitCode.USAGE
    return run_with_store(
        lambda store, stdout, stderr: search_conversations(
            words, store, stdout, stderr, limit=arguments.limit, is_json=bool(arguments.json)
        )
    )


SEARCH = Subcommand(
    name="search",
    help="find words in all conversations",
    description='Find messages and titles that have all of the words: words, beginnings, "whole '
    'phrases" in their quotes, Chinese characters.',
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp search rust async", "both words, anywhere"),
        ("chatapp search '\"exact phrase\"'", "a phrase, in quotes"),
        ("chatapp search 天气", "Chinese, one character or more"),
    ),
)
