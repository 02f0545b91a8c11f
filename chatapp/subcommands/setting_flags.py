"""The flags of the settings, made from what the options say of themselves."""

import argparse
from collections.abc import Collection, Mapping
from types import MappingProxyType

from chatapp.config.options import NAMES, flag, option_help, placeholder
from chatapp.subcommands.text import text

ALL_SETTINGS = NAMES
ALL_SETTING_FLAGS = frozenset(map(flag, NAMES))

_NONE: Mapping[str, str] = MappingProxyType({})

_PATHS = ("tool_folders",)


def add_setting_flags(
    parser: argparse.ArgumentParser,
    names: Collection[str],
    repeatable: Collection[str] = (),
    own_help: Mapping[str, str] = _NONE,
) -> None:
    """Add the flags of the settings `names`, in the order of the options.

    `own_help` goes before what the options say of themselves. Those not given leave no trace.
    """
    if not names:
        return
    documented = {**option_help(), **own_help}
    group = parser.add_argument_group("settings")
    for name in NAMES:
        if name in names:
            group.add_argument(
                flag(name),
                metavar=placeholder(name),
                type=str if name in _PATHS else text,
                help=_as_clause(documented[name]),
                action="append" if name in repeatable else "store",
                default=argparse.SUPPRESS,
            )


def _as_clause(sentence: str) -> str:
    """A sentence of the documentation as all other help is written."""
    return sentence[0].lower() + sentence[1:].removesuffix(".")
