"""Halves of surrogate pairs, which JSON can name and no file or database can hold."""

import re

_LONE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """The text with U+FFFD in the place of each."""
    return _LONE.sub("\ufffd", text)


def escaped_surrogates(json_text: str) -> str:
    r"""JSON text with each written as \udXXX, which is the same JSON."""
    return _LONE.sub(lambda half: f"\\u{ord(half.group()):04x}", json_text)
