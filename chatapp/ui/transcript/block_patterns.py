"""What begins and ends a Markdown block, as regular expressions and questions about one line."""

import re

from chatapp.ui.transcript.block_tree import Alignment, ListMarker

CODE_INDENT = 4

MAYBE_BLOCK_START = re.compile(r"[#`~*+_=<>0-9|:-]")
"""A line whose first visible character is none of these can only be running text."""

ALL_MARKERS = re.compile(r"(?:[-=+*_#`~|:> \t]*|\d{1,3}[.)]?)$")
"""Text that does not show yet what it will be."""

ATX_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
ATX_CLOSING = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
SETEXT_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
THEMATIC_BREAK = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
FENCE_OPENING = re.compile(r"(`{3,})(?!.*`)|(~{3,})")
FENCE_CLOSING = re.compile(r"(`{3,}|~{3,})[ \t]*$")

_LIST_MARKER = re.compile(r"([*+-])|(\d{1,9})([.)])")
_DELIMITER_ROW = re.compile(r"(?:\||-[-|:]|:[-|:\s])[-|:\s]*$|-$|:$")
_DELIMITER_CELL = re.compile(r":?-+:?$")

_HTML_BLOCK_NAMES = (
    "address article aside base basefont blockquote body caption center col colgroup dd details "
    "dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 "
    "head header hr html iframe legend li link main menu menuitem nav noframes ol optgroup option "
    "p param search section summary table tbody td tfoot th thead title tr track ul"
)
_ATTRIBUTE = (
    r"(?:\s+[a-zA-Z_:][a-zA-Z0-9:._-]*"
    r"(?:\s*=\s*(?:[^\"'=<>`\x00-\x20]+|'[^']*'|\"[^\"]*\"))?)"
)
_HTML_OPENINGS = (
    re.compile(r"<(?:script|pre|style|textarea)(?:\s|>|$)", re.IGNORECASE),
    re.compile(r"<!--"),
    re.compile(r"<\?"),
    re.compile(r"<![A-Za-z]"),
    re.compile(r"<!\[CDATA\["),
    re.compile(rf"</?(?:{'|'.join(_HTML_BLOCK_NAMES.split())})(?:\s|/?>|$)", re.IGNORECASE),
    re.compile(rf"(?:<[A-Za-z][A-Za-z0-9-]*{_ATTRIBUTE}*\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>)\s*$"),
)
_HTML_ENDINGS = (
    re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE),
    re.compile(r"-->"),
    re.compile(r"\?>"),
    re.compile(r">"),
    re.compile(r"\]\]>"),
)

HTML_ENDS_AT_BLANK = 6
"""HTML blocks of this kind and the next end before a blank line."""


def html_opening(text: str, *, is_in_paragraph: bool) -> int:
    """Which kind of HTML block, 1 to 7, the line begins; 0 for none."""
    for kind, pattern in enumerate(_HTML_OPENINGS, start=1):
        if pattern.match(text):
            return 0 if kind == len(_HTML_OPENINGS) and is_in_paragraph else kind
    return 0


def html_ends(kind: int, text: str) -> bool:
    """Whether the line ends an HTML block of `kind`."""
    return kind < HTML_ENDS_AT_BLANK and _HTML_ENDINGS[kind - 1].search(text) is not None


def list_marker(text: str) -> tuple[ListMarker, int] | None:
    """The marker a line begins with, and its length."""
    match = _LIST_MARKER.match(text)
    if match is None or text[match.end() : match.end() + 1] not in ("", " ", "\t"):
        return None
    if match[1]:
        return ListMarker(bullet=match[1]), 1
    return ListMarker(delimiter=match[3], start=int(match[2])), match.end()


def table_cells(line: str) -> list[str]:
    r"""The cells of a table row; `\|` is a bar inside a cell."""
    line = line.strip()
    parts = line.split("|")
    cells = [parts[0]]
    for part in parts[1:]:
        if cells[-1].endswith("\\"):
            cells[-1] = f"{cells[-1][:-1]}|{part}"
        else:
            cells.append(part)
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return [cell.strip() for cell in cells]


def delimiter_row(text: str) -> tuple[Alignment | None, ...] | None:
    """The columns' alignments when `text` is the line below a table's header."""
    if not _DELIMITER_ROW.match(text):
        return None
    columns = [column.strip() for column in text.split("|")]
    if not columns[0]:
        del columns[0]
    if columns and not columns[-1]:
        del columns[-1]
    if not columns or not all(map(_DELIMITER_CELL.match, columns)):
        return None
    return tuple(map(_alignment, columns))


def _alignment(column: str) -> Alignment | None:
    if column.endswith(":"):
        return Alignment.CENTER if column.startswith(":") else Alignment.RIGHT
    return Alignment.LEFT if column.startswith(":") else None
