"""Text that would like to be obeyed, and what must never be in a terminal's input.

Each sequence has a mark inside that nothing else has, so that it can be found wherever it went.
"""

import re
from urllib.parse import urlsplit

_MARK = "Zq{venue}{number:02}z"
_IS_MARK = re.compile(r"Zq[a-z]{2}\d\dz")

_SEQUENCES = (
    "\x1b]0;{m}\x07",
    "\x1b]8;;file:///{m}\x1b\\{m}\x1b]8;;\x1b\\",
    "\x1b]52;c;{m}\x1b\\",
    "\x1b[7777;1H{m}",
    "\x1b[7777m{m}\x1b[2J",
    "\x1bP+q{m}\x1b\\",
    "\x1b_G{m}\x1b\\",
    "\x1b^{m}\x1b\\",
    "\x1bX{m}\x1b\\",
    "\x9b7777;1H{m}",
    "\x9d0;{m}\x9c",
    "\x90{m}\x9c\x9e{m}\x9c\x9f{m}\x9c",
    "\x1bc{m}",
    "\x1b{m}",
    "\x1b(0{m}\x0e\x0f",
    "{m}\r\b\b\x0b\x0c\x7f\x00",
    "{m}\x85\x84\x8d",
    "\u202e{m}\u202c",
    "\u2066{m}\u2069\u200e\u200f\u061c",
    "{m}\u200b\u2060\ufeff\u00ad\u180e",
    "{m}\U000e0001\U000e0041\U000e007f",
    "\u2028{m}\u2029",
    "[bold red]{m}[/bold red]",
    "[@click=app.quit]{m}[/]",
    "[link=file:///{m}]{m}[/link]",
    "[/] [/{m}] [{m}",
    "[{m}](javascript:alert('{m}'))",
    "[{m}](file:///etc/{m})",
    "[{m}](https://example.com/\x1b]0;{m}\x07)",
    "![{m}](\x1b]0;{m}\x07)",
    "<file:///{m}> file:///{m}",
    "<b onclick='{m}'>{m}</b>",
    "$(touch {m}) `touch {m}`",
)

_CONTROL = re.compile(
    r"\x1b\](?P<command>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b[P_^X](?P<device>[^\x1b\x07]*)\x1b\\"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[=>78]"
)
"""What a program may say to a terminal; a string's end by anything else is not among it."""

_FORBIDDEN = re.compile(
    "[\x00-\x06\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def bad_texts(venue: str) -> list[str]:
    """The corpus for one way to the screen, which two letters name."""
    return [
        sequence.format(m=_MARK.format(venue=venue, number=number))
        for number, sequence in enumerate(_SEQUENCES)
    ]


def bad_text(venue: str, separator: str = "\n\n") -> str:
    """All of it in one."""
    return separator.join(bad_texts(venue))


def marks_shown(output: bytes) -> dict[str, set[str]]:
    """Which marks a person has seen, by venue: those in the text between the controls."""
    shown: dict[str, set[str]] = {}
    for mark in _IS_MARK.findall(_CONTROL.sub("", output.decode())):
        shown.setdefault(mark[2:4], set()).add(mark)
    return shown


def assert_harmless(output: bytes) -> None:
    """Assert that a terminal which got `output` was told nothing by the corpus."""
    text = output.decode()  # nothing that is no UTF-8 either
    for control in _CONTROL.finditer(text):
        found = control.group()
        command = control["command"]
        if command is not None and command.startswith("8;"):
            target = command.split(";", 2)[2]
            assert urlsplit(target).scheme in ("", "http", "https", "mailto"), found
            continue
        assert not _IS_MARK.search(found), found
        assert "7777" not in found
    plain = _CONTROL.sub("", text)
    for character in _FORBIDDEN.finditer(plain):
        around = plain[max(0, character.start() - 60) : character.end() + 40]
        raise AssertionError(f"{character.group()!r} in {around!r}")
    bell = re.search(r"\x07", plain)
    assert bell is None, plain[bell.start() - 60 : bell.end() + 20] if bell else ""
    assert not re.search(r"(?<!\n)\r(?![\n\r])[^\n]*Zq", plain.replace("\r\n", "\n"))
