"""The laws of import: by the declared contracts, and by what a running Python really loads."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def modules_after(statement: str) -> set[str]:
    """The top-level modules and chatapp's own that are loaded after `statement`."""
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    return set(result.stdout.split())


def test_the_declared_contracts_hold() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("module", ["conversation", "ports", "safe_text", "endpoints", "changes"])
def test_the_core_loads_nothing_of_the_world(module: str) -> None:
    loaded = modules_after(f"import chatapp.core.{module}")
    assert loaded.isdisjoint({"asyncio", "textual", "rich", "openai", "httpx2", "jiter", "socket"})


def test_the_session_loads_neither_screen_nor_sdk() -> None:
    loaded = modules_after("import chatapp.session.chat_session")
    assert loaded.isdisjoint({"textual", "rich", "openai", "httpx2"})


def test_the_full_screen_is_there_before_the_sdk() -> None:
    loaded = modules_after("import chatapp.ui.app")
    assert loaded.isdisjoint({"openai", "httpx2", "pydantic", "pygments.lexers", "genai_prices"})
