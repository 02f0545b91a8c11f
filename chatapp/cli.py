"""The command line.

What is not needed to read the arguments is imported late, so that `--version` and `--help`
answer at once and the first paint comes soon.
"""

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence

from chatapp import __version__, composition
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import OutputError, occupy_closed_streams
from chatapp.headless.standard_input import InputError
from chatapp.subcommands.argument_parser import ArgumentParser
from chatapp.subcommands.registry import SUBCOMMANDS
from chatapp.subcommands.setting_flags import ALL_SETTING_FLAGS, ALL_SETTINGS, add_setting_flags
from chatapp.subcommands.subcommand import Subcommand
from chatapp.wire_flags import (
    WIRE_FLAGS,
    add_wire_flags,
    given_wire_flags,
    playback_of,
    tell_of_recording,
)

EXAMPLES = """\
examples:
  chatapp                                      full screen
  chatapp --model deepseek/deepseek-flash      with this model to begin with
  chatapp --base-url http://localhost:8000/v1  with this server
  chatapp ask "Why is the sky blue?"           answer on standard output
  git diff | chatapp ask "Review this:"        with standard input below it
  chatapp --record chat.jsonl                  record the raw stream
  chatapp --replay chat.jsonl                  play it again
  chatapp list                                 the conversations
  chatapp show last                            print the newest
  chatapp doctor                               look for what is wrong

`chatapp COMMAND --help` says more about each command, with examples.

A key comes from the environment, `.env`, config.toml or the system's keyring
(OPENAI_API_KEY, ...; `chatapp keys` says which), never from the command line,
where others could read it.

exit codes:
  0    done
  1    it failed: a request, its reply, a file, or a check of the doctor
  2    the arguments or the settings they name cannot be used
  130  stopped by Ctrl+C
  141  whoever read standard output left before the end
"""

_WIDTH = 78


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    occupy_closed_streams()
    try:
        arguments = make_parser().read(sys.argv[1:] if argv is None else argv)
        for subcommand in SUBCOMMANDS:
            if subcommand.name == arguments.command:
                return _run(subcommand, arguments)
        return _open_screen(arguments)
    except KeyboardInterrupt:
        return ExitCode.STOPPED
    except OutputError as error:
        composition.say(f"chatapp: the output cannot be written: {error}")
    except InputError as error:
        composition.say(f"chatapp: standard input cannot be read: {error}")
    return ExitCode.FAILED


def make_parser() -> ArgumentParser:
    """The parser of the whole command line."""
    parser = ArgumentParser(
        prog="chatapp",
        description="Chat with any OpenAI-compatible model in the terminal.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--temporary", action="store_true", help="keep nothing of this run's conversations"
    )
    parser.add_argument("--version", action="version", version=f"chatapp {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", parser_class=ArgumentParser
    )
    for subcommand in SUBCOMMANDS:
        _fill(
            commands.add_parser(
                subcommand.name,
                help=subcommand.help,
                description=textwrap.fill(subcommand.description, _WIDTH),
                epilog=_examples(subcommand),
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
            ),
            subcommand,
        )
    add_setting_flags(parser, ALL_SETTINGS)
    add_wire_flags(parser)
    parser.shorten_usage()
    return parser


def _fill(parser: ArgumentParser, subcommand: Subcommand) -> None:
    """Add all the arguments of a subcommand."""
    subcommand.add_arguments(parser)
    add_setting_flags(parser, subcommand.settings, subcommand.repeatable, subcommand.setting_help)
    if subcommand.has_wire:
        add_wire_flags(parser)
    parser.elsewhere = ALL_SETTING_FLAGS | {*WIRE_FLAGS, "--temporary"}
    parser.shorten_usage()


def _examples(subcommand: Subcommand) -> str:
    width = max(len(line) for line, _words in subcommand.examples)
    lines = (f"  {line:{width}}  {words}" for line, words in subcommand.examples)
    return "\n".join(("examples:", *lines))


def _run(subcommand: Subcommand, arguments: argparse.Namespace) -> int:
    """Run a subcommand.

    A setting may stand before its name though it means nothing to it, for that may be
    somebody's alias of the program; to record or to replay is meant for this run.
    """
    if not subcommand.has_wire and (idle := given_wire_flags(arguments)):
        composition.say(f"chatapp {subcommand.name}: {idle[0]} has no effect here")
        return ExitCode.USAGE
    try:
        return subcommand.run(arguments)
    finally:
        tell_of_recording(arguments)


def _open_screen(arguments: argparse.Namespace) -> int:
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        composition.say('chatapp needs a terminal; without one use chatapp ask "..."')
        return ExitCode.USAGE
    if os.environ.get("TERM") in ("dumb", "unknown"):
        composition.say(
            "chatapp needs a terminal that can move the cursor, and TERM says this one cannot; "
            'use chatapp ask "..."'
        )
        return ExitCode.USAGE
    settings = composition.resolve_settings(arguments, has_model_choice=True)
    composition.log_to_file()

    from chatapp import paths

    _quicken_textual()
    from chatapp.ui.app import ChatApp
    from chatapp.ui.terminal_guard import own_terminal

    has_tools = composition.wants_tools(settings, unasked=True)
    kit = composition.make_tool_kit(settings) if has_tools else None
    stores = composition.make_stores(
        # what is replayed was not said now, and cost nothing
        is_temporary=bool(arguments.temporary) or hasattr(arguments, "replay")
    )
    directory = composition.make_directory(settings, arguments)
    app = ChatApp(settings, directory, stores, kit, playback_of(arguments))
    with own_terminal(paths.log_file()):
        app.run()
    tell_of_recording(arguments)
    return app.return_code or ExitCode.OK


def _quicken_textual() -> None:
    """Set what Textual reads from the environment when it is imported.

    Let a lone Esc be told from the start of a key sequence sooner than its 100 ms: a terminal
    sends a sequence in one piece; only a network may cut it. And let a key that was pressed just
    after a frame wait 8 ms for the next one, not 16: streams are painted less often by themselves.
    """
    is_remote = "SSH_CONNECTION" in os.environ
    os.environ.setdefault("ESCDELAY", "50" if is_remote else "10")
    os.environ.setdefault("TEXTUAL_FPS", "120")
