"""The inside of JSON strings, mended and decoded while it arrives."""

import re

_PLAIN = re.compile(r'[^"\\]+')
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_ESCAPES = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}

_SURROGATE = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)

_PAIR_LENGTH = len(r"\ud83d\ude00")

_OPEN_END = re.compile(
    r"(?<!\\)(?:\\\\)*"
    r"(?P<open>(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3})?)?)\Z"
)
"""An escape that may not be whole, or the first half of a pair; an even run of backslashes is."""


def whole_pairs(json_text: str) -> str:
    r"""JSON in which halves of surrogate pairs are U+FFFD: those who cut text know no pairs."""
    return _SURROGATE.sub(_whole_pair, json_text)


class PairMender:
    """Does what `whole_pairs` does to JSON that arrives in pieces, cut anywhere."""

    def __init__(self) -> None:
        self._open = ""

    def feed(self, piece: str) -> str:
        """The next piece, without what may be the begin of a pair, which comes with a later one."""
        text = self._open + piece
        # most pieces end far from any escape
        match = _OPEN_END.search(text) if "\\" in text[-_PAIR_LENGTH:] else None
        end = len(text) if match is None else match.start("open")
        self._open = text[end:]
        return whole_pairs(text[:end])

    def finish(self) -> str:
        """What was kept back; there is no more to come."""
        text, self._open = self._open, ""
        return whole_pairs(text)


def _whole_pair(match: re.Match[str]) -> str:
    escape = match.group()
    is_whole = escape == r"\\" or len(escape) == _PAIR_LENGTH
    return escape if is_whole else r"\ufffd"


class JsonStringReader:
    """Decodes the inside of a JSON string that may be cut anywhere, also within an escape."""

    def __init__(self) -> None:
        self._escape = ""
        self._high_surrogate = 0

    def read(self, text: str, position: int) -> tuple[str, int]:
        """Decode up to the quote that ends the string, a wrong escape, or the end of `text`.

        Returns the decoded text and where it stopped: on the quote, or on the character
        that makes the escape wrong.
        """
        decoded: list[str] = []
        while position < len(text):
            if self._escape:
                stop = self._read_escape(text, position, decoded)
                if stop == position:
                    break
                position = stop
            elif text[position] == '"':
                self.flush(decoded)
                break
            elif text[position] == "\\":
                self._escape, position = "\\", position + 1
            else:
                plain = _PLAIN.match(text, position)
                assert plain is not None  # noqa: S101 - neither a quote nor a backslash
                self.flush(decoded)
                decoded.append(plain.group())
                position = plain.end()
        return "".join(decoded), position

    @property
    def is_in_escape(self) -> bool:
        """Whether an escape has begun and not ended."""
        return bool(self._escape)

    def flush(self, decoded: list[str]) -> None:
        """Give out a surrogate whose other half did not come."""
        if self._high_surrogate:
            decoded.append(chr(self._high_surrogate))
            self._high_surrogate = 0

    def give_up(self) -> str:
        """The escape that began here and was none."""
        escape, self._escape, self._high_surrogate = self._escape, "", 0
        return escape

    def _read_escape(self, text: str, position: int, decoded: list[str]) -> int:
        character = text[position]
        if self._escape == "\\" and character != "u":
            if character not in _ESCAPES:
                return position
            self.flush(decoded)
            decoded.append(_ESCAPES[character])
            self._escape = ""
            return position + 1
        if self._escape != "\\" and character not in _HEX_DIGITS:
            return position
        self._escape += character
        if len(self._escape) == len("\\u0000"):
            self._take_unit(int(self._escape[2:], 16), decoded)
            self._escape = ""
        return position + 1

    def _take_unit(self, unit: int, decoded: list[str]) -> None:
        high = self._high_surrogate
        if high and 0xDC00 <= unit < 0xE000:
            self._high_surrogate = 0
            decoded.append(chr(0x10000 + (high - 0xD800 << 10) + unit - 0xDC00))
            return
        self.flush(decoded)
        if 0xD800 <= unit < 0xDC00:
            self._high_surrogate = unit
        else:
            decoded.append(chr(unit))
