"""From addresses, tables, presets and keys to the endpoints requests can go to.

Which key goes where:

- a table's own key (`api_key`, `api_key_env`, `key_command`, in this order) goes to the table's
  address, and so does the key of its preset's variable;
- a preset's key goes to the preset's address;
- OPENAI_API_KEY goes with the address that OPENAI_BASE_URL, --base-url or base_url gives, and to
  OpenAI only where there is no such address, not even a wrong one or one that a `.env` file's
  takes the place of;
- a key in the keyring goes to the address it was stored for, where there is no other;
- an address from a `.env` file gets no key but one from the same file, for that file may be a
  stranger's, unless the person allows it; where it is the address of a preset or a table it merely
  chooses that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict
from urllib.parse import urlsplit

from chatapp.config.allowed_files import Verdict
from chatapp.config.config_file import EndpointTable
from chatapp.config.held_back import DotenvTrust
from chatapp.config.key_sources import CommandKey, FetchedKey, Key, KeyringKey, KnownKey
from chatapp.config.problem import ConfigProblem
from chatapp.config.variables import KeyVariables
from chatapp.core.addresses import is_loopback
from chatapp.core.endpoints import Endpoint, KeySource, Preset, Quirks, Secret

OPENAI_KEY = "OPENAI_API_KEY"

EMBEDDED_NAME = "local"
"""The small model that comes along; always there, last unless asked for."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address given outside config.toml's tables; `base_url` is None when it was wrong.

    A foreign one is from a `.env` file; `hides_own` says that it takes the place of the person's.
    """

    base_url: str | None
    is_foreign: bool
    hides_own: bool = False


class EndpointList:
    """Collects the endpoints, in order, each name once; `stored` is the keyring's index."""

    def __init__(
        self,
        tables: Sequence[EndpointTable],
        presets: Sequence[Preset],
        variables: KeyVariables,
        stored: Mapping[str, str],
        address: Address | None,
        trust: DotenvTrust,
        embedded_model: str,
    ) -> None:
        self._embedded = Endpoint(
            name=EMBEDDED_NAME,
            base_url="",
            needs_key=False,
            models=(embedded_model,),
            is_embedded=True,
        )
        self._presets = {preset.name: preset for preset in presets}
        self._variables = variables
        self._stored = stored
        self._address = address
        self._trust = trust
        self._strange_name: str | None = None
        self.problems: list[ConfigProblem] = []
        self._endpoints = {table.name: self._from_table(table) for table in tables}
        for preset in presets:
            if preset.name not in self._endpoints and self._preset_key(preset) is not None:
                self._endpoints[preset.name] = self._from_preset(preset)
        self.address_name = self._add_address()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that can be asked for: the configured endpoints and the presets."""
        return tuple(dict.fromkeys([*self._endpoints, *self._presets, EMBEDDED_NAME]))

    def preferring(self, name: str | None) -> tuple[Endpoint, ...]:
        """All endpoints, `name` first, then the address given, the embedded one last.

        A preset that is asked for by name is added; one without a key says so when it is used.
        """
        endpoints = dict(self._endpoints)
        if name in self._presets and name not in endpoints:
            endpoints[name] = self._from_preset(self._presets[name])
        wanted = [n for n in (name, self.address_name) if n is not None and n in endpoints]
        ordered = [endpoints[n] for n in dict.fromkeys([*wanted, *endpoints])]
        if name == EMBEDDED_NAME:
            return (self._embedded, *ordered)
        return (*ordered, self._embedded)

    def is_strange(self, endpoint: Endpoint) -> bool:
        """Whether it is another machine's, and only a `.env` that is not allowed to names it."""
        if endpoint.name != self._strange_name or is_loopback(endpoint.base_url):
            return False
        return self._trust.verdict is not Verdict.ALLOWED

    def default_model(self, endpoint: Endpoint) -> str:
        """The model to ask when none is named; empty where only the server can tell."""
        if endpoint.models:
            return endpoint.models[0]
        preset = self._presets.get(endpoint.name) or self._preset_at(endpoint.base_url)
        return preset.default_model if preset else ""

    def _from_table(self, table: EndpointTable) -> Endpoint:
        preset = self._presets[table.preset] if table.preset else None
        base_url = table.base_url or (preset.base_url if preset else "")
        key_variable = table.api_key_env or (preset.key_variable if preset else None)
        key = self._table_key(table, preset) or self._stored_key(table.name, base_url)
        return Endpoint(
            name=table.name,
            base_url=base_url,
            **_key_fields(key),
            needs_key=key is not None or key_variable is not None,
            key_variable=key_variable,
            models=table.models,
            quirks=_quirks(table, preset.quirks if preset else Quirks()),
        )

    def _from_preset(self, preset: Preset) -> Endpoint:
        return Endpoint(
            name=preset.name,
            base_url=preset.base_url,
            **_key_fields(self._preset_key(preset)),
            needs_key=preset.key_variable is not None,
            key_variable=preset.key_variable,
            quirks=preset.quirks,
        )

    def _table_key(self, table: EndpointTable, preset: Preset | None) -> Key | None:
        place = f"of [endpoints.{table.name}] in config.toml"
        if table.api_key is not None:
            return KnownKey(f"api_key {place}", table.api_key)
        if table.api_key_env and (key := self._variables.any(table.api_key_env)):
            return key
        if table.key_command:
            return FetchedKey(f"key_command {place}", CommandKey(table.key_command))
        if table.api_key_env is None and preset is not None and preset.key_variable is not None:
            return self._variables.any(preset.key_variable)
        return None

    def _preset_key(self, preset: Preset) -> Key | None:
        key = self._variable_key(preset.key_variable, preset.base_url)
        return key or self._stored_key(preset.name, preset.base_url)

    def _variable_key(self, key_variable: str | None, base_url: str) -> Key | None:
        """The key that a preset's variable has for the preset's own address."""
        if key_variable is None:
            return None
        address = self._address
        if key_variable != OPENAI_KEY or address is None or address.base_url == base_url:
            return self._variables.any(key_variable)
        if not address.is_foreign or address.hides_own:
            return None
        goes_elsewhere = (
            self._variables.foreign(OPENAI_KEY) is None and self._trust.verdict is Verdict.ALLOWED
        )
        return None if goes_elsewhere else self._variables.own(OPENAI_KEY)

    def _address_key(self, address: Address) -> Key | None:
        if not address.is_foreign:
            return self._variables.any(OPENAI_KEY)
        own = self._variables.own(OPENAI_KEY)
        return self._variables.foreign(OPENAI_KEY) or (self._trust.guard(own) if own else None)

    def _stored_key(self, name: str, base_url: str) -> Key | None:
        """The keyring's key; none where it was stored for another address."""
        if name not in self._stored:
            return None
        if self._stored[name] == base_url:
            return FetchedKey("the keyring", KeyringKey(name))
        message = "its key in the keyring was stored for another address and is not used"
        allowed = f"`chatapp keys set {name}` stores one for this address"
        self.problems.append(ConfigProblem(f"the endpoint {name}", None, message, allowed))
        return None

    def _preset_at(self, base_url: str) -> Preset | None:
        return next((p for p in self._presets.values() if p.base_url == base_url), None)

    def _add_address(self) -> str | None:
        """Add the endpoint at the address given, unless one is there; returns its name."""
        if self._address is None or self._address.base_url is None:
            return None
        base_url = self._address.base_url
        for endpoint in self._endpoints.values():
            if endpoint.base_url == base_url:
                return endpoint.name
        key = self._address_key(self._address)
        preset = self._preset_at(base_url)
        if preset is not None and preset.name not in self._endpoints:
            endpoint = self._from_preset(preset)
            self._endpoints[preset.name] = replace(endpoint, **_key_fields(key))
            return preset.name
        name = self._name_at(base_url)
        self._strange_name = name if self._address.is_foreign else None
        self._endpoints[name] = Endpoint(
            name=name,
            base_url=base_url,
            **_key_fields(key or self._stored_key(name, base_url)),
            needs_key=False,
            key_variable=OPENAI_KEY,
        )
        return name

    def _name_at(self, base_url: str) -> str:
        """The place that an address names: never another endpoint's name, as http://openai has."""
        parts = urlsplit(base_url)
        place = parts.netloc.lower()
        if place not in map(str.lower, self.names):
            return parts.netloc
        return f"{place}:{443 if parts.scheme == 'https' else 80}"


class _KeyFields(TypedDict):
    api_key: Secret | None
    key_source: KeySource | None
    key_origin: str


def _key_fields(key: Key | None) -> _KeyFields:
    """A key as the fields of an endpoint."""
    match key:
        case KnownKey(origin, secret):
            return {"api_key": secret, "key_source": None, "key_origin": origin}
        case FetchedKey(origin, source):
            return {"api_key": None, "key_source": source, "key_origin": origin}
        case None:
            return {"api_key": None, "key_source": None, "key_origin": ""}


def _quirks(table: EndpointTable, usual: Quirks) -> Quirks:
    return Quirks(
        has_stream_options=(
            usual.has_stream_options
            if table.has_stream_options is None
            else table.has_stream_options
        ),
        continue_field=(
            usual.continue_field if table.continue_field is None else table.continue_field or None
        ),
        max_tokens_field=table.max_tokens_field or usual.max_tokens_field,
    )
