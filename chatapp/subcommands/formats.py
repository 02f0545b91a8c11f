"""The formats of files as arguments; the registry of them is loaded when one is used."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp.core.ports import Exporter, Importer

EXPORT_FORMATS = ("md", "json", "html")
IMPORT_FORMATS = ("chatapp", "chatgpt", "claude", "llm")


def add_export_format(parser: argparse.ArgumentParser) -> None:
    """Let the person choose what is written."""
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        type=_export_format,
        default="md",
        help="md, json or html; unset, md",
    )


def add_import_format(parser: argparse.ArgumentParser) -> None:
    """Let the person say what is read, where it is not recognised."""
    listed = ", ".join(IMPORT_FORMATS)
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        type=_import_format,
        help=f"{listed}; unset, what the file looks like",
    )


def exporter_named(name: str) -> "Exporter":
    """The exporter of a format."""
    from chatapp.exporters.registry import EXPORTERS

    return next(exporter for exporter in EXPORTERS if exporter.name == name)


def importer_named(name: str) -> "Importer":
    """The importer of a format."""
    from chatapp.exporters.registry import IMPORTERS

    return next(importer for importer in IMPORTERS if importer.name == name)


def _export_format(text: str) -> str:
    return _chosen(text, EXPORT_FORMATS)


def _import_format(text: str) -> str:
    return _chosen(text, IMPORT_FORMATS)


def _chosen(text: str, names: tuple[str, ...]) -> str:
    if text not in names:
        raise argparse.ArgumentTypeError(f"it takes one of {', '.join(names)}")
    return text
