"""Which addresses are of the public internet, and so no way into the person's own network."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
AddressCheck = Callable[[Address], bool]

_NAT64 = IPv6Network("64:ff9b::/96")

_NOT_PUBLIC = (
    IPv4Network("192.0.0.0/24"),  # of protocols; older Pythons know a part; a cloud's metadata
    IPv4Network("168.63.129.16/32"),  # Azure's host, which tells a machine its secrets
    IPv6Network("3fff::/20"),  # of documentation; older Pythons do not know it
    IPv6Network("5f00::/16"),  # of segment routing, likewise
)
"""What Python takes for public, or some of its versions do."""


def is_public(address: Address) -> bool:
    """Whether an address, and every one that is wrapped up in it, is public."""
    if isinstance(address, IPv6Address) and (inner := _wrapped_in(address)):
        return all(is_public(each) for each in inner)
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or (isinstance(address, IPv6Address) and address.is_site_local)
        or any(address in network for network in _NOT_PUBLIC)
    )


def read_address(text: str) -> Address:
    """An address as the system's resolver writes it, perhaps with a zone. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def _wrapped_in(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that packets to it are sent on to."""
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(address.packed[-4:]),)
    return ()
