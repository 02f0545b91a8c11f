"""What is missing is named as pyproject.toml has it, with a command for the Python that runs us."""

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chatapp.extras import KEYRING, LOCAL, MCP, install_command

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_requirements_are_those_of_the_extras() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    for extra, requirement in (("local", LOCAL), ("keyring", KEYRING), ("mcp", MCP)):
        first, *_ = project["optional-dependencies"][extra]
        assert first.partition(";")[0] == requirement


@pytest.mark.skipif(sys.platform == "win32", reason="pasted into another shell there")
def test_the_command_is_one_of_our_own_python() -> None:
    line = f"{install_command(KEYRING)} --help"
    answer = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    assert "pip install" in answer.stdout
    assert shlex.split(line)[:5] == [sys.executable, "-m", "pip", "install", KEYRING]
