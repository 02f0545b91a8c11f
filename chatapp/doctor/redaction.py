"""Text that may be pasted anywhere: without keys, credentials, or the person's name in a path."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from chatapp.config.settings import Settings
from chatapp.core.safe_text import safe_text
from chatapp.core.wire import MASK, masked_url
from chatapp.doctor.finding import Finding

_SECRET_NAME = re.compile(r"(?i)key|token|secret|passw|credential|authorization|cookie")
_SHORTEST = 6
"""A shorter value (`none`, `ollama`'s "x") would be found inside other words."""

_ADDRESS = re.compile(r"\w+://[^\s'\"`<>]+")


class Redactor:
    """Replaces what must not leave the machine; more can be learnt on the way."""

    def __init__(self, secrets: Iterable[str], home: Path) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.learn(secret)
        self._home = re.compile(re.escape(str(home)) + r"(?=[/\\\s:,;'\"`)]|$)")
        self._has_home = len(home.parts) > 1

    def learn(self, secret: str) -> None:
        """One more text to replace."""
        if len(secret.strip()) >= _SHORTEST:
            self._secrets.add(secret.strip())

    def clean(self, finding: Finding) -> Finding:
        """The finding as it may be shown."""
        return replace(
            finding, what=self.text(finding.what), suggestion=self.text(finding.suggestion)
        )

    def text(self, text: str) -> str:
        """The text as it may be shown, on one line."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _ADDRESS.sub(lambda address: masked_url(address[0]), text)
        if self._has_home:
            text = self._home.sub("~", text)
        return " ".join(safe_text(text).split())


def secrets_of(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """Every secret that is known before anything is fetched."""
    keys = [endpoint.api_key for endpoint in settings.endpoints]
    for server in settings.mcp_servers:
        keys += [*server.env.values(), *server.headers.values()]
    named = [value for name, value in environ.items() if _SECRET_NAME.search(name)]
    return [*(key.reveal() for key in keys if key is not None), *named]
