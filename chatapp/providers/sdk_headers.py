"""What the SDK takes from the environment for every server alike, kept to the one it is for."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from openai import Omit

_CUSTOM_HEADERS = "OPENAI_CUSTOM_HEADERS"
_OPENAI = "https://api.openai.com/v1"


def foreign_headers(base_url: str, environ: Mapping[str, str]) -> dict[str, str | Omit]:
    """The headers of the environment that are none of this server's business, to be left out.

    OPENAI_CUSTOM_HEADERS, which may hold a gateway's key, belongs to the address of
    OPENAI_BASE_URL, and to OpenAI where there is none; the ids belong to OpenAI.
    """
    headers: dict[str, str | Omit] = {}
    home = environ.get("OPENAI_BASE_URL", "").strip().rstrip("/") or _OPENAI
    if base_url.rstrip("/") != home:
        lines = environ.get(_CUSTOM_HEADERS, "").split("\n")
        headers |= {line.partition(":")[0].strip(): Omit() for line in lines if ":" in line}
    if urlsplit(base_url).hostname != "api.openai.com":
        headers |= {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
    return headers
