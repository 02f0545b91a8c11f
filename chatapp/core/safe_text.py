"""Text from outside made fit for a terminal: nothing in it can act, everything in it can be seen.

A terminal obeys control characters (ESC and the C1 set begin commands), and bidi overrides
and invisible characters make text look like what it is not (Trojan Source, CVE-2021-42574).
The mapping looks at one character at a time, so that text cut anywhere comes out the same.
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
    (0x180B, 0x180F),
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
    return f"\u2039{code:02X}\u203a"


_UNSAFE = re.compile(
    "["
    + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in (*_REPLACED, _SURROGATES))
    + "]"
)


def safe_text(text: str) -> str:
    r"""Replace what a terminal would obey or hide by something visible.

    Newline and tab stay, a carriage return goes. A zero-width joiner stays too: emoji and
    Indic scripts need it, and it can hide nothing. Lone surrogates, which no terminal
    encoding can carry, become U+FFFD.
    """
    return _UNSAFE.sub(_picture, text)


def safe_line(text: str) -> str:
    """Like `safe_text`, on one line: for names, titles and other labels."""
    return " ".join(safe_text(text).split())
