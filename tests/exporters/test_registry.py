"""Every format that there is a module for is offered, and no name is taken twice."""

import importlib
import pkgutil

from chatapp import exporters
from chatapp.exporters.registry import EXPORTERS, IMPORTERS
from chatapp.subcommands.formats import (
    EXPORT_FORMATS,
    IMPORT_FORMATS,
    exporter_named,
    importer_named,
)


def declared(ending: str) -> set[str]:
    return {
        name
        for module in pkgutil.iter_modules(exporters.__path__)
        for name in vars(importlib.import_module(f"chatapp.exporters.{module.name}"))
        if name.endswith(ending) and name != ending
    }


def test_every_format_is_listed() -> None:
    assert {type(one).__name__ for one in EXPORTERS} == declared("Exporter")
    assert {type(one).__name__ for one in IMPORTERS} == declared("Importer")


def test_the_command_line_offers_each_by_its_name() -> None:
    assert tuple(exporter_named(name) for name in EXPORT_FORMATS) == EXPORTERS
    assert tuple(importer_named(name) for name in IMPORT_FORMATS) == IMPORTERS
    assert all(one.label for one in (*EXPORTERS, *IMPORTERS))
