"""Texts of tool calls: which flow shows one best, and JSON made readable."""

import json

from chatapp.core.partial_json import PartialEntry, ValueKind
from chatapp.core.safe_text import safe_line
from chatapp.ui.transcript.code_flow import CodeFlow
from chatapp.ui.transcript.text_flow import PlainFlow, TextFlow

LONGEST_PRETTY_JSON = 20_000
"""Characters of JSON that are set out over several lines; more is shown as it came."""

_SCANNED = 400


def pretty_json(text: str) -> str:
    """An object or array set out with indents; "" when the text is none, or too long."""
    if len(text) > LONGEST_PRETTY_JSON or text.lstrip()[:1] not in ("{", "["):
        return ""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return ""


def json_or_plain(text: str) -> TextFlow:
    """JSON highlighted and indented where the text is JSON and small, else the text itself."""
    if pretty := pretty_json(text):
        return CodeFlow("json", pretty)
    return PlainFlow(text, is_closed=True)


def opening_of(entry: PartialEntry) -> str:
    """The beginning of a value on one line, safe to show; looks at a bounded part of it."""
    pieces, length = [], 0
    for piece in entry.pieces:
        pieces.append(piece[:_SCANNED])
        length += len(piece)
        if length > _SCANNED:
            break
    opening = safe_line("".join(pieces)[:_SCANNED])
    return '""' if entry.kind is ValueKind.STRING and not entry.pieces else opening


def byte_count(text: str) -> int:
    """Bytes of a text in UTF-8; halves of surrogate pairs count as they would be sent."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def byte_size(count: int) -> str:
    """A number of bytes in the unit that suits it."""
    if count < 1000:
        return f"{count} B"
    if count < 999_950:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1_000_000:.1f} MB"


def duration(seconds: float) -> str:
    """A time span, to tenths of a second while it is short."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s"
