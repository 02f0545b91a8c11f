"""Base URLs and keys as a person configured them: are they usable, and how to speak of them."""

import re
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from chatapp.core.addresses import is_loopback
from chatapp.core.endpoints import Endpoint


def is_address(base_url: str) -> bool:
    """Whether requests can be sent there at all: http or https, a host, a possible port."""
    try:
        parts = urlsplit(base_url)
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = parts.hostname or ""
    is_host = bool(host) and not any(character.isspace() for character in base_url)
    return parts.scheme in ("http", "https") and is_host and is_port


def place_of(base_url: str) -> str:
    """Host and port of an address, without a name and password that may stand before them."""
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        return base_url.rpartition("@")[2]
    host = parts.hostname or base_url
    port = port or {"https": 443, "http": 80}.get(parts.scheme)
    return f"{host}:{port}" if port else host


def proxy_hint(base_url: str) -> str:
    """A sentence about the proxy, where requests to an address may go through one."""
    if is_loopback(base_url) or not {"http", "https", "all"} & getproxies_environment().keys():
        return ""
    return " A proxy is set in the environment: it may be the one that does not answer."


def address_hint(base_url: str) -> str:
    """What is probably wrong with a base URL where no API answers."""
    bare = base_url.rstrip("/")
    if bare.endswith("/chat/completions"):
        return f"The base URL ends too late: try {bare.removesuffix('/chat/completions')}"
    if re.search(r"/v\d+\w*(/|$)", bare):
        return "Check the base URL: is this the address of an OpenAI-compatible API?"
    return f"Most servers want /v1 at the end of the base URL: try {bare}/v1"


def key_place(endpoint: Endpoint) -> str:
    """Where the key of an endpoint is configured."""
    configured = endpoint.key_origin or endpoint.key_variable
    return configured or f"api_key of the endpoint {endpoint.name} in config.toml"
