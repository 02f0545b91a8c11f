"""Which variables of an environment are keys, told by their names."""

import re
from collections.abc import Mapping

_IS_KEY = re.compile(r"(?i)(^|_)(key|keys|apikey|token|secret|passw(or)?d)(_|$)|custom_headers$")


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for a child of ours that asks nobody for anything, and so needs no key."""
    return {name: value for name, value in environ.items() if not _IS_KEY.search(name)}
