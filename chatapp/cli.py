"""The command line, and the composition root: the one place that knows every concrete class.

What is not needed to read the arguments is imported late, so that `--version` and `--help`
answer at once and the first paint comes soon.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from chatapp import __version__
from chatapp.headless.exit_code import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from chatapp.config import Settings
    from chatapp.providers.directory import EndpointDirectory
    from chatapp.session.tool_kit import ToolKit

EXAMPLES = """\
examples:
  chatapp                                      full screen
  chatapp --model deepseek/deepseek-flash      with this model to begin with
  chatapp --base-url http://localhost:8000/v1  with this server
  chatapp ask "Why is the sky blue?"           answer on standard output
  git diff | chatapp ask "Review this:"        with standard input below the prompt
  chatapp pull                                 fetch the small local model ahead

A key comes from the environment, `.env` or config.toml (OPENAI_API_KEY, DEEPSEEK_API_KEY, ...),
never from the command line, where others could read it.

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
        match arguments.command:
            case "ask":
                return _ask(arguments)
            case "pull":
                return _pull(arguments)
            case _:
                return _open_screen(arguments)
    except KeyboardInterrupt:
        return ExitCode.STOPPED


class _Parser(argparse.ArgumentParser):
    """Keeps values out of its complaints: one may be a key that went into the wrong place."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        if "invalid choice" in message:
            message = 'unknown command; a question goes to `chatapp ask "..."`'
        elif message.startswith("unrecognized arguments"):
            words = message.partition(":")[2].split()
            unknown = [word.partition("=")[0] for word in words if word.startswith("-")]
            message = f"unknown option {' '.join(unknown)}" if unknown else "too many arguments"
        elif "ignored explicit argument" in message:
            message = message.partition(":")[0] + ": takes no value"
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\nTry `{self.prog} --help`.\n")


def _parser() -> _Parser:
    options = _option_parser()
    parser = _Parser(
        prog="chatapp",
        description="Chat with any OpenAI-compatible model in the terminal.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[options],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"chatapp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    ask = commands.add_parser(
        "ask",
        help="print the answer to one question",
        description="Ask once and print the answer as it comes. Piped standard input is added "
        "below the prompt.",
        parents=[options],
        allow_abbrev=False,
    )
    ask.add_argument("prompt", metavar="PROMPT", nargs="?", default="", help="the question")
    ask.add_argument("--json", action="store_true", help="print JSON lines, with usage and timing")
    ask.add_argument(
        "--allow",
        metavar="NAMES",
        default="",
        help="with --tools: tools that may run though they would ask, or all",
    )
    ask.add_argument("--no-stream", action="store_true", help="ask for the whole answer at once")
    pull = commands.add_parser(
        "pull",
        help="fetch the small local model, or choose another",
        description="Fetch the local model ahead of its first use, or make another one it.",
        allow_abbrev=False,
    )
    pull.add_argument("source", metavar="SOURCE", nargs="?", help="a GGUF file or its URL")
    return parser


def _option_parser() -> _Parser:
    """The options every command shares; those not given leave no trace."""
    from chatapp.config.options import NAMES, flag, option_help, placeholder

    parser = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    documented = option_help()
    for name in NAMES:
        parser.add_argument(flag(name), metavar=placeholder(name), help=documented[name])
    return parser


def _ask(arguments: argparse.Namespace) -> int:
    import asyncio

    from chatapp.headless.ask import ask
    from chatapp.headless.output import standard_error, standard_output

    prompt = _prompt(str(arguments.prompt))
    if not prompt:
        _say('chatapp ask: there is no question; try chatapp ask "Hello"')
        return ExitCode.USAGE
    settings = _settings(arguments)
    for problem in settings.problems:
        _say(f"chatapp: {problem}")
    _log_to_file()
    allowed = [name for name in str(arguments.allow).split(",") if name]
    asking = ask(
        prompt,
        settings,
        _directory(settings),
        standard_output(),
        standard_error(),
        kit=_tool_kit(settings, allowed) if _wants_tools(settings, unasked=False) else None,
        is_json=bool(arguments.json),
        is_streamed=not arguments.no_stream,
    )
    # the answer goes out by itself; what a tool of the person's own prints is no part of it
    with contextlib.redirect_stdout(sys.stderr):
        return asyncio.run(asking)


def _pull(arguments: argparse.Namespace) -> int:
    import asyncio

    from chatapp.headless.output import standard_error, standard_output
    from chatapp.headless.pull import pull

    _log_to_file()
    source = None if arguments.source is None else str(arguments.source)
    return asyncio.run(pull(source, _models_folder(), standard_output(), standard_error()))


def _open_screen(arguments: argparse.Namespace) -> int:
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        _say('chatapp needs a terminal; without one use chatapp ask "..."')
        return ExitCode.USAGE
    settings = _settings(arguments)
    _log_to_file()

    from chatapp import paths

    _shorten_escape_delay()
    from chatapp.ui.app import ChatApp
    from chatapp.ui.terminal_guard import own_terminal

    kit = _tool_kit(settings) if _wants_tools(settings, unasked=True) else None
    app = ChatApp(settings, _directory(settings), kit)
    with own_terminal(paths.log_file()):
        app.run()
    return app.return_code or ExitCode.OK


def _shorten_escape_delay() -> None:
    """Let a lone Esc be told from the start of a key sequence sooner than Textual's 100 ms.

    A terminal sends a sequence in one piece; only a network may cut it. Textual reads the
    variable when it is imported.
    """
    import os

    is_remote = "SSH_CONNECTION" in os.environ
    os.environ.setdefault("ESCDELAY", "50" if is_remote else "10")


def _prompt(question: str) -> str:
    """The question, and below it what is piped in."""
    piped = ""
    if sys.stdin is not None and not sys.stdin.isatty():
        piped = sys.stdin.buffer.read().decode("utf-8", errors="replace").strip("\r\n")
    return "\n\n".join(text for text in (question, piped) if text.strip())


def _settings(arguments: argparse.Namespace) -> "Settings":
    """Resolve the settings; exits with 2 when a flag itself is wrong."""
    import os
    from pathlib import Path

    from chatapp import paths
    from chatapp.config import COMMAND_LINE, load_settings
    from chatapp.config.options import NAMES
    from chatapp.providers.model_download import embedded_model_id
    from chatapp.providers.presets import PRESETS

    flags = {name: str(value) for name, value in vars(arguments).items() if name in NAMES}
    settings = load_settings(
        flags,
        os.environ,
        Path.cwd(),
        paths.config_folder(),
        PRESETS,
        embedded_model_id(paths.models_folder()),
    )
    wrong = [problem for problem in settings.problems if problem.file == COMMAND_LINE]
    if wrong:
        for problem in wrong:
            _say(f"chatapp: {problem}")
        raise SystemExit(ExitCode.USAGE)
    return settings


def _directory(settings: "Settings") -> "EndpointDirectory":
    from chatapp.providers.directory import EndpointDirectory
    from chatapp.providers.local_model import LocalModel

    return EndpointDirectory(settings.endpoints, lambda: LocalModel(_models_folder()))


def _wants_tools(settings: "Settings", *, unasked: bool) -> bool:
    """Whether there shall be tools; `unasked` is what holds where no setting says."""
    return unasked if settings.tools is None else settings.tools != ("none",)


def _tool_kit(settings: "Settings", allowed: Sequence[str] | None = None) -> "ToolKit":
    """The tools of the settings.

    `allowed` names those that may run when there is nobody to ask; None lets the person's
    remembered decisions hold.
    """
    import logging
    from functools import partial
    from operator import attrgetter
    from pathlib import Path

    from chatapp import paths
    from chatapp.session.approval import AllowedNames, PolicyBook, decision_name
    from chatapp.session.tool_kit import ToolKit
    from chatapp.tools.output_file import keep_output
    from chatapp.tools.policy_file import PolicyFile
    from chatapp.tools.tool_supply import EveryTool

    folders = [Path(folder).expanduser() for folder in settings.tool_folders]
    decisions = PolicyFile(paths.config_folder() / "approvals.json")
    store = decisions if allowed is None else AllowedNames(allowed)
    # a flag can name a tool by its name alone
    name_of = decision_name if allowed is None else attrgetter("declaration.name")
    supply = EveryTool(folders, paths.config_folder() / "tools", settings.mcp_servers, decisions)
    return ToolKit(
        supply,
        PolicyBook(store, logging.getLogger(__name__).warning, name_of),
        partial(keep_output, paths.data_folder() / "tool-output"),
        None if settings.tools in (None, ("all",)) else settings.tools,
    )


def _models_folder() -> "Path":
    """Where models lie; whoever writes there says so where the folder cannot be made."""
    from chatapp import paths

    folder = paths.models_folder()
    with contextlib.suppress(OSError):
        paths.make_private_folder(folder)
    return folder


def _say(line: str) -> None:
    """Print a line on standard error."""
    from chatapp.headless.output import standard_error

    standard_error().write(f"{line}\n")


def _log_to_file() -> None:
    """Let warnings of ours and of libraries go to the log; the terminal belongs to the chat."""
    import logging

    from chatapp import paths

    try:
        log = logging.FileHandler(paths.make_private_file(paths.log_file()), encoding="utf-8")
    except OSError:  # a home that cannot be written to is no reason not to chat
        logging.basicConfig(handlers=[logging.NullHandler()])
        return
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[log], level=logging.WARNING)
