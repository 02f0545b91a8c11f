"""Text from outside made fit for a terminal: nothing in it can act, everything in it can be seen.

A terminal obeys control characters (ESC and the C1 set begin commands), and bidi overrides
and invisible characters make text look like what it is not (Trojan Source, CVE-2021-42574).
The mapping looks at one character at a time, so that text cut anywhere comes out the same.
"""

import re

_KEPT_CONTROLS = "\n\t"

_REPLACED = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0xAD,  # soft hyphen: terminals disagree about its width
    0x061C,
    0x180E,
    0x200B,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),  # line and paragraph separators, bidi embeddings and overrides
    *range(0x2060, 0x2070),  # invisible operators, bidi isolates
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),  # tag characters, which can hide a whole message
]

_SURROGATES = range(0xD800, 0xE000)


def _picture(code: int) -> str:
    if code == 0x0D:
        return ""  # half of a CRLF; drawn it would stand at the end of every line
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in (0x2028, 0x2029):
        return "\n"
    return f"\u2039{code:02X}\u203a"


_PICTURES = {
    **{code: _picture(code) for code in _REPLACED if chr(code) not in _KEPT_CONTROLS},
    **dict.fromkeys(_SURROGATES, "\ufffd"),
}

_UNSAFE = re.compile(
    "["
    + "".join(re.escape(chr(code)) for code in _PICTURES if code not in _SURROGATES)
    + "\ud800-\udfff]"
)


def safe_text(text: str) -> str:
    r"""Replace what a terminal would obey or hide by something visible.

    Newline and tab stay, a carriage return goes. A zero-width joiner stays too: emoji and
    Indic scripts need it, and it can hide nothing. Lone surrogates, which no terminal
    encoding can carry, become U+FFFD.
    """
    return text.translate(_PICTURES) if _UNSAFE.search(text) else text


def safe_line(text: str) -> str:
    """Like `safe_text`, on one line: for names, titles and other labels."""
    return " ".join(safe_text(text).split())
