"""The options a person can set, declared once: flag, variable, key of config.toml, help."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar
from urllib.parse import urlsplit

from chatapp.config.documentation import field_docstrings, markdown_table
from chatapp.core.context import CompactPolicy

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one source of settings says; None where it says nothing.

    The docstrings below are the options' documentation, in `--help` as in the README.
    """

    model: str | None = None
    """The model to ask, as NAME or ENDPOINT/NAME."""

    endpoint: str | None = None
    """The endpoint to ask: a name from config.toml, or a preset."""

    base_url: str | None = None
    """The address of an OpenAI-compatible server, such as http://localhost:8000/v1."""

    system: str | None = None
    """The system prompt of new conversations."""

    temperature: float | None = None
    """The sampling temperature, 0 to 2; unset leaves it to the server."""

    max_tokens: int | None = None
    """The longest reply, in tokens; unset leaves it to the server."""

    reply_limit: int | None = None
    """The longest reply that is taken in, in characters, whatever the server sends; unset,
    2,000,000."""

    context_window: int | None = None
    """The window of models of which neither the server nor the price list tells it, in tokens."""

    compact: CompactPolicy | None = None
    """When the next request would not fit: ask, auto to summarise at once, or off; unset, ask."""

    model_titles: bool | None = None
    """Whether the model may be asked for a conversation's title: on, off; unset, off."""

    theme: str | None = None
    """The colour theme of the full screen; one chosen there later comes before config.toml's."""

    tools: tuple[str, ...] | None = None
    """What the model may call: all, none, or names; unset, all but with the local model."""

    tool_choice: str | None = None
    """Whether the model must call a tool: auto, none, required, or a tool's name."""

    parallel_tool_calls: bool | None = None
    """Whether the model may call several tools at once: on, off; unset leaves it to the server."""

    tool_folders: tuple[str, ...] | None = None
    """Folders that the file tools may read, as in PATH; unset, none."""


NAMES = tuple(field.name for field in fields(Options))

_ADDRESS = "an address that begins with http:// or https:// and has no user name in it"
_NO_ADDRESS = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f]")
"""What parsers of addresses disagree about."""
_LABEL = re.compile(r"[^.:\[\]]+")

_MOST_DIGITS = 15
"""Of a number that anybody means, and that every database and server can hold."""

PLACEHOLDERS = {
    "temperature": "NUMBER",
    "max_tokens": "NUMBER",
    "reply_limit": "NUMBER",
    "context_window": "NUMBER",
    "compact": "WHEN",
    "model_titles": "SWITCH",
    "base_url": "URL",
    "system": "TEXT",
    "tools": "NAMES",
    "tool_choice": "CHOICE",
    "parallel_tool_calls": "SWITCH",
    "tool_folders": "FOLDERS",
}


def flag(name: str) -> str:
    """The command line's word for an option."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of an option; the address has the name every OpenAI SDK knows."""
    return "OPENAI_BASE_URL" if name == "base_url" else f"CHATAPP_{name.upper()}"


def placeholder(name: str) -> str:
    """The word that stands for an option's value in help."""
    return PLACEHOLDERS.get(name, "NAME")


def read_options(raw: Mapping[str, object], reject: Callable[[str, str], None]) -> Options:
    """Check raw values by option name, strings or TOML values alike.

    A wrong value counts as unset and is told to `reject(name, allowed)`.
    """

    def read(name: str, reader: Callable[[object], T]) -> T | None:
        if name not in raw:
            return None
        try:
            return reader(raw[name])
        except ValueError as error:
            reject(name, str(error))
            return None

    return Options(
        model=read("model", read_name),
        endpoint=read("endpoint", read_name),
        base_url=read("base_url", read_base_url),
        system=read("system", read_text),
        temperature=read("temperature", _read_temperature),
        max_tokens=read("max_tokens", _read_whole_number),
        reply_limit=read("reply_limit", _read_whole_number),
        context_window=read("context_window", _read_whole_number),
        compact=read("compact", _read_compact_policy),
        model_titles=read("model_titles", _read_switch),
        theme=read("theme", read_name),
        tools=read("tools", lambda value: _read_list(value, ",")),
        tool_choice=read("tool_choice", read_name),
        parallel_tool_calls=read("parallel_tool_calls", _read_switch),
        tool_folders=read("tool_folders", lambda value: _read_list(value, os.pathsep)),
    )


def read_text(value: object) -> str:
    """Any string. Raises ValueError with what is allowed, like the readers below."""
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def read_name(value: object) -> str:
    """A string with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a string that is not empty")
    return value.strip()


def read_base_url(value: object) -> str:
    """An http or https address to which a path can be added, made free of a slash at its end.

    A key that somebody put into it, as a user name or a query, would be in every error.
    """
    address = read_address(value)
    if "?" in address or "#" in address:
        raise ValueError(f"{_ADDRESS}, and neither ? nor # in it")
    return address.rstrip("/")


def read_address(value: object) -> str:
    """An http or https address without credentials; a name's foreign letters become ASCII.

    As in a browser: a letter that looks like another must not pass for it where the address is
    shown, nor when the person is asked whether it may have their key.
    """
    address = read_name(value)
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_address = is_address and (parts.port is None or parts.port > 0)
        place = _LABEL.sub(_ascii_label, parts.netloc)
    except ValueError:
        is_address = False
    if not is_address or _NO_ADDRESS.search(address) or "@" in parts.netloc:
        raise ValueError(_ADDRESS)
    return address if address.isascii() else parts._replace(netloc=place).geturl()


def _ascii_label(match: re.Match[str]) -> str:
    """A part of a name as the name service knows it."""
    label = match.group()
    if label.isascii():
        return label
    import unicodedata  # late: few names have such letters

    return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode()


def _read_switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("on", "off"):
        return value == "on"
    raise ValueError("on or off")


def _read_list(value: object, separator: str) -> tuple[str, ...]:
    """A list of strings, in TOML as such, elsewhere with separators."""
    allowed = f"strings, in a list or with {separator!r} between them"
    items = value.split(separator) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(allowed)
    names = tuple(item.strip() for item in items if item.strip())
    if not names:
        raise ValueError(allowed)
    return names


def _read_temperature(value: object) -> float:
    allowed = "a number from 0 to 2"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(allowed)
    try:
        number = float(value)
    except ValueError:
        raise ValueError(allowed) from None
    if not 0 <= number <= 2:
        raise ValueError(allowed)
    return number


def _read_whole_number(value: object) -> int:
    allowed = "a whole number above 0"
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < _MOST_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**_MOST_DIGITS:
        raise ValueError(allowed)
    return value


def _read_compact_policy(value: object) -> CompactPolicy:
    if value not in [*CompactPolicy]:
        raise ValueError("ask, auto or off")
    return CompactPolicy(str(value))


def option_help() -> dict[str, str]:
    """Each option's documentation."""
    return field_docstrings(Options)


def option_table() -> str:
    """The Markdown table of the options, as the README shows it."""
    documented = option_help()
    return markdown_table(
        ("flag", "variable", "config.toml", ""),
        (
            (f"`{flag(name)} {placeholder(name)}`", f"`{variable(name)}`", f"`{name}`", words)
            for name, words in documented.items()
        ),
    )
