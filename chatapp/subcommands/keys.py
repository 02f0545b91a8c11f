"""`chatapp keys`: where keys come from, which are in the keyring, and what a `.env` may have."""

import argparse
import sys
from typing import TYPE_CHECKING

from chatapp import composition
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.standard_input import read_input
from chatapp.subcommands.subcommand import Subcommand
from chatapp.tools.text_decoding import decode_text

if TYPE_CHECKING:
    from chatapp.core.endpoints import Secret


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(action="list")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    words = "print where each endpoint's key comes from (the default)"
    actions.add_parser("list", help=words, description=_as_sentence(words))
    for name, words in (
        ("set", "store a key in the system's keyring; asks for it, or reads standard input"),
        ("delete", "delete a key from the keyring"),
    ):
        action = actions.add_parser(name, help=words, description=_as_sentence(words))
        action.add_argument("name", metavar="ENDPOINT", help="a preset, or a name of config.toml")
    for name, words in (
        ("allow", "let a .env have your own key for the address it sets, as it stands now"),
        ("forbid", "never let it, and say no more about it"),
    ):
        action = actions.add_parser(name, help=words, description=_as_sentence(words))
        action.add_argument("file", metavar="FILE", help="the .env file, or its folder")


def _as_sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _run(arguments: argparse.Namespace) -> int:
    from chatapp import paths
    from chatapp.config.allowed_files import AllowedFiles, Verdict
    from chatapp.config.keyring_index import KeyringIndex
    from chatapp.config.settings import ALLOWED_FILES, KEYRING_INDEX
    from chatapp.headless import keys
    from chatapp.headless.output import standard_error, standard_output
    from chatapp.paths import with_home

    outputs = standard_output(), standard_error()
    index = KeyringIndex(paths.config_folder() / KEYRING_INDEX)
    match arguments.action:
        case "allow" | "forbid":
            verdict = Verdict.ALLOWED if arguments.action == "allow" else Verdict.FORBIDDEN
            decisions = AllowedFiles(paths.config_folder() / ALLOWED_FILES)
            return keys.decide_about(with_home(arguments.file), verdict, decisions, *outputs)
        case "delete":
            return keys.forget_key(str(arguments.name), index, *outputs)
        case "set":
            arguments.endpoint = arguments.name
            (endpoint, *_) = composition.resolve_settings(arguments).endpoints
            if endpoint.is_embedded:
                composition.say("chatapp keys: the local model wants no key")
                return ExitCode.USAGE
            if _is_typed() and not keys.can_keep(endpoint, outputs[1]):
                return ExitCode.FAILED
            return keys.set_key(endpoint, _read_key(endpoint.name), index, *outputs)
        case _:
            settings = composition.resolve_settings(arguments)
            for problem in settings.problems:
                composition.say(f"chatapp: {problem}")
            return keys.list_keys(settings, outputs[0])


def _is_typed() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _read_key(endpoint: str) -> "Secret":
    """The key that the person types unseen, or that is piped in."""
    from chatapp.core.endpoints import Secret
    from chatapp.core.safe_text import safe_line

    if _is_typed():
        from getpass import getpass

        try:
            return Secret(getpass(f"Key for {safe_line(endpoint)}: ").strip())
        except EOFError:
            return Secret("")
    return Secret(decode_text(read_input()).strip())


KEYS = Subcommand(
    name="keys",
    help="show where keys come from, and keep keys in the system's keyring",
    description="Show where each endpoint's key comes from, keep keys in the system's keyring, "
    "and decide about .env files.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        ("chatapp keys", "where each key comes from"),
        ("chatapp keys set openai", "keep a key in the keyring"),
        ("chatapp keys allow .env", "let this file have your key"),
    ),
)
