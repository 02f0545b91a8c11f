"""In which programming language an argument of a tool call is written, as far as one can tell."""

from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath

_BY_KEY: Mapping[str, str] = {
    "sql": "sql",
    "html": "html",
    "css": "css",
    "json": "json",
    "yaml": "yaml",
    "patch": "diff",
    "diff": "diff",
    "command": "bash",
    "cmd": "bash",
    "shell": "bash",
    "bash": "bash",
    "script": "bash",
    "python": "python",
    "javascript": "javascript",
}
_CODE_KEYS = ("code", "source", "source_code", "snippet", "program")
_CONTENT_KEYS = (
    "content",
    "contents",
    "file_content",
    "text",
    "new_text",
    "old_text",
    "new_string",
    "old_string",
    "old_str",
    "new_str",
    "file_text",
    "insert_text",
)
_PATH_KEYS = ("path", "file", "filename", "file_name", "file_path", "filepath")
_LANGUAGE_KEYS = ("language", "lang")
_BY_OPENING = (
    ("<!doctype html", "html"),
    ("<html", "html"),
    ("<?xml", "xml"),
    ("diff --git ", "diff"),
    ("--- a/", "diff"),
    ("*** begin patch", "diff"),
)
_PROSE = ("", "text", "markdown", "md")


def hinted_language(key: str, value: str) -> str:
    """The language that an argument names for its neighbours; "" when it names none."""
    key = key.lower()
    if key in _LANGUAGE_KEYS:
        return value.strip().lower()
    return _language_of_file(value) if key in _PATH_KEYS else ""


def language_of(key: str, opening: str, tool_name: str, hint: str) -> str:
    """The language of an argument whose first line is `opening`; "" when it is no code."""
    key = key.lower()
    if key in _BY_KEY:
        return _BY_KEY[key] if key != "script" else _by_opening(opening) or "bash"
    if key in _CODE_KEYS:
        return hint or _by_opening(opening) or _named_in(tool_name) or "python"
    found = _by_opening(opening) or (hint if key in _CONTENT_KEYS else "")
    return "" if found in _PROSE else found


def _by_opening(opening: str) -> str:
    opening = opening.lower()
    if opening.startswith("#!"):
        return "python" if "python" in opening else "bash"
    return next((name for start, name in _BY_OPENING if opening.startswith(start)), "")


def _named_in(tool_name: str) -> str:
    words = tool_name.lower().replace("-", "_").split("_")
    known = ("python", "javascript", "typescript", "sql", "bash", "ruby", "html")
    return next((name for name in known if name in words), "")


def _language_of_file(path: str) -> str:
    return _language_of_name(PurePosixPath(path.replace("\\", "/")).name[-80:])


@cache
def _language_of_name(name: str) -> str:
    """The short name of the lexer for a file name; pygments knows some hundred endings."""
    from pygments.lexers import find_lexer_class_for_filename

    lexer = find_lexer_class_for_filename(name) if name else None
    aliases: list[str] = list(lexer.aliases) if lexer is not None else []
    return aliases[0] if aliases else ""
