"""What a subcommand is."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

REQUEST_SETTINGS = (
    "model",
    "endpoint",
    "base_url",
    "system",
    "temperature",
    "max_tokens",
    "reply_limit",
)
"""The settings that make a difference to any single request."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One word behind `chatapp`.

    `help` is its line in the list, `description` what its own `--help` says first, `examples`
    what that says last: command lines, each with what it does. `run` gets the arguments and
    returns the exit code. `settings` names the options of which it has the flags, because they
    make a difference to it, `setting_help` has other words for those of which the option's own do
    not hold here, and those in `repeatable` it takes more than once, as a list. `has_wire` gives
    it the flags that record and replay.
    """

    name: str
    help: str
    description: str
    run: Callable[[argparse.Namespace], int]
    examples: tuple[tuple[str, str], ...]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda _parser: None
    settings: tuple[str, ...] = ()
    setting_help: Mapping[str, str] = field(default_factory=dict)
    repeatable: tuple[str, ...] = ()
    has_wire: bool = False
