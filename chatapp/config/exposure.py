"""Keys that others could read: on the way, or in a file."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from chatapp.config.key_sources import HeldBackKey
from chatapp.config.problem import ConfigProblem
from chatapp.core.addresses import is_loopback
from chatapp.core.endpoints import Endpoint

_OTHERS_MAY_READ = 0o044


def plain_http_problems(endpoints: Iterable[Endpoint]) -> Iterator[ConfigProblem]:
    """The endpoints whose key would cross a network unencrypted."""
    for endpoint in endpoints:
        has_key = endpoint.api_key is not None or endpoint.key_source is not None
        is_sent = has_key and not isinstance(endpoint.key_source, HeldBackKey)
        if is_sent and is_open_network(endpoint.base_url):
            host = urlsplit(endpoint.base_url).hostname
            message = f"its key and every message go to {host} unencrypted, for others to read"
            yield ConfigProblem(f"the endpoint {endpoint.name}", None, message, "https://")


def is_open_network(base_url: str) -> bool:
    """Whether requests to an address leave this machine unencrypted."""
    return urlsplit(base_url).scheme == "http" and not is_loopback(base_url)


def place_in_words(base_url: str) -> str:
    """Host and port of an address, and nothing else, for a key may have slipped into the rest."""
    try:
        place = urlsplit(base_url).netloc.rpartition("@")[2]
    except ValueError:
        return "an address that is none"
    return f"{place}, unencrypted" if is_open_network(base_url) else place


def file_problems(path: Path) -> Iterator[ConfigProblem]:
    """A file with a key in it that other users of the machine may read."""
    # Windows keeps people's files apart by access lists, which a mode does not show.
    if os.name == "posix" and path.stat().st_mode & _OTHERS_MAY_READ:
        message = f"has a key in it and can be read by others; chmod 600 {path.name} ends that"
        yield ConfigProblem(str(path), None, message)
