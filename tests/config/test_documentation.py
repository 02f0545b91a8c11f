"""Every setting is documented once, and the README shows that documentation."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp.config.config_file import ENDPOINT_NAMES, EndpointTable, endpoint_table
from chatapp.config.documentation import field_docstrings
from chatapp.config.mcp_table import mcp_table
from chatapp.config.options import NAMES, option_help, option_table
from chatapp.config.settings import Settings
from chatapp.providers.presets import preset_table

README = Path(__file__).parents[2] / "README.md"


def test_every_option_has_its_docstring() -> None:
    documented = option_help()
    assert tuple(documented) == NAMES
    assert all(text.endswith(".") for text in documented.values())
    assert tuple(field_docstrings(EndpointTable)) == ENDPOINT_NAMES
    assert "model" in field_docstrings(Settings)


@pytest.mark.parametrize(
    ("marker", "table"),
    [
        ("settings", option_table),
        ("endpoint settings", endpoint_table),
        ("presets", preset_table),
        ("mcp settings", mcp_table),
    ],
)
def test_the_readme_shows_the_table(marker: str, table: Callable[[], str]) -> None:
    text = README.read_text(encoding="utf-8")
    shown = re.search(rf"<!-- {marker} -->\n(.*?)\n<!-- /{marker} -->", text, re.DOTALL)
    if shown is None:
        pytest.skip(f"the README has no table of {marker} yet")
    assert shown[1].strip() == table()
