"""`chatapp ask`: one question, its answer on standard output."""

import argparse
import contextlib
import sys

from chatapp import composition
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.standard_input import is_piped, read_input
from chatapp.subcommands.subcommand import REQUEST_SETTINGS, Subcommand
from chatapp.subcommands.text import text
from chatapp.tools.text_decoding import decode_text


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "prompt", metavar="PROMPT", nargs="?", type=text, default="", help="the question"
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON lines, with usage and timing"
    )
    parser.add_argument(
        "--allow",
        metavar="NAMES",
        default="",
        help="with --tools: tools that may run though they would ask, or all",
    )
    parser.add_argument("--no-stream", action="store_true", help="ask for the whole answer at once")


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from chatapp.headless.ask import ask
    from chatapp.headless.output import standard_error, standard_output

    prompt = _prompt(str(arguments.prompt))
    if not prompt:
        composition.say('chatapp ask: there is no question; try chatapp ask "Hello"')
        return ExitCode.USAGE
    settings = composition.resolve_settings(arguments)
    for problem in settings.problems:
        composition.say(f"chatapp: {problem}")
    composition.log_to_file()
    allowed = [name.strip() for name in str(arguments.allow).split(",") if name.strip()]
    wants_tools = composition.wants_tools(settings, unasked=False)
    asking = ask(
        prompt,
        settings,
        composition.make_directory(settings, arguments),
        standard_output(),
        standard_error(),
        kit=composition.make_tool_kit(settings, allowed) if wants_tools else None,
        allowed=allowed,
        is_json=bool(arguments.json),
        is_streamed=not arguments.no_stream,
    )
    # the answer goes out by itself; what a tool of the person's own prints is no part of it
    with contextlib.redirect_stdout(sys.stderr):
        return asyncio.run(asking)


def _prompt(question: str) -> str:
    """The question, and below it what is piped in."""
    piped = decode_text(read_input()).strip("\r\n") if is_piped() else ""
    return "\n\n".join(part for part in (question, piped) if part.strip())


ASK = Subcommand(
    name="ask",
    help="print the answer to one question",
    description="Ask once and print the answer, and nothing else, as it comes. Piped standard "
    "input is added below the prompt. No tools are offered unless --tools names them.",
    run=_run,
    add_arguments=_add_arguments,
    settings=(*REQUEST_SETTINGS, "tools", "tool_choice", "parallel_tool_calls", "tool_folders"),
    setting_help={"tools": "what the model may call: all, none, or names; unset, none"},
    has_wire=True,
    examples=(
        ('chatapp ask "Why is the sky blue?"', "print the answer"),
        ('git diff | chatapp ask "Review this:"', "with a text to read"),
        ('chatapp ask --tools calculate "2**64?"', "let it use a tool"),
        ('chatapp ask --json "Hello" | jq .', "for programs"),
    ),
)
