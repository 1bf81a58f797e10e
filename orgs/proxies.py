"""Who asks, when reverse proxies stand in front of this server.

Each proxy writes the address that it was asked from at the end of X-Forwarded-For. So
the header is read from the right, only where the peer is a trusted proxy, and only as
far as trusted proxies wrote it: whatever stands further left, anybody can have written.
"""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Nobody has a longer row of proxies; a header can name thousands.
_MOST_HOPS = 20
# An IPv6 address in full, in brackets, with a port: what is longer is no hop.
_LONGEST_HOP = 53
# 192.0.2.1:80, [2001:db8::1] and [2001:db8::1]:80; all else must be an address itself.
_WRITTEN = re.compile(r"(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]{1,5})?")


class _Hop(NamedTuple):
    """An address as it is kept, None where there is none, and whether it is trusted."""

    address: str | None
    is_trusted: bool


_NOBODY = _Hop(None, is_trusted=False)


def client_address(
    peer: str | None,
    forwarded_for: str | None,
    trusted: frozenset[Network],
    *,
    sockets: bool,
) -> str | None:
    """Return the address of whoever asks, as far as trusted proxies vouch for it.

    What is no address ends the reading: the proxy that reported it is the answer.

    Args:
        peer: who is connected; None or "" behind a socket file.
        forwarded_for: X-Forwarded-For; several such headers joined by commas, in order.
        trusted: the networks of the proxies.
        sockets: whether whoever connects to a socket file is a proxy.
    """
    hop = _hop(peer, trusted) if peer else _Hop(None, is_trusted=sockets)
    if not hop.is_trusted or not forwarded_for:
        return hop.address
    address = hop.address
    hops = forwarded_for.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]
    for text in map(str.strip, reversed(hops)):
        hop = _hop(text, trusted) if len(text) <= _LONGEST_HOP else _NOBODY
        if hop.address is None:
            return address
        address = hop.address
        if not hop.is_trusted:
            return address
    return address


def is_among(address: str | None, networks: frozenset[Network]) -> bool:
    """Tell whether an address is in one of some networks."""
    return _hop(address, networks).is_trusted if address else False


@lru_cache(maxsize=4096)
def _hop(text: str, trusted: frozenset[Network]) -> _Hop:
    """Judge a hop; a frozen set remembers its hash, so that asking again is cheap."""
    address = _parsed(text)
    if address is None:
        return _NOBODY
    return _Hop(str(address), any(address in network for network in trusted))


def _parsed(text: str) -> Address | None:
    found = _WRITTEN.fullmatch(text)
    host = found[1] or found[2] if found else text
    try:
        # A zone (fe80::1%eth0) means something on one machine only.
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    # A server that listens for both versions writes IPv4 addresses as IPv6.
    return getattr(address, "ipv4_mapped", None) or address
