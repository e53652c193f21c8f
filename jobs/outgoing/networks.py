"""Which IP addresses are in the public internet, by the registries of special-purpose addresses (IANA, RFC 6890).

For IPv4 what is special is listed; for IPv6 nothing but global unicast is public, and of that not the forms that carry
an IPv4 address of somebody else's choice inside (6to4, Teredo; NAT64 and mapped addresses lie outside anyway).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services answer here, from inside only
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16")
)
_EVERYTHING = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


def is_public(address: Address) -> bool:
    """This will tell whether an address belongs to a host of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_6)


def is_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """This will tell whether the operator lets an address be reached that is not public.

    An address of no host or of many at once is never one.
    """
    plain = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
    if plain.is_multicast or plain.is_unspecified or plain == IPv4Address("255.255.255.255"):
        return False
    return any(address in network for network in allowed)


def read_networks(text: str) -> tuple[Network, ...]:
    """This will read what the operator allows: nothing, 1 for all, or networks such as `10.0.0.0/8,fd00::/8`.

    Raises ValueError with a sentence.
    """
    if text.strip() in {"", "0"}:
        return ()
    if text.strip() == "1":
        return _EVERYTHING
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError as error:
        raise ValueError(
            f"given {text!r} ({error}), accepted is 1 for all or networks such as 10.0.0.0/8,fd00::/8."
        ) from None
