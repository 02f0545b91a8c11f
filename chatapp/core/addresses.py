"""Base URLs as values: what can be told of one without asking anybody."""

from urllib.parse import urlsplit


def is_loopback(base_url: str) -> bool:
    """Whether an address is on this machine."""
    import ipaddress  # late: most addresses are names, and most runs never ask

    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
