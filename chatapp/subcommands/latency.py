"""`chatapp latency`: streaming against not streaming, measured."""

import argparse
from typing import TYPE_CHECKING

from chatapp import composition
from chatapp.headless.exit_code import ExitCode
from chatapp.subcommands.subcommand import REQUEST_SETTINGS, Subcommand
from chatapp.subcommands.text import text

if TYPE_CHECKING:
    from chatapp.config import Settings

_MOST_RUNS = 1000


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prompt", metavar="PROMPT", type=text, help="the question to measure with")
    parser.add_argument(
        "--runs", metavar="NUMBER", default="1", help="how often to ask each way; unset, 1"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON line a measurement")


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from chatapp.headless.latency import latency
    from chatapp.headless.output import standard_error, standard_output

    runs = int(arguments.runs) if str(arguments.runs).isdecimal() else 0
    if not 1 <= runs <= _MOST_RUNS:
        composition.say(f"chatapp: --runs has a wrong value (allowed: 1 to {_MOST_RUNS})")
        return ExitCode.USAGE
    if not str(arguments.prompt).strip():
        composition.say('chatapp latency: there is no question; try chatapp latency "Hello"')
        return ExitCode.USAGE
    every = [_settings(arguments, name) for name in _models(arguments)]
    for problem in every[0].problems:
        composition.say(f"chatapp: {problem}")
    composition.log_to_file()
    measuring = latency(
        str(arguments.prompt),
        every[0],
        [settings.model for settings in every],
        runs,
        composition.make_directory(_united(every), arguments),
        standard_output(),
        standard_error(),
        is_json=bool(arguments.json),
    )
    return asyncio.run(measuring)


def _models(arguments: argparse.Namespace) -> list[str | None]:
    """The models named, or None alone for that of the settings."""
    named = getattr(arguments, "model", None)
    return [named] if named is None or isinstance(named, str) else list(dict.fromkeys(named))


def _settings(arguments: argparse.Namespace, model: str | None) -> "Settings":
    """The settings as they are with this model."""
    given = {name: value for name, value in vars(arguments).items() if name != "model"}
    named = {} if model is None else {"model": model}
    return composition.resolve_settings(argparse.Namespace(**given, **named))


def _united(every: "list[Settings]") -> "Settings":
    """The first settings, with the endpoints of all."""
    from dataclasses import replace

    endpoints = {endpoint.name: endpoint for settings in every for endpoint in settings.endpoints}
    return replace(every[0], endpoints=tuple(endpoints.values()))


LATENCY = Subcommand(
    name="latency",
    help="measure streaming against not streaming",
    description="Ask the same question with and without streaming, and compare: time to first "
    "token (TTFT), total time, tokens, tokens per second. Give --model more than once to "
    "compare models.",
    run=_run,
    add_arguments=_add_arguments,
    settings=REQUEST_SETTINGS,
    repeatable=("model",),
    has_wire=True,
    examples=(
        ('chatapp latency "Hello" --runs 3', "measure three times each way"),
        ('chatapp latency "Hello" --model a --model b', "compare two models"),
    ),
)
