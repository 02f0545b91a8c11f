"""The map of the package is whole and true."""

import ast
import re
from pathlib import Path

import chatapp.ui.transcript as package

FOLDER = Path(package.__file__ or "").parent
LAYERS = [re.findall(r"`(\w+)`", entry) for entry in (package.__doc__ or "").split("\n- ")[1:]]
PLACES = {module: place for place, layer in enumerate(LAYERS) for module in layer}


def imported_by(module: str) -> set[str]:
    """The modules of the package that a module of it imports."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {
        f"{node.module}.{name.name}" if node.module == package.__name__ else node.module or ""
        for node in imports
        for name in node.names
    }
    prefix = f"{package.__name__}."
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def test_every_module_is_named_once() -> None:
    named = [module for layer in LAYERS for module in layer]
    assert sorted(named) == sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def test_no_module_knows_one_that_stands_above_it() -> None:
    upward = [
        (module, other)
        for module in PLACES
        for other in imported_by(module)
        if PLACES[other] < PLACES[module]
    ]
    assert not upward
