"""config.toml, read and checked: what is wrong in it is told and left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from chatapp.command_lines import split_command
from chatapp.config.documentation import field_docstrings, markdown_table
from chatapp.config.mcp_table import read_mcp_server
from chatapp.config.options import (
    NAMES,
    Options,
    read_base_url,
    read_name,
    read_options,
    read_text,
)
from chatapp.config.problem import ConfigProblem, unknown_name
from chatapp.config.toml_lines import line_of, parse_leniently
from chatapp.core.endpoints import Secret
from chatapp.core.mcp_servers import McpServer

T = TypeVar("T")

TOP_NAMES = (*NAMES, "endpoints", "keys", "mcp")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointTable:
    """One `[endpoints.NAME]` table; None where it says nothing.

    At least one of `preset` and `base_url` is there.
    """

    name: str

    preset: str | None
    """The preset to start from; not needed where NAME is one."""

    base_url: str | None
    """The server's address; the preset's unless set."""

    api_key: Secret | None
    """The key itself."""

    api_key_env: str | None
    """The variable that has the key; the preset's unless set."""

    key_command: tuple[str, ...]
    """A program, run without a shell when the key is first needed, whose output is the key."""

    models: tuple[str, ...]
    """Models to offer besides those the server lists, the default first."""

    has_stream_options: bool | None
    """Whether the server understands `stream_options`."""

    continue_field: str | None
    """The field that makes the server continue a reply, such as `prefix` or `partial`."""

    max_tokens_field: str | None
    """What the server calls the limit: `max_tokens` or `max_completion_tokens`."""


ENDPOINT_NAMES = tuple(field.name for field in fields(EndpointTable) if field.name != "name")


def endpoint_table() -> str:
    """The Markdown table of what an endpoint's table may hold, as the README shows it."""
    rows = field_docstrings(EndpointTable).items()
    return markdown_table(
        ("in `[endpoints.NAME]`", ""), ((f"`{name}`", words) for name, words in rows)
    )


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What config.toml says; empty where there is none. `text` finds lines for later problems."""

    path: str
    text: str = field(default="", repr=False)
    options: Options = field(default_factory=Options)
    endpoints: tuple[EndpointTable, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mcp_servers: tuple[McpServer, ...] = ()
    problems: tuple[ConfigProblem, ...] = ()


def read_config_file(path: Path, presets: tuple[str, ...]) -> ConfigFile:
    """Read the file; never fails for what is in it, nor for its absence."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return ConfigFile(str(path))
    except (OSError, UnicodeDecodeError) as error:
        return ConfigFile(str(path), problems=(unreadable(path, error),))
    return _Reading(str(path), text, presets).file()


def unreadable(path: Path, error: OSError | UnicodeDecodeError) -> ConfigProblem:
    """The problem of a file that is there but cannot be read."""
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return ConfigProblem(str(path), None, f"cannot be read: {reason}", "a readable UTF-8 file")


class _Reading:
    """One pass over the file, collecting problems."""

    def __init__(self, path: str, text: str, presets: tuple[str, ...]) -> None:
        self._path = path
        self._text = text
        self._presets = presets
        self._problems: list[ConfigProblem] = []

    def file(self) -> ConfigFile:
        """Everything the file says."""
        document, broken = parse_leniently(self._text)
        for line, message in broken:
            self._problems.append(ConfigProblem(self._path, line, message, "TOML"))
        self._reject_unknown(document, TOP_NAMES, "setting")
        options = read_options(
            {name: value for name, value in document.items() if name in NAMES},
            lambda name, allowed: self._reject(f"{name} has a wrong value", allowed, name),
        )
        tables = self._table(document, "endpoints")
        endpoints = [self._endpoint(name, tables) for name in tables]
        mcp_tables = self._table(document, "mcp")
        servers = [self._mcp_server(name, mcp_tables) for name in mcp_tables]
        return ConfigFile(
            path=self._path,
            text=self._text,
            options=options,
            endpoints=tuple(table for table in endpoints if table is not None),
            keys=self._keys(self._table(document, "keys")),
            mcp_servers=tuple(server for server in servers if server is not None),
            problems=tuple(self._problems),
        )

    def _reject(self, message: str, allowed: str, *place: str) -> None:
        line = line_of(self._text, *place)
        self._problems.append(ConfigProblem(self._path, line, message, allowed))

    def _reject_unknown(
        self, table: Mapping[str, object], known: tuple[str, ...], what: str, *place: str
    ) -> None:
        for name in table:
            if name not in known:
                message = unknown_name(what, name, known)
                self._reject(message, ", ".join(known), *place, name)

    def _table(self, parent: Mapping[str, object], *place: str) -> dict[str, object]:
        value = parent.get(place[-1], {})
        if isinstance(value, dict):
            return value
        self._reject(f"{'.'.join(place)} has a wrong value", "a table", *place)
        return {}

    def _endpoint(self, name: str, tables: Mapping[str, object]) -> EndpointTable | None:
        place = ("endpoints", name)
        known_problems = len(self._problems)
        table = self._table(tables, *place)
        if len(self._problems) > known_problems:
            return None
        self._reject_unknown(table, ENDPOINT_NAMES, f"setting of {'.'.join(place)}", *place)

        def read(key: str, reader: Callable[[object], T]) -> T | None:
            if key not in table:
                return None
            try:
                return reader(table[key])
            except ValueError as error:
                self._reject(
                    f"{key} of {'.'.join(place)} has a wrong value", str(error), *place, key
                )
                return None

        preset, base_url = read("preset", self._read_preset), read("base_url", read_base_url)
        if preset is None and "preset" not in table and name in self._presets:
            preset = name
        is_complete = self._check_address(name, table, preset, base_url)
        endpoint = EndpointTable(
            name=name,
            preset=preset,
            base_url=base_url,
            api_key=read("api_key", lambda value: Secret(read_name(value))),
            api_key_env=read("api_key_env", read_name),
            key_command=read("key_command", _read_words) or (),
            models=read("models", _read_names) or (),
            has_stream_options=read("has_stream_options", _read_flag),
            continue_field=read("continue_field", read_text),
            max_tokens_field=read("max_tokens_field", read_name),
        )
        return endpoint if is_complete else None

    def _check_address(
        self, name: str, table: Mapping[str, object], preset: str | None, base_url: str | None
    ) -> bool:
        """Whether the endpoint can be used; a wrong address never falls back to another one."""
        place = ("endpoints", name)
        if name == "local" or "/" in name or not name.strip():
            self._reject(
                f"an endpoint cannot be called {name!r}",
                "a name without a slash; local is the embedded model",
                *place,
            )
            return False
        if preset is None and base_url is None and not {"preset", "base_url"} & table.keys():
            self._reject(f"{'.'.join(place)} has no address", "base_url or preset", *place)
        is_sound = all(
            value is not None or key not in table
            for key, value in (("preset", preset), ("base_url", base_url))
        )
        return is_sound and (preset is not None or base_url is not None)

    def _read_preset(self, value: object) -> str:
        if value not in self._presets:
            raise ValueError(", ".join(self._presets))
        return read_name(value)

    def _mcp_server(self, name: str, tables: Mapping[str, object]) -> McpServer | None:
        known_problems = len(self._problems)
        table = self._table(tables, "mcp", name)
        if len(self._problems) > known_problems:
            return None
        return read_mcp_server(name, table, self._reject)

    def _keys(self, table: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
        keys: dict[str, tuple[str, ...]] = {}
        for command, value in table.items():
            try:
                keys[command] = _read_names([value] if isinstance(value, str) else value)
            except ValueError:
                allowed = 'a key such as "ctrl+l", or a list of keys'
                self._reject(f"{command} of keys has a wrong value", allowed, "keys", command)
        return keys


def _read_words(value: object) -> tuple[str, ...]:
    """The words of a command: a list of them, or one string as a shell would part it."""
    allowed = 'a command such as "pass show llm", or a list of its words'
    try:
        words = split_command(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{allowed}, with its quotes closed") from None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(allowed)
    if not words or not words[0]:
        raise ValueError(allowed)
    return tuple(words)


def _read_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of strings")
    try:
        return tuple(read_name(item) for item in value)
    except ValueError:
        raise ValueError("a list of strings, none of them empty") from None


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value
