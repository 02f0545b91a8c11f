"""A readable view of JSON that is still arriving, as a model writes the arguments of a call.

The parser takes fragments cut anywhere, says of every key of the object what is known so far,
and only ever appends to what it said. It never raises: from where a text ceases to be JSON it is
kept as it came, in `rest`, and `problem` says what was expected there.

It reads what `json.loads` reads, and forgives two habits of models: a Markdown fence around
the object, and newlines inside strings.
"""

import json
import re
from collections.abc import Callable
from enum import StrEnum

from chatapp.core.json_strings import JsonStringReader

_BLANKS = re.compile(r"[ \t\r\n]*")
_SCALAR_PIECE = re.compile(r"[-+.0-9A-Za-z]+")
_SCALAR = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|-?Infinity|NaN|true|false|null"
)
_FENCE_LINE = re.compile(r"`{3,}[ \t]*[A-Za-z0-9]*[ \t]*\r?")
_FENCE_END = re.compile(r"[` \t\r\n]*")
_LONGEST_FENCE_LINE = 40


class ValueKind(StrEnum):
    """What a value is, known from its first character."""

    STRING = "string"
    NUMBER = "number"
    LITERAL = "literal"
    OBJECT = "object"
    ARRAY = "array"


class PartialEntry:
    """A key of the object and its value as far as both are known.

    `kind` is None until the value begins. A bare value, one that is in no object, has no key.
    """

    __slots__ = ("_key_pieces", "is_complete", "kind", "pieces")

    def __init__(self, has_key: bool) -> None:
        self._key_pieces: list[str] | None = [] if has_key else None
        self.kind: ValueKind | None = None
        self.is_complete = False
        self.pieces: list[str] = []
        """The value's text in the pieces in which it came; only appended to."""

    @property
    def key(self) -> str | None:
        """The key as far as it is known."""
        return None if self._key_pieces is None else "".join(self._key_pieces)

    @property
    def text(self) -> str:
        """The value so far: a string decoded, anything else as JSON on one line."""
        return "".join(self.pieces)

    def add_to_key(self, text: str) -> None:
        """The key goes on."""
        if self._key_pieces is not None:
            self._key_pieces.append(text)


class PartialJson:
    """Reads one JSON text in fragments; every fragment costs its own length.

    `entries` are the keys of the object in the order in which they came, a repeated one as
    often as it came. A text that is no object gives one entry without a key.
    """

    def __init__(self, text: str = "") -> None:
        self.entries: list[PartialEntry] = []
        self.rest: list[str] = []
        """From where the text ceased to be JSON, in pieces."""
        self.problem = ""
        """What was expected where `rest` begins; empty while there is none."""
        self.is_complete = False
        """Whether the value has come to its end."""
        self._read: Callable[[str, int], int] = self._read_start
        self._closers: list[str] = []
        self._own_depth = 0
        self._string = JsonStringReader()
        self._token: list[str] = []
        self._fence: str | None = None
        self.feed(text)

    def feed(self, fragment: str) -> None:
        """Take in the next piece of the text."""
        position = 0
        while position < len(fragment):
            position = self._read(fragment, position)

    def close(self) -> None:
        """The text is over: a bare number, which could have gone on, is complete."""
        if self._read == self._read_scalar:
            self._end_scalar("", 0)
        if not self.is_complete and not self.problem and self._read != self._read_start:
            self.problem = "the text ends before the value does"

    # -- before the value ------------------------------------------------------------------

    def _read_start(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position == len(text):
            return position
        if text[position] == "`" and self._fence is None:
            self._fence, self._read = "", self._read_fence
        elif text[position] == "{":
            self._closers, self._own_depth = ["}"], 1
            self._read = self._read_first_key
            return position + 1
        elif text[position] == "\ufeff":
            return position + 1
        else:
            self.entries.append(PartialEntry(has_key=False))
            self._read = self._read_value
        return position

    def _read_fence(self, text: str, position: int) -> int:
        """The line of a Markdown fence, hidden unless it turns out to be none."""
        before = self._fence or ""
        stop = text.find("\n", position)
        self._fence = before + text[position : stop if stop >= 0 else len(text)]
        if stop >= 0 and _FENCE_LINE.fullmatch(self._fence):
            self._read = self._read_start
            return stop + 1
        if stop >= 0 or len(self._fence) > _LONGEST_FENCE_LINE:
            self.rest.append(before)
            return self._fail("a value", position)
        return len(text)

    # -- the grammar -----------------------------------------------------------------------

    def _read_first_key(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position < len(text) and text[position] == "}":
            return self._close_container(position)
        return self._read_next_key(text, position)

    def _read_next_key(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position == len(text):
            return position
        if text[position] != '"':
            return self._fail("a key in quotes", position)
        if self._is_nested:
            self._emit('"')
        else:
            self.entries.append(PartialEntry(has_key=True))
        self._read = self._read_key
        return position + 1

    def _read_key(self, text: str, position: int) -> int:
        decoded, position = self._string.read(text, position)
        if self._is_nested:
            self._emit_escaped(decoded)
        else:
            self.entries[-1].add_to_key(decoded)
        if position < len(text):
            if self._string.is_in_escape:
                return self._fail_in_escape(position)
            if self._is_nested:
                self._emit('"')
            self._read = self._read_colon
            return position + 1
        return position

    def _read_colon(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position == len(text):
            return position
        if text[position] != ":":
            return self._fail("':'", position)
        if self._is_nested:
            self._emit(": ")
        self._read = self._read_value
        return position + 1

    def _read_first_element(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position < len(text) and text[position] == "]":
            return self._close_container(position)
        return self._read_value(text, position)

    def _read_value(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position == len(text):
            return position
        character = text[position]
        if character == '"':
            self._begin(ValueKind.STRING, '"' if self._is_nested else "")
            self._read = self._read_string
        elif character == "{":
            self._begin(ValueKind.OBJECT, "{")
            self._closers.append("}")
            self._read = self._read_first_key
        elif character == "[":
            self._begin(ValueKind.ARRAY, "[")
            self._closers.append("]")
            self._read = self._read_first_element
        elif character in "-0123456789NI":
            self._begin(ValueKind.NUMBER)
            self._read = self._read_scalar
            return position
        elif character in "tfn":
            self._begin(ValueKind.LITERAL)
            self._read = self._read_scalar
            return position
        else:
            return self._fail("a value", position)
        return position + 1

    def _read_string(self, text: str, position: int) -> int:
        decoded, position = self._string.read(text, position)
        if self._is_nested:
            self._emit_escaped(decoded)
        elif decoded:
            self._emit(decoded)
        if position == len(text):
            return position
        if self._string.is_in_escape:
            return self._fail_in_escape(position)
        if self._is_nested:
            self._emit('"')
        self._end_value()
        return position + 1

    def _read_scalar(self, text: str, position: int) -> int:
        piece = _SCALAR_PIECE.match(text, position)
        if piece is not None:
            self._token.append(piece.group())
            self._emit(piece.group())
            position = piece.end()
        return self._end_scalar(text, position) if position < len(text) else position

    def _end_scalar(self, text: str, position: int) -> int:
        token = "".join(self._token)
        self._token.clear()
        if _SCALAR.fullmatch(token) is None:
            return self._fail("a number, true, false or null", position)
        self._end_value()
        return position

    def _read_separator(self, text: str, position: int) -> int:
        position = self._skip(text, position, _BLANKS)
        if position == len(text):
            return position
        closer = self._closers[-1]
        if text[position] == closer:
            return self._close_container(position)
        if text[position] != ",":
            return self._fail(f"',' or '{closer}'", position)
        if self._is_nested:
            self._emit(", ")
        self._read = self._read_next_key if closer == "}" else self._read_value
        return position + 1

    def _read_end(self, text: str, position: int) -> int:
        position = self._skip(text, position, _FENCE_END if self._fence else _BLANKS)
        return position if position == len(text) else self._fail("the end", position)

    def _read_rest(self, text: str, position: int) -> int:
        self.rest.append(text[position:])
        return len(text)

    # -- steps -----------------------------------------------------------------------------

    @property
    def _is_nested(self) -> bool:
        """Whether we are inside the value of an entry."""
        return len(self._closers) > self._own_depth

    @staticmethod
    def _skip(text: str, position: int, blanks: re.Pattern[str]) -> int:
        found = blanks.match(text, position)
        return found.end() if found is not None else position

    def _begin(self, kind: ValueKind, opening: str = "") -> None:
        if not self._is_nested:
            self.entries[-1].kind = kind
        if opening:
            self._emit(opening)

    def _close_container(self, position: int) -> int:
        if self._is_nested:
            self._emit(self._closers.pop())
            self._end_value()
        else:
            self._closers.pop()
            self._finish()
        return position + 1

    def _end_value(self) -> None:
        if self._closers:
            self._read = self._read_separator
        if not self._is_nested:
            self.entries[-1].is_complete = True
            if not self._closers:
                self._finish()

    def _finish(self) -> None:
        self.is_complete = True
        self._read = self._read_end

    def _emit(self, text: str) -> None:
        self.entries[-1].pieces.append(text)

    def _emit_escaped(self, decoded: str) -> None:
        """Text of a string within a value, as JSON again but with its characters plain."""
        if decoded:
            self._emit(json.dumps(decoded, ensure_ascii=False)[1:-1])

    def _fail_in_escape(self, position: int) -> int:
        self.rest.append(self._string.give_up())
        return self._fail("a known escape", position)

    def _fail(self, expected: str, position: int) -> int:
        self.problem = f"expected {expected}"
        self._read = self._read_rest
        return position
