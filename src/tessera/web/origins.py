"""Where a request came from, when proxies of our own stand before us. Pure."""

from collections.abc import Sequence
from ipaddress import ip_address

from tessera.platform.settings import Network


def find_origin(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str | None:
    """Return the nearest address that is no proxy of ours.

    `forwarded_for` is read from its end, where our own proxies wrote: what stands further to the left, anybody could
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
