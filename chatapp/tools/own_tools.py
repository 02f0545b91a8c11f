"""The person's own tools: the documented functions of the Python files in a folder."""

import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from chatapp.core.errors import ToolError
from chatapp.tools.function_tool import FunctionTool

_MODULE_PREFIX = "chatapp_own_tools."
"""Before the names of their modules, that they hide no others."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What every endpoint takes as a tool's name."""


@dataclass(frozen=True, slots=True)
class OwnTools:
    """What a folder has to offer; `problems` is in words for the person, with file and line."""

    tools: tuple[FunctionTool, ...] = ()
    problems: tuple[str, ...] = ()


def load_own_tools(folder: Path, *, timeout_s: float = 60.0) -> OwnTools:
    """Run every `*.py` in `folder` and offer its functions; a folder that is not there has none.

    A tool is a function that has a docstring, is defined in the file itself, and whose name
    does not begin with an underscore. A file that fails is a problem, and the others are
    loaded all the same. Blocks for as long as the files do, and lets them print.
    """
    try:
        files = sorted(folder.glob("*.py"))
    except OSError as error:  # the folder that it is in is closed to us
        return OwnTools(problems=(f"{folder} cannot be read: {error.strerror}",))
    tools: dict[str, FunctionTool] = {}
    problems: list[str] = []
    for file in files:
        if file.name.startswith("_"):
            continue
        try:
            functions = tuple(_documented_functions(_run(file)))
        # the person's code may fail in any way, by sys.exit() too: the others still load
        except (Exception, SystemExit) as error:
            problems.append(_words(file, error))
            continue
        for function in functions:
            tool = FunctionTool(function, origin=file.name, timeout_s=timeout_s)
            if problem := _problem(tool, tools):
                problems.append(f"{file.name}, line {_line(function)}: {problem}")
            else:
                tools[tool.name] = tool
    return OwnTools(tuple(tools.values()), tuple(problems))


def _run(file: Path) -> ModuleType:
    """The file as a module; it is compiled anew, for a cache beside it would only litter."""
    module = ModuleType(_MODULE_PREFIX + file.stem)
    module.__file__ = str(file)
    code = compile(file.read_bytes(), str(file), "exec")
    sys.modules[module.__name__] = module  # annotations in it are looked up there
    try:
        exec(code, module.__dict__)  # noqa: S102 - the person put it there to be run
    except BaseException:  # whatever it was, the caller tells it; no half module stays
        del sys.modules[module.__name__]
        raise
    return module


def _documented_functions(module: ModuleType) -> Iterator[Callable[..., object]]:
    for name, value in vars(module).items():
        is_own = inspect.isfunction(value) and value.__module__ == module.__name__
        if is_own and not name.startswith("_") and inspect.getdoc(value):
            yield value


def _problem(tool: FunctionTool, others: dict[str, FunctionTool]) -> str:
    """Why the tool cannot be offered; empty when it can."""
    if not _NAME.fullmatch(tool.name):
        return f"a tool's name is up to 64 letters a-z, digits and _, not {tool.name}"
    if other := others.get(tool.name):
        return f"{other.origin} already has a tool named {tool.name}"
    try:
        tool.declaration  # noqa: B018 - asked for what it raises
    except ToolError as error:
        return f"{tool.name}: {error}"
    return ""


def _line(function: Callable[..., object]) -> int:
    line: int = inspect.unwrap(function).__code__.co_firstlineno
    return line


def _words(file: Path, error: BaseException) -> str:
    """What went wrong and on which line of the file, as far as it has to do with one."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"{file.name}, line {error.lineno}: {error.msg}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(file)
    ]
    place = f"{file.name}, line {lines[-1]}" if lines else file.name
    return f"{place}: {type(error).__name__}: {error}"
