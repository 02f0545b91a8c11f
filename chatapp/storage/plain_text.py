"""Markdown and JSON as plain words: what a person reads of them, without the marks.

A piece of a text is read line by line, by what its lines look like, so that it costs what the
piece is long; what is unsure, and code, stays as it is. Words stay too, all but the addresses of
links and the languages of code.
"""

import re
from collections.abc import Iterator

BULLET = "\u2022"
"""What stands before an item of a list."""

_MARKUP = re.compile(r"[*`~#>|\[{\"\\<]|^\s*[-+=]", re.MULTILINE)
"""Without any of it there is nothing to do."""

_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_RULE = re.compile(r"\s*[-*_=|:](?:\s*[-*_=|:]){2,}\s*")
"""A line between parts, or below the head of a table."""

_QUOTE = re.compile(r"\s*>[>\s]*")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_BULLET = re.compile(r"\s*[-*+]\s+(?:\[[ xX]\]\s+)?")
_CELL_END = re.compile(r"\s*\|\s*")
_EMPHASIS = re.compile(
    r"(?<![A-Za-z0-9*~\\])(\*{1,3}|~~)(?=[^\s*~])([^*~]*[^\s*~\\])\1(?![A-Za-z0-9*~])"
)
_EMPHASIS_DEPTH = 2
"""Marks within marks that are looked for."""

_INLINE = re.compile(
    r"(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"
    r"|<(?P<address>https?://[^\s<>]+)>"
    r"|(?P<line_break><br\s*/?>)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
)

_HEAD_LENGTH = 200
"""Characters of a line that tell what it is."""

_JSON = re.compile(r"\s*(?:(?:[\w.-]{1,64} )?[\[{][\[{\s]*\"|\"(?:[^\"\\]|\\.)*\"\s*:)")
"""How a line of JSON begins; the name before it is that of a tool that was called."""

_BESIDE_JSON = re.compile(r"[\s\[\]{},]*(?:\"(?:[^\"\\]|\\.)*\"\s*,?\s*)?")
"""Brackets, or a string in a list."""

_JSON_TOKEN = re.compile(
    r"\"(?P<text>(?:[^\"\\]|\\.)*)\"?|\s*(?P<mark>[:,])\s*|\{\s*\}|\[\s*\]|(?P<bracket>[{}\[\]])"
)
_JSON_QUOTE = re.compile(r"(?<!\\)\"(?P<ends>\s*(?:[:,}\]]|$))?")
_JSON_ESCAPE = re.compile(r"((?:\\u[0-9a-fA-F]{4})+)|\\(.)")


def plain_text(text: str, start: int, end: int) -> str:
    """The words of a piece of a text; what stands before it tells what it is."""
    piece = text[start:end]
    if not _MARKUP.search(piece):
        return piece
    line_start = text.rfind("\n", 0, start) + 1
    head = text[line_start : line_start + _HEAD_LENGTH]
    is_code = text.count("```", 0, start) % 2 == 1
    return "\n".join(_plain_lines(piece.split("\n"), head, is_code))


def _plain_lines(lines: list[str], head: str, is_code: bool) -> Iterator[str]:
    """The lines that say something; `head` is how the first begins, which may be cut."""
    json_lines = [bool(_JSON.match(line)) for line in (head, *lines[1:])]
    has_json = any(json_lines)
    for line, is_json in zip(lines, json_lines, strict=True):
        if _FENCE.match(line):
            is_code = not is_code
        elif is_json or (has_json and _BESIDE_JSON.fullmatch(line)):
            yield _json_words(line)
        elif is_code:
            yield line
        elif not _RULE.fullmatch(line):
            yield _prose(line)


def _prose(line: str) -> str:
    line = _QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line
    if (heading := _HEADING.match(line)) is not None:
        line = line[heading.end() :].rstrip("# ")
    elif (bullet := _BULLET.match(line)) is not None:
        line = f"{BULLET} {line[bullet.end() :]}"
    elif line.lstrip().startswith("|"):
        line = _CELL_END.sub(" \u00b7 ", line.strip().strip("|").strip())
    for _ in range(_EMPHASIS_DEPTH):
        line, count = _EMPHASIS.subn(_stressed_words, line)
        if not count:
            break
    return _INLINE.sub(_inline_words, line)


def _stressed_words(match: re.Match[str]) -> str:
    text = match.string
    stands_in_code = text[match.start() - 1 : match.start()] == "`" == text[match.end() :][:1]
    is_cut_by_code = match[2].count("`") % 2 == 1
    return match[0] if stands_in_code or is_cut_by_code else match[2]


def _inline_words(match: re.Match[str]) -> str:
    if match["line_break"]:
        return " "
    return match["code"] or match["label"] or match["address"] or match["escaped"] or ""


def _json_words(line: str) -> str:
    first = _JSON_QUOTE.search(line)
    is_in_string = first is not None and first["ends"] is not None
    return _JSON_TOKEN.sub(_token_words, f'"{line}' if is_in_string else line).strip()


def _token_words(token: re.Match[str]) -> str:
    if token["text"] is not None:
        return _JSON_ESCAPE.sub(_unescaped, token["text"])
    if token["mark"]:
        return f"{token['mark']} "
    return "" if token["bracket"] else token[0]


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1]:
        return bytes.fromhex(escape[1].replace("\\u", "")).decode("utf-16-be", "replace")
    return " " if escape[2] in "bfnrt" else escape[2]
