"""What a subcommand is."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One word behind `chatapp`.

    `help` is its line in the list, `description` what its own `--help` says first. `run` gets
    the arguments and returns the exit code. `has_settings` gives it the flags of the settings,
    of which it takes those named in `repeatable` more than once, as a list.
    """

    name: str
    help: str
    description: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda _parser: None
    has_settings: bool = False
    repeatable: tuple[str, ...] = ()
