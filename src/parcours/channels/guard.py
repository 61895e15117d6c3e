"""Which addresses a webhook may reach: none of the house's own network, unless the settings allow it.

Asked when a socket is made for an address, so what counts is where a connection really goes: a name that resolves
to something else a moment later gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, TypeAlias

__all__ = ["AddressRefused", "Guard", "Network", "read_networks"]

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

EVERYWHERE: Final = ("0.0.0.0/0", "::/0")

# IANA's registries of special addresses, without what is reachable from everywhere.
_INTERNAL: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # private
        "100.64.0.0/10",  # behind a carrier's translation; metadata of some clouds
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of a cloud, though a public address
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # protocols, documentation
        "192.88.99.0/24", "198.18.0.0/15",  # relays, measurements
        "224.0.0.0/4", "240.0.0.0/4",  # multicast, reserved, broadcast
        "::/128", "::1/128",  # unspecified, loopback
        "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",  # discard, protocols, documentation
        "64:ff9b:1::/48",  # private translation
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",  # private, link-local, site-local, multicast
    )
)  # fmt: skip
_NAT64: Final = IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = IPv6Network("::/96")


class AddressRefused(OSError):
    """An address that webhooks may not reach."""

    def __init__(self) -> None:
        # One text for all, so that nobody maps the network by it, and several of them stay one error.
        super().__init__("the address is not allowed")


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets connections through to public addresses, and to the networks that are allowed besides."""

    allowed: tuple[Network, ...] = ()

    def allows(self, text: str) -> bool:
        """Tell whether an address may be reached; one that carries another inside is judged by both."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        return all(self._allows(one) for one in (address, *_inside(address)))

    def socket_for(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for an address that is about to be connected to. Raises AddressRefused."""
        family, kind, protocol, _, where = info
        if not self.allows(str(where[0])):
            raise AddressRefused
        return socket.socket(family=family, type=kind, proto=protocol)

    def _allows(self, address: Address) -> bool:
        return _among(address, self.allowed) or not _among(address, _INTERNAL)


def read_networks(text: str) -> tuple[Network, ...]:
    """Read what is allowed besides: nothing, `true` for everything, or networks and addresses with commas.

    Raises:
        ValueError: for what is no network.
    """
    word = text.strip().lower()
    if word in ("", "false"):
        return ()
    parts: Iterable[str] = EVERYWHERE if word == "true" else word.split(",")
    return tuple(ip_network(part.strip(), strict=False) for part in parts)


def _among(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _inside(address: Address) -> list[Address]:
    """Return the IPv4 addresses that an IPv6 address leads to by translation or a tunnel."""
    if isinstance(address, IPv4Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo is not None:
        found += address.teredo
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
