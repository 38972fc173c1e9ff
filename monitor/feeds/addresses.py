"""Decides: which network addresses may be connected to.

The rule is asked about the address of every connection just before it is made, so it does not
matter how the address was found: in the URL, by a look-up, or after a redirect. What is not
clearly a public unicast address is refused.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from monitor.models import REMEMBERED

_REFUSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and one cloud's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host agent, on an address that looks public
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4, withdrawn
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
"""Source: IANA, IPv4 Special-Purpose Address Registry; RFC 5771 for multicast."""

_UNICAST_6 = IPv6Network("2000::/3")
"""All that IANA has ever handed out as global unicast; loopback, mapped, unique local, link-local,
site-local and multicast addresses lie outside."""

_REFUSED_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",
        "3fff::/20",
    )
)
"""Source: IANA, IPv6 Special-Purpose Address Registry."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052. The local-use prefix 64:ff9b:1::/48 (RFC 8215) is refused as a whole: where in it the
IPv4 address stands is the local network's secret."""

_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")
_LONGEST_NAME = 253
_LAST_PORT = 65_535


@lru_cache(maxsize=REMEMBERED)
def is_public(address: str) -> bool:
    """Say whether a numeric address is a public one; anything that cannot be read is not.

    An IPv6 address that carries an IPv4 address (mapped, 6to4, Teredo, NAT64) is judged by
    both. Stricter than ``ipaddress``, whose ``is_global`` holds for multicast and for the
    NAT64 and 6to4 forms of 127.0.0.1.
    """
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv4Address):
        return _is_public_4(number)
    return number.scope_id is None and _is_public_6(number)


def _is_public_4(number: IPv4Address) -> bool:
    return number.is_global and not any(number in network for network in _REFUSED_4)


def _is_public_6(number: IPv6Address) -> bool:
    if number.ipv4_mapped is not None:  # the kernel connects to the IPv4 address
        return _is_public_4(number.ipv4_mapped)
    if not all(_is_public_4(carried) for carried in _carried(number)):
        return False
    if number in _NAT64:
        return True
    return (
        number in _UNICAST_6
        and number.is_global
        and not any(number in network for network in _REFUSED_6)
    )


def _carried(number: IPv6Address) -> list[IPv4Address]:
    """Every IPv4 address that a transition mechanism would read out of this one."""
    carried = list(number.teredo or ())
    if number.sixtofour is not None:
        carried.append(number.sixtofour)
    if number in _NAT64:
        carried.append(IPv4Address(int(number) & 0xFFFF_FFFF))
    return carried


@lru_cache(maxsize=REMEMBERED)
def canonical_host(host: str) -> str:
    """Write a host name or address in the one form in which it is compared and connected to.

    Names become lower-case ASCII (IDNA 2003) without the final dot; an IPv4 address in any of
    its old spellings (``127.1``, ``0x7f000001``, ``①②⑦.0.0.1``) becomes four decimal numbers;
    an IPv6 address, with or without brackets, its shortest form without brackets.

    Raises:
        ValueError: it is neither a name nor an address.
    """
    is_bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if is_bracketed else host
    if is_bracketed or ":" in bare:
        number = IPv6Address(bare)
        if number.scope_id is not None:
            raise ValueError("addresses with a zone are not supported")
        return str(number)
    if len(bare) > _LONGEST_NAME + 1:
        raise ValueError("the host name is too long")
    name = bare.lower().encode("idna").decode("ascii").lower().removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _old_spelling(name)
    if not _NAME.fullmatch(name):
        raise ValueError("not a host name")
    return name


def _old_spelling(name: str) -> str:
    """Read an IPv4 address as C libraries always have: one to four numbers, 0 octal, 0x hex."""
    if not all(_NUMBER.fullmatch(label) for label in name.split(".")):
        raise ValueError("not an IPv4 address")
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError as error:
        raise ValueError("not an IPv4 address") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowList:
    """The hosts, addresses and networks that may be asked although they are not public.

    A port of ``None`` opens every port.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[IPv4Network | IPv6Network, int | None], ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowList:
        """Read entries such as ``intranet.example``, ``127.0.0.1:8080``, ``[::1]``, ``10.0.0.0/8``.

        Raises:
            ValueError: an entry is none of these; the message names the entry.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[tuple[IPv4Network | IPv6Network, int | None]] = []
        for entry in entries:
            try:
                host, port = _split_port(entry.strip())
                if (network := _as_network(host)) is not None:
                    networks.append((network, port))
                else:
                    hosts.add((_as_name(host), port))
            except ValueError as error:
                raise ValueError(f"{entry!r} cannot be allowed: {error}") from error
        return cls(hosts=frozenset(hosts), networks=tuple(networks))

    def permits(self, host: str, address: str, port: int) -> bool:
        """Say whether this numeric address and port may be connected to for this URL's host.

        A listed name is trusted with whatever address it resolves to. The answer depends on
        host, address and port alone, by which open connections are told apart, too: reusing
        one opens nothing that a new one would not.
        """
        try:
            name = canonical_host(host)
        except ValueError:
            return False
        if self.hosts and not self.hosts.isdisjoint({(name, None), (name, port)}):
            return True
        number = _unmapped(address)
        return number is not None and any(
            number in network and only in (None, port) for network, only in self.networks
        )


@lru_cache(maxsize=REMEMBERED)
def _unmapped(address: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(address)
    except ValueError:
        return None
    if isinstance(number, IPv6Address):
        if number.scope_id is not None:
            return None
        return number.ipv4_mapped or number
    return number


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, bracket, rest = entry.partition("]")
        host, colon, port = host[1:], rest[:1], rest[1:]
        if not bracket or ":" not in host or (rest and colon != ":"):
            raise ValueError("brackets hold an IPv6 address, and only a port may follow")
    elif entry.count(":") == 1:
        host, colon, port = entry.partition(":")
    else:
        host, colon, port = entry, "", ""
    if not colon:
        return host, None
    if not (_PORT.fullmatch(port) and 1 <= int(port) <= _LAST_PORT):
        raise ValueError(f"a port is a number from 1 to {_LAST_PORT}")
    return host, int(port)


def _as_network(host: str) -> IPv4Network | IPv6Network | None:
    """Read an address or a network; ``None`` if it looks like neither."""
    if "%" in host:
        raise ValueError("addresses with a zone are not supported")
    if "/" in host or ":" in host:
        network = ip_network(host)
        if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
            raise ValueError("write it as IPv4")
        return network
    try:
        return IPv4Network(host)
    except ValueError:
        return None


def _as_name(host: str) -> str:
    name = canonical_host(host)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise ValueError(f"write the address as {name}")
    return name
