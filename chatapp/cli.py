"""The command line.

What is not needed to read the arguments is imported late, so that `--version` and `--help`
answer at once and the first paint comes soon.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from chatapp import __version__, composition
from chatapp.headless.exit_code import ExitCode
from chatapp.subcommands.registry import SUBCOMMANDS
from chatapp.wire_flags import add_wire_flags

EXAMPLES = """\
examples:
  chatapp                                      full screen
  chatapp --model deepseek/deepseek-flash      with this model to begin with
  chatapp --base-url http://localhost:8000/v1  with this server
  chatapp ask "Why is the sky blue?"           answer on standard output
  git diff | chatapp ask "Review this:"        with standard input below the prompt
  chatapp --record chat.jsonl                  record the raw stream; --replay plays it
  chatapp inspect chat.jsonl                   show its events, and what is odd
  chatapp latency "Hello" --runs 3             measure streaming against not
  chatapp list                                 the conversations; show last prints one
  chatapp import chatgpt-export.zip            with those of ChatGPT, Claude or llm
  chatapp pull                                 fetch the small local model ahead
  chatapp doctor                               look for what is wrong

A key comes from the environment, `.env`, config.toml or the system's keyring (OPENAI_API_KEY, ...;
`chatapp keys` says which), never from the command line, where others could read it.

exit codes:
  0    done
  1    the request failed, or its reply was cut off
  2    the arguments or the settings they name cannot be used
  130  stopped by Ctrl+C
  141  whoever read standard output left before the end
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    try:
        arguments = _parser().parse_args(argv)
        for subcommand in SUBCOMMANDS:
            if subcommand.name == arguments.command:
                return subcommand.run(arguments)
        return _open_screen(arguments)
    except KeyboardInterrupt:
        return ExitCode.STOPPED


class _Parser(argparse.ArgumentParser):
    """Keeps values out of its complaints: one may be a key that went into the wrong place."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        if "invalid choice" in message and message.startswith("argument --"):
            flag = message.split()[1].rstrip(":")
            message = f"{flag} takes one of{message.rpartition('choose from')[2].rstrip(')')}"
        elif "invalid choice" in message and " " in self.prog:
            message = "unknown action"
        elif "invalid choice" in message:
            message = 'unknown command; a question goes to `chatapp ask "..."`'
        elif message.startswith("unrecognized arguments"):
            words = message.partition(":")[2].split()
            unknown = [word.partition("=")[0] for word in words if word.startswith("-")]
            message = f"unknown option {' '.join(unknown)}" if unknown else "too many arguments"
        elif "ignored explicit argument" in message:
            message = message.partition(":")[0] + ": takes no value"
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\nTry `{self.prog} --help`.\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="chatapp",
        description="Chat with any OpenAI-compatible model in the terminal.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_option_parser()],
        allow_abbrev=False,
    )
    parser.add_argument(
        "--temporary", action="store_true", help="Keep nothing of this run's conversations."
    )
    parser.add_argument("--version", action="version", version=f"chatapp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for subcommand in SUBCOMMANDS:
        subcommand.add_arguments(
            commands.add_parser(
                subcommand.name,
                help=subcommand.help,
                description=subcommand.description,
                parents=[_option_parser(subcommand.repeatable)] if subcommand.has_settings else [],
                allow_abbrev=False,
            )
        )
    return parser


def _option_parser(repeatable: Sequence[str] = ()) -> _Parser:
    """The options every command shares; those not given leave no trace."""
    from chatapp.config.options import NAMES, flag, option_help, placeholder

    parser = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    documented = option_help()
    for name in NAMES:
        action = "append" if name in repeatable else "store"
        parser.add_argument(
            flag(name), metavar=placeholder(name), help=documented[name], action=action
        )
    add_wire_flags(parser)
    return parser


def _open_screen(arguments: argparse.Namespace) -> int:
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        composition.say('chatapp needs a terminal; without one use chatapp ask "..."')
        return ExitCode.USAGE
    settings = composition.resolve_settings(arguments)
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
    app = ChatApp(settings, composition.make_directory(settings, arguments), stores, kit)
    with own_terminal(paths.log_file()):
        app.run()
    return app.return_code or ExitCode.OK


def _quicken_textual() -> None:
    """Set what Textual reads from the environment when it is imported.

    Let a lone Esc be told from the start of a key sequence sooner than its 100 ms: a terminal
    sends a sequence in one piece; only a network may cut it. And let a key that was pressed just
    after a frame wait 8 ms for the next one, not 16: streams are painted less often by themselves.
    """
    import os

    is_remote = "SSH_CONNECTION" in os.environ
    os.environ.setdefault("ESCDELAY", "50" if is_remote else "10")
    os.environ.setdefault("TEXTUAL_FPS", "120")
