"""The registry is whole, without doubles, and readable."""

import pkgutil
from importlib import import_module

import pytest

import chatapp.commands
from chatapp.commands.command import Command
from chatapp.commands.conversing import INTERRUPT
from chatapp.commands.registry import BY_NAME, COMMANDS, FOOTER, misspelt, parse_slash


def test_every_family_in_the_folder_is_listed() -> None:
    declared: set[Command] = set()
    for module in pkgutil.iter_modules(chatapp.commands.__path__, "chatapp.commands."):
        declared |= {v for v in vars(import_module(module.name)).values() if type(v) is Command}
    assert declared == {*COMMANDS, INTERRUPT}


def test_names_and_keys_are_unique() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(set(keys)) == len(keys)
    assert len(BY_NAME) == len(COMMANDS)


def test_the_footer_shows_every_command_with_a_label() -> None:
    assert set(FOOTER) == {INTERRUPT, *(command for command in COMMANDS if command.label)}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_is_a_sentence_and_an_unavailable_command_says_why(command: Command) -> None:
    assert command.help[0].isupper()
    assert command.help.endswith(".")
    assert len(command.help) <= 70
    assert not (command.why_not and command.why_not.endswith("."))


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/model", "model", ""),
        ("/model openai/gpt-5 ", "model", "openai/gpt-5"),
        ("/system 你是专家", "system", "你是专家"),
    ],
)
def test_a_slash_line_names_a_command(text: str, name: str, argument: str) -> None:
    assert parse_slash(text) == (BY_NAME[name], argument)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/modle gpt", "model"),
        ("/quti", "quit"),
        ("/model gpt", None),
        ("/usr/bin/env", None),
        ("/x", None),
        ("a /modle", None),
    ],
)
def test_a_misspelt_command_is_recognised(text: str, meant: str | None) -> None:
    command = misspelt(text)
    assert (command and command.name) == meant


@pytest.mark.parametrize("text", ["hello", "/usr/bin/env", "/nothing like it", "", "a /model"])
def test_anything_else_is_a_message(text: str) -> None:
    assert parse_slash(text) is None
