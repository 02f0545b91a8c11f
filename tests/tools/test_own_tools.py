import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.own_tools import load_own_tools

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


async def test_the_example_works() -> None:
    loaded = load_own_tools(EXAMPLES)
    assert loaded.problems == ()
    (tool,) = loaded.tools
    assert tool.declaration.name == "get_weather"
    assert "获取指定城市的天气信息" in tool.declaration.description
    assert tool.declaration.parameters["required"] == ["city"]
    assert tool.origin == "weather.py"
    assert tool.default_policy is Policy.ASK
    assert await tool.run({"city": "北京"}, lambda _: None) == (
        '{"city": "北京", "date": "明天", "temperature": 22, "weather": "小雨", '
        '"humidity": 85, "wind": "东北风3级"}'
    )


def test_the_readme_shows_the_example() -> None:
    readme = (EXAMPLES.parents[1] / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(def .*?)```", readme, re.DOTALL)
    assert shown is not None
    example = ast.parse((EXAMPLES / "weather.py").read_text(encoding="utf-8"))
    assert ast.dump(ast.parse(shown[1]).body[0]) == ast.dump(example.body[-1])


FILE = '''
from __future__ import annotations

import json
from dataclasses import dataclass
from textwrap import dedent

@dataclass
class Point:
    x: int
    y: int = 0

def far(point: Point) -> int:
    """Add up."""
    return point.x + point.y

async def slow(text: str) -> str:
    """Wait."""
    yield "half"
    yield text

def undocumented(): ...

def _private():
    """Hidden."""

other = lambda: 1
alias = dedent
'''


async def test_documented_public_functions_of_the_file_are_tools(tmp_path: Path) -> None:
    before = set(sys.path)
    loaded = load_own_tools(write(tmp_path, tools=FILE, _helper="raise SystemExit"))
    assert loaded.problems == ()
    assert [tool.name for tool in loaded.tools] == ["far", "slow"]
    far, slow = loaded.tools
    assert await far.run({"point": {"x": 2}}, lambda _: None) == "2"
    said: list[str] = []
    assert await slow.run({"text": "done"}, said.append) == "done"
    assert said[0] == "half"
    assert set(sys.path) == before
    assert not list(tmp_path.glob("*/"))  # noqa: ASYNC240 - no cache beside the files either


GOOD = 'def good() -> str:\n    """Do good."""\n    return "good"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\ndef broken(:\n    pass\n", "broken.py, line 2: invalid syntax"),
        ("\n\nimport no_such_module\n", "broken.py, line 3: ModuleNotFoundError: No module named"),
        ("def f():\n    return 1 / 0\n\nf()\n", "broken.py, line 2: ZeroDivisionError"),
        ("import json\njson.loads('{')\n", "broken.py, line 2: JSONDecodeError"),
        ("raise SystemExit(2)", "broken.py, line 1: SystemExit: 2"),
        ("import sys\nexec('1 +')", "broken.py, line 2: SyntaxError"),
        ("x = '\0'", "broken.py"),
        ('\ndef many(*them: str):\n    """Take."""\n', "broken.py, line 2: many: its parameters"),
        ('def bare(x):\n    """Take."""\n', "broken.py, line 1: bare: its parameters cannot"),
        ('def 天气() -> str:\n    """Tell."""\n', "broken.py, line 1: a tool's name is"),
    ],
)
def test_a_broken_file_is_reported_with_its_line_and_the_rest_load(
    tmp_path: Path, text: str, problem: str
) -> None:
    loaded = load_own_tools(write(tmp_path, broken=text, good=GOOD))
    assert [tool.name for tool in loaded.tools] == ["good"]
    (told,) = loaded.problems
    assert told.startswith(problem)


def test_a_file_that_cannot_be_decoded_is_reported(tmp_path: Path) -> None:
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "folder.py").mkdir()
    loaded = load_own_tools(write(tmp_path, good=GOOD))
    assert [tool.name for tool in loaded.tools] == ["good"]
    assert [problem.partition(",")[0].partition(":")[0] for problem in loaded.problems] == [
        "bytes.py",
        "folder.py",
    ]


def test_a_name_can_be_had_once(tmp_path: Path) -> None:
    loaded = load_own_tools(write(tmp_path, a=GOOD, b="\n" + GOOD))
    assert [tool.origin for tool in loaded.tools] == ["a.py"]
    assert loaded.problems == ("b.py, line 2: a.py already has a tool named good",)


def test_no_folder_no_tools(tmp_path: Path) -> None:
    loaded = load_own_tools(tmp_path / "missing")
    assert (loaded.tools, loaded.problems) == ((), ())


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="it lists nothing there, and fails not")
def test_a_folder_that_is_closed_is_reported(tmp_path: Path) -> None:
    closed = tmp_path / ("x" * 300)  # what the system refuses, whoever asks
    (problem,) = load_own_tools(closed).problems
    assert problem.startswith(f"{closed} cannot be read: ")


async def test_a_tool_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    text = 'import time\ndef nap() -> None:\n    """Nap."""\n    time.sleep(1)\n'
    (tool,) = load_own_tools(write(tmp_path, nap=text), timeout_s=0.05).tools
    with pytest.raises(ToolError, match=r"nap took longer than 0\.05 s"):
        await tool.run({}, lambda _: None)


def test_a_hanging_tool_does_not_keep_the_program(tmp_path: Path) -> None:
    text = 'import time\ndef nap() -> None:\n    """Nap."""\n    time.sleep(60)\n'
    write(tmp_path, nap=text)
    code = (
        "import asyncio, pathlib, sys\n"
        "from chatapp.core.errors import ToolError\n"
        "from chatapp.tools.own_tools import load_own_tools\n"
        "(tool,) = load_own_tools(pathlib.Path(sys.argv[1]), timeout_s=0.05).tools\n"
        "try: asyncio.run(tool.run({}, print))\n"
        "except ToolError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "nap took longer than 0.05 s\n"
