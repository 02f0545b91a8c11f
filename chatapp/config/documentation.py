"""Documentation made from what is documented: the docstrings below a class's fields."""

import ast
import inspect
import itertools
from collections.abc import Iterable, Sequence


def field_docstrings(documented: type) -> dict[str, str]:
    """The docstring below each annotated field of a class, by field name, in order."""
    (declaration,) = ast.parse(inspect.getsource(documented)).body
    lines = declaration.body if isinstance(declaration, ast.ClassDef) else []
    docstrings: dict[str, str] = {}
    for declared, following in itertools.pairwise(lines):
        match declared, following:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                docstrings[name] = " ".join(text.split())
            case _:
                pass
    return docstrings


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, one line a row."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
