"""Which addresses outbound calls may reach: an explicit deny list, and a deployment's allow-list that wins over it.

`ipaddress.is_global` is no help: it calls NAT64, 6to4, multicast and several reserved blocks global.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# In order: the first that matches names the reason. From the IANA special-purpose registries, and the metadata
# services of the large clouds, some of which lie in public space.
DENIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "cloud metadata",
        (
            "169.254.169.254/32", "169.254.170.2/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
            "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128", "fe80::a9fe:a9fe/128",
        ),
    ),
    ("unspecified", ("0.0.0.0/8", "::/128")),
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
    ("unique-local", ("fc00::/7",)),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("site-local", ("fec0::/10",)),
    ("carrier-grade NAT", ("100.64.0.0/10",)),
    ("NAT64", ("64:ff9b::/96", "64:ff9b:1::/48")),
    ("6to4", ("2002::/16", "192.88.99.0/24")),
    ("Teredo", ("2001::/32",)),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    ("documentation", ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")),
    ("benchmarking", ("198.18.0.0/15", "2001:2::/48")),
    ("discard", ("100::/64", "100:0:0:1::/64")),
    # What is left of IPv6 outside 2000::/3 is not handed out, and includes the deprecated IPv4-compatible form.
    ("reserved", ("192.0.0.0/24", "240.0.0.0/4", "2001::/23", "3ffe::/16", "::/3", "4000::/2", "8000::/1")),
)  # fmt: skip

DENIED_NETWORKS = tuple((reason, tuple(ip_network(text) for text in texts)) for reason, texts in DENIED)
MAPPED = IPv6Network("::ffff:0:0/96")
# Forms that spell the IPv4 host itself: who may reach the host may reach it by these. 6to4 and Teredo are tunnels to
# other hosts behind that address, so listing the address does not open them.
SAME_HOST = (MAPPED, IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"), IPv6Network("64:ff9b::/96"))


def judge_address(address: Address, allowed: Sequence[Network]) -> str | None:
    """Return why this address is refused, in a word or two, or None if it may be called."""
    inner = embedded_address(address)
    if lists(allowed, address) or (inner is not None and lists(allowed, inner)):
        return None
    if inner is None:
        return find_reason(address)
    if address in MAPPED:
        return find_reason(inner)
    outer, behind = find_reason(address), find_reason(inner)
    return f"{outer} to {behind}" if behind else outer


def embedded_address(address: Address) -> IPv4Address | None:
    """Return the IPv4 host that an IPv6 address spells in its last 32 bits, if its form does that."""
    if isinstance(address, IPv6Address) and int(address) > 1 and any(address in network for network in SAME_HOST):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def lists(networks: Sequence[Network], address: Address) -> bool:
    """Return whether one of the networks holds the address."""
    return any(address in network for network in networks)


def find_reason(address: Address) -> str | None:
    """Return the first entry of the deny list that holds the address."""
    return next((reason for reason, networks in DENIED_NETWORKS if lists(networks, address)), None)


def parse_address(text: str) -> Address | None:
    """Read an address in canonical spelling, with or without brackets; None means that it is a name."""
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
