"""The guard of outgoing messages: an address that a person typed must lead out, not into our own network.

It reads the address strictly, looks its host up, judges every address that it has, and gives those back, so that the
connection is made to what was judged and not to what a second look-up says (DNS rebinding).
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from jobs.outgoing.networks import Address, Network, is_allowed, is_public

LONGEST = 2000
LOOK_UP_SECONDS = 5.0
_PORTS = {"https": 443, "http": 80}
_SPELLED = re.compile(r"(https?)://[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

LookUp = Callable[[str], Iterable[str]]


class RefusedAddress(ValueError):  # noqa: N818  (it is a refusal, for the person who typed the address)
    """Nothing is sent there; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Where a message goes: `host` as certificates spell it, and everything after it of the address."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header Host wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_address(url: str) -> Goal:
    """This will read an http(s) address without asking anybody; RefusedAddress for what is none, or an odd one."""
    if len(url) > LONGEST:
        raise RefusedAddress(f"given {len(url):,} characters, accepted are up to {LONGEST:,}.")
    if not _SPELLED.fullmatch(url):
        raise _refused(url, "accepted is https://HOST/PATH in plain ASCII, without a fragment")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(url, "accepted is https://HOST/PATH with a port from 1 to 65535") from None
    if "@" in parts.netloc:
        raise _refused(url, "accepted is an address without a user name or password")
    if port == 0 or parts.netloc.endswith(":"):
        raise _refused(url, "accepted is a port from 1 to 65535")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return Goal(scheme=parts.scheme, host=_host(url, parts), port=port or _PORTS[parts.scheme], path=path)


def reach(
    goal: Goal, *, allowed: Iterable[Network] = (), look_up: LookUp | None = None
) -> tuple[Address, ...]:
    """This will give the IP addresses of a goal, each of which may be connected to.

    `allowed` are networks of the operator's own, and the only ones that are reached without TLS. RefusedAddress where
    one address of the host may not be reached: which of them answers is not ours to choose.
    """
    try:
        found = [ip_address(goal.host)]
    except ValueError:
        found = [ip_address(text) for text in dict.fromkeys((look_up or look_up_in_time)(goal.host))]
    if not found:
        raise RefusedAddress(
            f"the host {goal.host} could not be found; accepted is one that can be looked up."
        )
    own = [address for address in found if is_allowed(address, allowed)]
    if any(address not in own and not is_public(address) for address in found):
        raise RefusedAddress(
            f"the host {goal.host} is not in the public internet; accepted is one that is, "
            "or one in a network that the operator allows (MTKD_WEBHOOK_PRIVATE)."
        )
    if goal.scheme == "http" and len(own) < len(found):
        raise RefusedAddress(f"given http://{goal.host}, accepted is https:// for a public host.")
    return tuple(found)


def look_up_in_time(host: str) -> list[str]:
    """This will ask the resolver for the addresses of a host, and give up after some seconds with none."""
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(str(answer[4][0]).partition("%")[0] for answer in answers)

    asking = threading.Thread(target=ask, daemon=True)  # a resolver that hangs is left behind
    asking.start()
    asking.join(LOOK_UP_SECONDS)
    return list(found)


def _host(url: str, parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        return _ipv6(url, host)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(url, "accepted is a host such as ci.example.com, without a dot at its end")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(url, host)
    return host


def _ipv4(url: str, host: str) -> str:
    # Resolvers also take 127.1, 0177.0.0.1, 0x7f000001 and 2130706433, and do not agree about them.
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        raise _refused(
            url, "accepted is an IPv4 address of four decimal numbers without leading zeros"
        ) from None


def _ipv6(url: str, host: str) -> str:
    try:
        if "%" in host:
            raise AddressValueError
        return str(IPv6Address(host))
    except AddressValueError:
        raise _refused(url, "accepted is an IPv6 address in brackets, without a zone") from None


def _refused(url: str, accepted: str) -> RefusedAddress:
    return RefusedAddress(f"given {url[:80]!r}, {accepted}.")
