"""Keys from the config file: what can be bound is, what cannot is told."""

import pytest
from textual.binding import BindingsMap

from chatapp.commands.registry import COMMANDS
from chatapp.ui.keymap import Keymap


@pytest.mark.parametrize("key", [",", "ctrl+,", "ctrl+l,", " ", "ctrl n", ""])
def test_what_is_no_key_is_told_and_left_out(key: str) -> None:
    keymap = Keymap(COMMANDS, {"new": [key, "f11"]})
    assert keymap.problems == [f"[keys] new: {key!r} is no key"]
    assert keymap.keys("new") == ("f11",)
    assert "f11" in BindingsMap(keymap.bindings()).key_to_bindings


def test_a_key_of_the_persons_own_is_taken_from_other_commands() -> None:
    keymap = Keymap(COMMANDS, {"new": ["ctrl+l", "ctrl+comma"], "nonsense": ["f11"]})
    assert keymap.problems == ["[keys] nonsense: there is no such command"]
    assert keymap.keys("new") == ("ctrl+l", "ctrl+comma")
    assert keymap.keys("model") == ("f2",)


def test_a_command_without_a_key_is_reached_by_its_name() -> None:
    assert Keymap(COMMANDS, {"new": []}).key_of("new") == "/new"
