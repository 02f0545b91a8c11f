"""Bytes of unknown encoding as text."""

import codecs

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_CHARACTER_SETS = (
    *("utf-", "ascii", "iso8859", "iso2022", "latin", "cp", "koi8", "mac"),
    *("gb", "big5", "shift_jis", "euc_", "johab", "hz", "tis"),
)
"""How Python's names of character sets begin; its other codecs are no business of a server."""

_SNIFFED_BYTES = 8192


def is_binary(data: bytes) -> bool:
    """Whether the bytes are no text, judged as git does: by a NUL near the start."""
    has_mark = any(data.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS)
    return b"\0" in data[:_SNIFFED_BYTES] and not has_mark


def decode_text(data: bytes, declared: str = "") -> str:
    """Decode by byte order mark, by the declared encoding, as UTF-8, or as GB18030.

    Total: what fits none, and what is UTF-8 for the most part, such as a text that was cut, is
    UTF-8 with replacement characters.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if name := _character_set(declared):
        return data.decode(name, "replace")
    text = data.decode("utf-8", "replace")
    if _is_mostly_sound(text):
        return text
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return text


def _is_mostly_sound(text: str) -> bool:
    """Whether more came out whole than damaged; GB18030 takes nearly any bytes for Chinese.

    Only what takes three bytes counts, as Chinese does: in GB18030 two often look like a character.
    """
    damaged = text.count("\ufffd")
    return not damaged or sum(character > "\u07ff" for character in text) > 2 * damaged


def _character_set(name: str) -> str:
    """Python's name for it; empty when there is none. GB2312 on the web means its superset."""
    try:
        known = codecs.lookup(name.strip()).name if name.strip() else ""
    except (LookupError, ValueError):
        return ""
    if known in ("gb2312", "gbk"):
        return "gb18030"
    return known if known.startswith(_CHARACTER_SETS) else ""
