"""Small JSON files of ours that map names to texts, for the person's eyes alone."""

from collections.abc import Mapping
from pathlib import Path


def read_text_table(path: Path) -> dict[str, str]:
    """What the file says; nothing where there is no file, or none that can be understood."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    import json  # late: most people have no such file

    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if isinstance(value, str)}


def write_text_table(path: Path, table: Mapping[str, str]) -> None:
    """Write the file in the place of the old one. Raises OSError.

    In ASCII, for a name from elsewhere may hold halves of characters that UTF-8 has no bytes for.
    """
    import json

    from chatapp.paths import write_private_file  # late: `--version` needs none of it

    write_private_file(path, json.dumps(table, indent=2) + "\n")
