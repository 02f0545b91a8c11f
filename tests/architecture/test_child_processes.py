"""Our Python, started again, imports nothing from the current folder: it may be a stranger's."""

import ast
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "chatapp"


def uses_of_our_python(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Each `sys.executable`: its line, and what follows it in a command or a call."""
    for parent in ast.walk(module):
        for _, value in ast.iter_fields(parent):
            children = value if isinstance(value, list) else [value]
            for child, follower in zip_longest(children, children[1:]):
                if isinstance(child, ast.Attribute) and ast.unparse(child) == "sys.executable":
                    yield child.lineno, ast.unparse(follower) if follower else type(parent).__name__


def test_every_one_that_is_started_has_minus_p() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}:{line}": follower
        for path in PACKAGE.rglob("*.py")
        for line, follower in uses_of_our_python(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert list(found.values()).count("'-P'") >= 4
    # in words for the person it stands alone: in an f-string, or quoted for their shell
    others = {"'-P'", "FormattedValue", "Call"}
    assert {place: follower for place, follower in found.items() if follower not in others} == {}
