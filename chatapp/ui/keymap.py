"""Which keys run which commands: the declared ones, changed by the person's own."""

from collections.abc import Mapping, Sequence

from textual.binding import Binding

from chatapp.commands.command import Command

KEY_NAMES = {
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "enter": "Enter",
    "tab": "Tab",
    "space": "Space",
    "up": "\u2191",
    "down": "\u2193",
    "backslash": "\\",
    "plus": "+",
}


def show_key(key: str) -> str:
    """Write a key as a person reads it: "ctrl+l" as "Ctrl+L", "pageup" as "PgUp"."""
    *modifiers, last = key.split("+")
    name = KEY_NAMES.get(last, last.upper() if modifiers or last[:1] == "f" else last)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


class Keymap:
    """The keys of every command.

    `overrides` are the person's: command name to keys, an empty list for none. `problems`
    says in words which of them could not be used.
    """

    def __init__(self, commands: Sequence[Command], overrides: Mapping[str, Sequence[str]]) -> None:
        self._keys = {command.name: tuple(command.keys) for command in commands}
        self.problems: list[str] = []
        for name, keys in overrides.items():
            if name in self._keys:
                self._keys[name] = tuple(filter(_is_key, keys))
                self.problems += [
                    f"[keys] {name}: {key!r} is no key" for key in keys if not _is_key(key)
                ]
            else:
                self.problems.append(f"[keys] {name}: there is no such command")
        self._drop_doubles(overrides)

    def _drop_doubles(self, overrides: Mapping[str, Sequence[str]]) -> None:
        """Let a key that the person gave to a command be taken from the others."""
        taken = {key: name for name in overrides for key in self._keys.get(name, ())}
        for name, keys in self._keys.items():
            self._keys[name] = tuple(key for key in keys if taken.get(key, name) == name)

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of a command, in Textual's spelling."""
        return self._keys.get(name, ())

    def keys_shown(self, command: Command) -> tuple[str, ...]:
        """The same; a command that is none of the keymap's has the keys it was declared with."""
        return self._keys.get(command.name, command.keys)

    def key_of(self, name: str) -> str:
        """How to reach a command: its first key as shown, else its slash name."""
        keys = self.keys(name)
        return show_key(keys[0]) if keys else f"/{name}"

    def bindings(self) -> list[Binding]:
        """One priority binding per key of a command, with the command's name as id.

        The action is told the key as well: one may be somebody else's, and another not.
        """
        return [
            Binding(
                key, f"run_command({name!r}, {key!r})", name, show=False, priority=True, id=name
            )
            for name, keys in self._keys.items()
            for key in keys
        ]


def _is_key(key: str) -> bool:
    """Whether Textual can bind it: a comma is written out, and spaces are part of no name."""
    return bool(key) and "," not in key and not any(map(str.isspace, key))
