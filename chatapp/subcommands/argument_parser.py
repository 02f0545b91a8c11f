"""The parser of the command line: short usage, and words for what is wrong.

Values stay out of its complaints: one may be a key that went into the wrong place.
"""

import argparse
import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import standard_error, standard_output

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_ENDS = ("-h", "--help", "--version")
"""What is answered whatever else stands beside it."""

_UNKNOWN_COMMAND = 'unknown command; a question goes to `chatapp ask "..."`'


class ArgumentParser(argparse.ArgumentParser):
    """Parses what stands behind the program, or behind one of its subcommands.

    `elsewhere` are flags that the program has, but that mean nothing here.
    """

    elsewhere: frozenset[str] = frozenset()

    def read(self, given: Sequence[str]) -> argparse.Namespace:
        """Parse; exits with 2 and says why where that is not possible."""
        asked = self._asked(given)
        arguments, rest = self.parse_known_args(given)
        if rest:
            asked.error("too many arguments; put quotes around what has spaces in it")
        return arguments

    def shorten_usage(self) -> None:
        """Name in the usage only what has no flag; to be called when all arguments are added."""
        words = [_in_usage(action) for action in self._actions if not action.option_strings]
        self.usage = " ".join(("%(prog)s [options]", *words))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        self.exit(ExitCode.USAGE, f"{self.prog}: {_plain(message)}\nTry `{self.prog} --help`.\n")

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        """Print, whatever the encoding of the stream, and whoever reads it."""
        (standard_output() if file is sys.stdout else standard_error()).write(message)

    def _asked(self, given: Iterable[str]) -> "ArgumentParser":
        """The parser of the subcommand that is meant.

        Exits at the first flag or subcommand that is not known. argparse would take the value
        of an unknown flag for a subcommand, and complain of that.
        """
        words = iter(given)
        for word in words:
            if word in ("--", *_ENDS):
                break
            if _is_flag(word):
                action = self._flag(word)
                if action is None:
                    self.error(self._about_unknown(word.partition("=")[0]))
                if action.nargs is None and word in action.option_strings:
                    next(words, None)
            elif subparsers := self._subparsers_by_name():
                if word not in subparsers:
                    self.error(self._about_unknown_word(word, subparsers))
                return subparsers[word]._asked(words)  # noqa: SLF001 - another of this class
        return self

    def _flag(self, word: str) -> argparse.Action | None:
        is_short = not word.startswith("--")
        known = self._option_string_actions
        return known.get(word[:2] if is_short else word.partition("=")[0])

    def _subparsers_by_name(self) -> "Mapping[str, ArgumentParser]":
        for action in self._actions:
            if isinstance(action.choices, Mapping):
                return action.choices
        return {}

    def _about_unknown(self, flag: str) -> str:
        if flag in self.elsewhere:
            return f"{flag} has no effect here"
        return f"unknown option {flag}" + _meant(flag, self._option_string_actions)

    def _about_unknown_word(self, word: str, known: Iterable[str]) -> str:
        if " " in self.prog:
            return "unknown action" + (_meant(word, known) or f"; there are {', '.join(known)}")
        meant = _meant(word, known) or _meant(word, self._option_string_actions)
        return f"unknown command{meant}" if meant else _UNKNOWN_COMMAND


def _is_flag(word: str) -> bool:
    """Whether argparse takes it for a flag, known or not."""
    is_number = word[1:].replace(".", "", 1).isdigit()
    return len(word) > 1 and word.startswith("-") and " " not in word and not is_number


def _meant(word: str, known: Iterable[str]) -> str:
    """Name the known word that is near; empty where none is."""
    bare = {name.lstrip("-"): name for name in known if len(name) > 2}
    near = difflib.get_close_matches(word.lstrip("-"), bare, n=1, cutoff=0.7)
    return f"; did you mean `{bare[near[0]]}`?" if near else ""


def _in_usage(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest)
    match action.nargs:
        case "?":
            return f"[{name}]"
        case argparse.PARSER if not action.required:
            return f"[{name} ...]"
        case None:
            return name
        case _:
            return f"{name} ..."


def _plain(message: str) -> str:
    """A complaint of argparse in our words, without the value that it may repeat."""
    name, colon, words = message.removeprefix("argument ").partition(": ")
    if "invalid choice" in words:
        allowed = words.rpartition("choose from")[2].rstrip(")").replace("'", "").strip()
        return f"{name} takes one of {allowed}"
    if "expected one argument" in words:
        return f"{name} needs a value"
    if "ignored explicit argument" in words:
        return f"{name} takes no value"
    if message.startswith("the following arguments are required"):
        return f"{words} is missing"
    return f"{name} {words.removeprefix('it ')}" if colon and words.startswith("it ") else message
