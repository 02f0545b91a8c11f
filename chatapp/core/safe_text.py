"""Text from outside made fit for a terminal: nothing in it can act, everything in it can be seen.

A terminal obeys control characters (ESC and the C1 set begin commands), and bidi overrides
and invisible characters make text look like what it is not (Trojan Source, CVE-2021-42574).
The mapping looks at one character at a time, but for variation selectors, which look at the one
before; `SafeText` remembers that, so that text cut anywhere comes out the same.
"""

import re

_REPLACED = (
    (0x00, 0x08),
    (0x0B, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),  # soft hyphen: terminals disagree about its width
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),  # fillers of Korean syllables, as wide as a letter or as nothing
    (0x17B4, 0x17B5),
    (0x180E, 0x180E),
    (0x200B, 0x200B),
    (0x200E, 0x200F),
    (0x2028, 0x202E),  # line and paragraph separators, bidi embeddings and overrides
    (0x2060, 0x206F),  # invisible operators, bidi isolates
    (0x3164, 0x3164),  # a filler
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),  # a filler
    (0xFFF9, 0xFFFB),
    (0x1BCA0, 0x1BCA3),  # controls of shorthand
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE007F),  # tag characters, which can hide a whole message
    (0xE0100, 0xE01EF),  # variation selectors 17 to 256, likewise
)
"""The first and the last of each stretch; of the controls, newline and tab stay."""

_SURROGATES = (0xD800, 0xDFFF)
_SELECTORS = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F))
"""Variation selectors, the Mongolian ones and 1 to 16. One gives a letter its shape, or makes an
emoji of a sign; a row of them can hide a message."""


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x0D:
        return ""  # half of a CRLF; drawn it would stand at the end of every line
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in (0x2028, 0x2029):
        return "\n"
    if _SURROGATES[0] <= code <= _SURROGATES[1]:
        return "\ufffd"
    if _is_selector(match.group()) and not _is_selector(_before(match)):
        return match.group()
    return _name(code)


def _name(code: int) -> str:
    return f"\u2039{code:02X}\u203a"


def _is_selector(character: str) -> bool:
    return character != "" and any(low <= ord(character) <= high for low, high in _SELECTORS)


def _before(match: re.Match[str]) -> str:
    """The character before it, which is no carriage return, for those go."""
    place = match.start() - 1
    while place >= 0 and match.string[place] == "\r":
        place -= 1
    return match.string[place] if place >= 0 else ""


_LOOKED_AT = (*_REPLACED, _SURROGATES, *_SELECTORS)
_UNSAFE = re.compile(
    "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _LOOKED_AT) + "]"
)


def safe_text(text: str) -> str:
    r"""Replace what a terminal would obey or hide by something visible.

    Newline and tab stay, a carriage return goes. A zero-width joiner stays too: emoji and
    Indic scripts need it, and it can hide nothing; and so does the first of a row of variation
    selectors. Lone surrogates, which no terminal encoding can carry, become U+FFFD.
    """
    return _UNSAFE.sub(_picture, text)


class SafeText:
    """`safe_text` of a text that comes in pieces: together they are that of the whole."""

    __slots__ = ("_ends_with_selector",)

    def __init__(self) -> None:
        self._ends_with_selector = False

    def feed(self, piece: str) -> str:
        """What is shown of one more piece."""
        safe = safe_text(piece)
        if self._ends_with_selector and _is_selector(safe[:1]):
            safe = _name(ord(safe[0])) + safe[1:]
        if heard := piece.rstrip("\r"):
            self._ends_with_selector = _is_selector(heard[-1])
        return safe


def safe_line(text: str) -> str:
    """Like `safe_text`, on one line: for names, titles and other labels."""
    return " ".join(safe_text(text).split())
