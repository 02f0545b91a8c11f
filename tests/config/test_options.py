"""Every option is documented once, and the README shows that documentation."""

import re
from pathlib import Path

import pytest

from chatapp.config.options import NAMES, option_help, option_table

README = Path(__file__).parents[2] / "README.md"


def test_every_option_has_its_docstring() -> None:
    documented = option_help()
    assert tuple(documented) == NAMES
    assert all(text.endswith(".") for text in documented.values())


def test_the_readme_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    shown = re.search(r"<!-- settings -->\n(.*?)<!-- /?settings -->", text, re.DOTALL)
    if shown is None:
        pytest.skip("the README has no table of settings yet")
    assert shown[1].strip() == option_table()
