"""`chatapp doctor`: what may be wrong here, and what to do about it."""

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from chatapp import composition
from chatapp.headless.exit_code import ExitCode
from chatapp.subcommands.subcommand import Subcommand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatapp.doctor.patient import Terminal


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument(
        "--keys", action="store_true", help="name the keys that you press, as they arrive"
    )


def _run(arguments: argparse.Namespace) -> int:
    import asyncio
    import os

    from chatapp.doctor.checks import examine
    from chatapp.doctor.patient import this_machine
    from chatapp.headless.doctor import print_json, print_report
    from chatapp.headless.output import standard_error, standard_output
    from chatapp.ui.terminal_facts import color_system
    from chatapp.ui.themes import theme_names

    settings = composition.resolve_settings(arguments)
    composition.log_to_file()
    if arguments.keys:
        return _listen(settings.keys)
    terminal = _terminal()
    wanted = (settings.endpoints[0].name,) if hasattr(arguments, "endpoint") else None
    patient = this_machine(settings, terminal, theme_names(color_system()), wanted)
    stdout, stderr = standard_output(), standard_error()
    columns = terminal.size[0] if terminal.size and stdout.is_terminal else None
    if arguments.json:
        return asyncio.run(print_json(partial(examine, patient), stdout, stderr))
    has_colours = not os.environ.get("NO_COLOR")
    return asyncio.run(
        print_report(
            partial(examine, patient), stdout, stderr, columns=columns, has_colours=has_colours
        )
    )


def _terminal() -> "Terminal":
    """What the terminal says of itself, where there is one."""
    import os

    from chatapp.doctor.patient import Terminal
    from chatapp.headless.raw_terminal import measure_widths

    if not _is_at_a_terminal():
        return Terminal()
    size = os.get_terminal_size(sys.stdout.fileno())
    return Terminal((size.columns, size.lines), measure_widths(sys.stdin, sys.stdout))


def _is_at_a_terminal() -> bool:
    # None is one that the shell closed
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _listen(keys: "Mapping[str, tuple[str, ...]]") -> int:
    from chatapp.headless.key_listener import listen_for_keys

    if sys.platform == "win32" or not _is_at_a_terminal():
        composition.say("chatapp doctor: --keys needs a terminal of a Unix system")
        return ExitCode.USAGE
    listen_for_keys(keys, sys.stdin, sys.stdout)
    return ExitCode.OK


DOCTOR = Subcommand(
    name="doctor",
    help="look for what is wrong, and say what to do",
    description="Look at the versions, the terminal, the settings, the stored conversations and "
    "every endpoint, or the one of --endpoint. Each endpoint is asked for its models and for one "
    "short reply. The report has no keys in it and can be pasted anywhere.",
    run=_run,
    add_arguments=_add_arguments,
    settings=("model", "endpoint", "base_url"),
    examples=(
        ("chatapp doctor", "look at everything"),
        ("chatapp doctor --endpoint openai", "ask this endpoint alone"),
        ("chatapp doctor --keys", "see which keys the terminal sends"),
    ),
)
