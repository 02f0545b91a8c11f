"""Where requests go: an endpoint's address, key and habits, as values."""

from dataclasses import dataclass, field
from typing import Protocol

from chatapp.core.errors import Failure


class Secret:
    """A key that never shows in `repr`, logs or tracebacks; `reveal` hands it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the Authorization header alone."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class KeySource(Protocol):
    """Where a key is fetched from when it is first needed."""

    @property
    def hint(self) -> str:
        """What the person can do where there is no key; empty to say nothing."""
        ...

    def fetch(self) -> Secret | None:
        """The key, None where there is none yet. Blocks. Raises KeyUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Quirks:
    """In what a server departs from the OpenAI API.

    `continue_field` is the flag that some servers want on a trailing assistant message to
    make them continue it; the others continue it without.
    """

    has_stream_options: bool = True
    continue_field: str | None = None
    max_tokens_field: str = "max_tokens"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A configured endpoint. `models` are offered besides those the server lists.

    The key is known, or fetched from `key_source` when it is first needed; `key_origin` says in
    words where it comes from.
    """

    name: str
    base_url: str
    api_key: Secret | None = None
    key_source: KeySource | None = None
    key_origin: str = ""
    needs_key: bool = True
    key_variable: str | None = None
    models: tuple[str, ...] = ()
    quirks: Quirks = field(default_factory=Quirks)
    is_embedded: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A well-known service: what to configure when only its name or its key is given.

    `key_variable` None means the server wants no key.
    """

    name: str
    label: str
    base_url: str
    key_variable: str | None = None
    default_model: str = ""
    quirks: Quirks = field(default_factory=Quirks)


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models an endpoint offers: those configured first, then those its server lists.

    `failure` says why the server could not be asked; the configured ones are there all the same.
    """

    endpoint: str
    models: tuple[str, ...]
    failure: Failure | None = None
