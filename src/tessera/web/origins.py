"""Where a request came from: the address behind our own proxies, and the site whose page sent it. Pure."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from tessera.platform.settings import Network

DEFAULT_PORTS = {"http": 80, "https": 443}


def find_origin(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str | None:
    """Return the nearest address that is no proxy of ours.

    `forwarded_for` is read from its end, where our own proxies wrote: what is further to the left, anybody could
    have sent.
    """
    if peer is None or not is_within(peer, trusted):
        return peer
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    for hop in reversed(hops):
        if not is_address(hop):
            return peer
        if not is_within(hop, trusted):
            return hop
        peer = hop
    return peer


def is_within(text: str, networks: Sequence[Network]) -> bool:
    """Say whether the text is an address of one of the networks."""
    return is_address(text) and any(ip_address(text) in network for network in networks)


def is_address(text: str) -> bool:
    """Say whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_own_origin(origin: str, host: str, public_url: str | None) -> bool:
    """Say whether a browser's `Origin` is this deployment: its public address, or the host that the request names."""
    sender = parse_origin(origin)
    if sender is None:
        return False
    scheme = sender[0]
    return sender in (parse_origin(public_url or ""), parse_origin(f"{scheme}://{host}"))


def parse_origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an address; None where it has none, as the origin `null`."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None
