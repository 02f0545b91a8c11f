"""What is examined."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatapp import paths
from chatapp.config.settings import Settings


@dataclass(frozen=True, slots=True)
class DrawnWidth:
    """How many columns a text took on the terminal, and how many chatapp reckons with."""

    name: str
    drawn: int
    expected: int


@dataclass(frozen=True, slots=True)
class Terminal:
    """What only those can tell who sit at the terminal.

    `size` is columns and rows, None where there is no terminal; `widths` is empty where nothing
    could be measured. While it `shows_chat` it cannot be asked, nor can anybody try keys.
    """

    size: tuple[int, int] | None = None
    widths: tuple[DrawnWidth, ...] = ()
    shows_chat: bool = False


@dataclass(frozen=True, slots=True)
class Patient:
    """A run of the program, its settings and the machine below it."""

    settings: Settings
    environ: Mapping[str, str]
    platform: str
    config_folder: Path
    data_folder: Path
    database: Path
    terminal: Terminal = field(default_factory=Terminal)
    endpoints: tuple[str, ...] | None = None
    """The endpoints to examine; None for all."""
    themes: tuple[str, ...] = ()
    """The colour themes there are, the first in place of an unknown one; none for unchecked."""


def this_machine(
    settings: Settings,
    terminal: Terminal,
    themes: tuple[str, ...],
    endpoints: tuple[str, ...] | None = None,
) -> Patient:
    """The run of the program that asks."""
    return Patient(
        settings=settings,
        environ=os.environ,
        platform=sys.platform,
        config_folder=paths.config_folder(),
        data_folder=paths.data_folder(),
        database=paths.database_file(),
        terminal=terminal,
        endpoints=endpoints,
        themes=themes,
    )
