"""How many columns of a terminal a text takes, and texts cut to that."""

from unicodedata import category, east_asian_width

_ELLIPSIS = "…"


def display_width(text: str) -> int:
    """The columns of a terminal that text takes: Chinese takes two each, an accent none."""
    return len(text) if text.isascii() else sum(map(_width, text))


def cut_start(text: str, columns: int) -> str:
    """Keep the end of a text in at most so many columns: a model's name says most there."""
    if display_width(text) <= columns:
        return text
    room, start = columns - 1, len(text)
    while start and (room := room - _width(text[start - 1])) >= 0:
        start -= 1
    return _ELLIPSIS + text[start:] if columns > 0 else ""


def _width(character: str) -> int:
    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
