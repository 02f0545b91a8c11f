"""From addresses, tables, presets and keys to the endpoints requests can go to.

Which key goes where:

- a table's own key (`api_key`, `api_key_env`) goes to the table's address, and so does the key
  of its preset's variable;
- a preset's key goes to the preset's address;
- OPENAI_API_KEY goes with the address that OPENAI_BASE_URL or --base-url gives, and to OpenAI
  only where there is no such address;
- an address from a `.env` file gets no key but one from the same file, for that file may be a
  stranger's; where it is the address of a preset or a table it merely chooses that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from chatapp.config.config_file import EndpointTable
from chatapp.config.variables import Keyring
from chatapp.core.endpoints import Endpoint, Preset, Quirks, Secret

OPENAI_KEY = "OPENAI_API_KEY"

EMBEDDED_NAME = "local"
"""The small model that comes along; always there, last unless asked for."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address given outside config.toml's tables; `base_url` is None when it was wrong."""

    base_url: str | None
    is_foreign: bool


class EndpointList:
    """Collects the endpoints, in order, each name once."""

    def __init__(
        self,
        tables: Sequence[EndpointTable],
        presets: Sequence[Preset],
        keyring: Keyring,
        address: Address | None,
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
        self._keyring = keyring
        self._address = address
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

    def default_model(self, endpoint: Endpoint) -> str:
        """The model to ask when none is named; empty where only the server can tell."""
        if endpoint.models:
            return endpoint.models[0]
        preset = self._presets.get(endpoint.name) or self._preset_at(endpoint.base_url)
        return preset.default_model if preset else ""

    def _from_table(self, table: EndpointTable) -> Endpoint:
        preset = self._presets[table.preset] if table.preset else None
        key_variable = table.api_key_env or (preset.key_variable if preset else None)
        key = table.api_key
        if key is None and key_variable is not None:
            key = self._keyring.any(key_variable)
        return Endpoint(
            name=table.name,
            base_url=table.base_url or (preset.base_url if preset else ""),
            api_key=key,
            needs_key=key is not None or key_variable is not None,
            key_variable=key_variable,
            models=table.models,
            quirks=_quirks(table, preset.quirks if preset else Quirks()),
        )

    def _from_preset(self, preset: Preset) -> Endpoint:
        return Endpoint(
            name=preset.name,
            base_url=preset.base_url,
            api_key=self._preset_key(preset),
            needs_key=preset.key_variable is not None,
            key_variable=preset.key_variable,
            quirks=preset.quirks,
        )

    def _preset_key(self, preset: Preset) -> Secret | None:
        if preset.key_variable is None:
            return None
        address = self._address
        if preset.key_variable != OPENAI_KEY or address is None:
            return self._keyring.any(preset.key_variable)
        if address.base_url == preset.base_url:
            return self._keyring.any(OPENAI_KEY)
        return self._keyring.own(OPENAI_KEY) if address.is_foreign else None

    def _address_key(self, address: Address) -> Secret | None:
        if address.is_foreign:
            return self._keyring.foreign(OPENAI_KEY)
        return self._keyring.any(OPENAI_KEY)

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
            self._endpoints[preset.name] = replace(endpoint, api_key=endpoint.api_key or key)
            return preset.name
        name = urlsplit(base_url).netloc
        self._endpoints[name] = Endpoint(
            name, base_url, key, needs_key=False, key_variable=OPENAI_KEY
        )
        return name


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
