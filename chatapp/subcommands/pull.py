"""`chatapp pull`: the local model ahead of its first use, or another in its place."""

import argparse

from chatapp import composition
from chatapp.subcommands.subcommand import Subcommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="a GGUF file or its URL")


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from chatapp.headless.output import standard_error, standard_output
    from chatapp.headless.pull import pull

    composition.log_to_file()
    source = None if arguments.source is None else str(arguments.source)
    models_folder = composition.open_models_folder()
    return asyncio.run(pull(source, models_folder, standard_output(), standard_error()))


PULL = Subcommand(
    name="pull",
    help="fetch the small local model, or choose another",
    description="Fetch the local model ahead of its first use, or make another one it.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp pull", "fetch it before it is needed"),
        ("chatapp pull my-model.gguf", "use this one in its place"),
    ),
)
