"""The terminal: what it is, and what it can do for us."""

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping

from chatapp.clipboard_commands import native_commands
from chatapp.doctor.finding import Finding, ok, problem, warning
from chatapp.doctor.patient import DrawnWidth, Patient, Terminal

LEAST_SIZE = (60, 15)
"""Columns and rows below which the chat gets cramped."""


async def check_terminal(patient: Patient) -> AsyncIterator[Finding]:
    """Look at the terminal and what stands between it and us."""
    environ = patient.environ
    yield _kind(environ, patient.platform)
    yield _size(patient.terminal.size)
    yield _colours(environ, patient.platform)
    if (encoding := _encoding(environ, patient.platform)) is not None:
        yield encoding
    for finding in _between(environ):
        yield finding
    yield _clipboard(environ, patient.platform)
    for finding in _widths(patient.terminal.widths):
        yield finding
    yield _unseen(patient.terminal, patient.platform)


def _kind(environ: Mapping[str, str], platform: str) -> Finding:
    term = environ.get("TERM", "")
    program = " ".join(
        environ[name] for name in ("TERM_PROGRAM", "TERM_PROGRAM_VERSION") if environ.get(name)
    )
    if term in ("dumb", "unknown"):
        words = "The full screen has to move the cursor; without that use `chatapp ask`."
        return problem(f"TERM is {term}", words)
    if not term and platform == "win32":  # whose consoles set none of this
        return ok(f"the Windows console{f', in {program}' if program else ''}")
    if not term:
        return warning("TERM is not set", "Set TERM to what the terminal is, as xterm-256color.")
    return ok(f"TERM is {term}{f', in {program}' if program else ''}")


def _size(size: tuple[int, int] | None) -> Finding:
    if size is None:
        return warning(
            "standard output is no terminal, so nothing about it can be measured",
            "Run `chatapp doctor` in the terminal in question.",
        )
    columns, rows = size
    if columns < LEAST_SIZE[0] or rows < LEAST_SIZE[1]:
        least = f"{LEAST_SIZE[0]} by {LEAST_SIZE[1]}"
        return warning(f"{columns} columns by {rows} rows", f"Give it at least {least}.")
    return ok(f"{columns} columns by {rows} rows")


def _colours(environ: Mapping[str, str], platform: str) -> Finding:
    if environ.get("NO_COLOR"):
        return warning("NO_COLOR is set, so there are no colours", "Unset it to have them.")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return ok("16 million colours (COLORTERM)")
    if platform == "win32":
        return ok("16 million colours (Windows)")
    term = environ.get("TERM", "")
    if "direct" in term:
        return ok("16 million colours (TERM)")
    colours = "256" if "256" in term else "16"
    advice = "If the terminal has true colour, set COLORTERM=truecolor; ssh does not pass it on."
    return warning(f"{colours} colours", advice)


def _encoding(environ: Mapping[str, str], platform: str) -> Finding | None:
    if platform in ("win32", "darwin"):
        return None
    name = next((n for n in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(n)), None)
    value = environ[name] if name else ""
    if name and "utf" in value.lower():
        return ok(f"the encoding is UTF-8 ({name}={value})")
    said = f"{name}={value}" if name else "no LANG is set"
    advice = "Set LANG=C.UTF-8, or frames and Chinese may come out as question marks."
    return warning(f"the encoding may not be UTF-8: {said}", advice)


def _between(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What the keys and colours pass through on the way."""
    if "TMUX" in environ:
        yield warning(
            "inside tmux: Shift+Enter, the clipboard and colours depend on its settings",
            "In tmux.conf: set -g set-clipboard on; set -s extended-keys on; "
            "set -as terminal-features ',*:RGB'.",
        )
    elif "STY" in environ or environ.get("TERM", "").startswith("screen"):
        advice = "tmux passes both on; the native clipboard commands work where there is a display."
        yield warning("inside screen: it passes on neither the clipboard nor true colour", advice)
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        yield ok("over ssh: copying asks your own terminal (OSC 52)")
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        advice = "iTerm2, kitty, Ghostty and WezTerm have both."
        yield warning("Apple's Terminal has no OSC 52, and 256 colours before macOS 26", advice)


def _clipboard(environ: Mapping[str, str], platform: str) -> Finding:
    commands = [command[0] for command in native_commands(environ, platform)]
    found = [command for command in commands if shutil.which(command)]
    if found:
        return ok(f"copying uses {found[0]} and the terminal (OSC 52)")
    if commands:
        advice = (
            f"Install {' or '.join(commands)}, if a paste elsewhere does not get what you copy."
        )
        return warning("copying relies on the terminal alone (OSC 52)", advice)
    return ok("copying asks the terminal (OSC 52)")


def _widths(widths: tuple[DrawnWidth, ...]) -> Iterator[Finding]:
    wrong = [width for width in widths if width.drawn != width.expected]
    for width in wrong:
        yield warning(
            f"the terminal draws {width.name} {width.drawn} columns wide, "
            f"chatapp reckons with {width.expected}",
            "Lines with it may be cut or shifted; a newer terminal, or its setting for "
            "ambiguous or emoji width, may help.",
        )
    if widths and not wrong:
        names = ", ".join(width.name for width in widths)
        yield ok(f"drawn as wide as reckoned: {names}")


def _unseen(terminal: Terminal, platform: str) -> Finding:
    """What was not looked at, and what does."""
    if platform == "win32":  # neither can be asked for there
        return ok("the widths it draws and the keys it sends are not looked at on Windows")
    if terminal.shows_chat:
        return ok(
            "widths and keys are looked at by `chatapp doctor` and `chatapp doctor --keys`, "
            "outside the chat"
        )
    keys = "the keys that arrive are shown by `chatapp doctor --keys`"
    is_silent = terminal.size is not None and not terminal.widths
    return ok(f"it does not tell how wide it draws; {keys}" if is_silent else keys)
