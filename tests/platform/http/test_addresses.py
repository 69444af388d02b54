"""The deny list, family by family, and the allow-list that wins over it."""

from ipaddress import ip_address, ip_network

import pytest

from tessera.platform.http import judge_address

# Address, the word that the refusal gives, a network whose listing opens it.
DENIED = [
    ("0.0.0.0", "unspecified", "0.0.0.0/8"),
    ("0.1.2.3", "unspecified", "0.0.0.0/8"),
    ("::", "unspecified", "::/128"),
    ("127.0.0.1", "loopback", "127.0.0.0/8"),
    ("127.255.255.254", "loopback", "127.0.0.0/8"),
    ("::1", "loopback", "::1/128"),
    ("10.0.0.1", "private", "10.0.0.0/8"),
    ("172.16.0.1", "private", "172.16.0.0/12"),
    ("172.31.255.255", "private", "172.16.0.0/12"),
    ("192.168.1.1", "private", "192.168.0.0/16"),
    ("fc00::1", "unique-local", "fc00::/7"),
    ("fdff::1", "unique-local", "fc00::/7"),
    ("169.254.1.1", "link-local", "169.254.0.0/16"),
    ("fe80::1", "link-local", "fe80::/10"),
    ("febf::1", "link-local", "fe80::/10"),
    ("fec0::1", "site-local", "fec0::/10"),
    ("100.64.0.1", "carrier-grade NAT", "100.64.0.0/10"),
    ("100.127.255.255", "carrier-grade NAT", "100.64.0.0/10"),
    ("169.254.169.254", "cloud metadata", "169.254.169.254/32"),
    ("169.254.170.2", "cloud metadata", "169.254.170.2/32"),
    ("100.100.100.200", "cloud metadata", "100.100.100.200/32"),
    ("168.63.129.16", "cloud metadata", "168.63.129.16/32"),
    ("fd00:ec2::254", "cloud metadata", "fd00:ec2::254/128"),
    ("64:ff9b::8.8.8.8", "NAT64", "64:ff9b::/96"),
    ("64:ff9b::169.254.169.254", "NAT64 to cloud metadata", "64:ff9b::/96"),
    ("64:ff9b::169.254.169.254", "NAT64 to cloud metadata", "169.254.169.254/32"),
    ("64:ff9b::127.0.0.1", "NAT64 to loopback", "64:ff9b::7f00:1/128"),
    ("64:ff9b:1::1", "NAT64", "64:ff9b:1::/48"),
    ("2002:808:808::1", "6to4", "2002::/16"),
    ("2002:7f00:1::", "6to4", "2002:7f00:1::/48"),
    ("2002:a9fe:a9fe::1", "6to4", "2002::/16"),
    ("192.88.99.1", "6to4", "192.88.99.0/24"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo", "2001::/32"),
    ("::ffff:127.0.0.1", "loopback", "127.0.0.0/8"),
    ("::ffff:10.1.2.3", "private", "::ffff:10.0.0.0/104"),
    ("::ffff:169.254.169.254", "cloud metadata", "169.254.0.0/16"),
    ("::127.0.0.1", "reserved to loopback", "127.0.0.0/8"),
    ("::8.8.8.8", "reserved", "::/96"),
    ("::ffff:0:10.0.0.1", "reserved to private", "10.0.0.0/8"),
    ("224.0.0.1", "multicast", "224.0.0.0/4"),
    ("239.255.255.250", "multicast", "224.0.0.0/4"),
    ("ff02::1", "multicast", "ff00::/8"),
    ("192.0.2.1", "documentation", "192.0.2.0/24"),
    ("198.51.100.1", "documentation", "198.51.100.0/24"),
    ("203.0.113.1", "documentation", "203.0.113.0/24"),
    ("2001:db8::1", "documentation", "2001:db8::/32"),
    ("3fff::1", "documentation", "3fff::/20"),
    ("198.18.0.1", "benchmarking", "198.18.0.0/15"),
    ("198.19.255.255", "benchmarking", "198.18.0.0/15"),
    ("2001:2::1", "benchmarking", "2001:2::/48"),
    ("100::1", "discard", "100::/64"),
    ("192.0.0.8", "reserved", "192.0.0.0/24"),
    ("240.0.0.1", "reserved", "240.0.0.0/4"),
    ("255.255.255.255", "reserved", "255.255.255.255/32"),
    ("2001:10::1", "reserved", "2001:10::/28"),
    ("5f00::1", "reserved", "5f00::/16"),
    ("4000::1", "reserved", "4000::/3"),
    ("8000::1", "reserved", "8000::/1"),
    ("fe00::1", "reserved", "fe00::/9"),
]


@pytest.mark.parametrize(("address", "reason", "network"), DENIED)
def test_denied_address_is_refused_until_listed(address: str, reason: str, network: str) -> None:
    assert judge_address(ip_address(address), []) == reason
    assert judge_address(ip_address(address), [ip_network("9.9.9.9/32")]) == reason
    assert judge_address(ip_address(address), [ip_network(network)]) is None


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::8a",
        "2003::1",
        "::ffff:8.8.8.8",
    ],
)
def test_public_address_is_called(address: str) -> None:
    assert judge_address(ip_address(address), []) is None


@pytest.mark.parametrize("address", ["2002:7f00:1::", "2001:0:7f00:1::"])
def test_listing_the_inner_address_opens_no_tunnel_to_others(address: str) -> None:
    assert judge_address(ip_address(address), [ip_network("127.0.0.0/8")]) is not None


def test_listing_one_network_opens_no_other() -> None:
    allowed = [ip_network("10.0.0.0/8"), ip_network("fc00::/7")]
    assert judge_address(ip_address("10.255.255.255"), allowed) is None
    assert judge_address(ip_address("11.0.0.1"), allowed) is None
    assert judge_address(ip_address("192.168.0.1"), allowed) == "private"
    assert judge_address(ip_address("127.0.0.1"), allowed) == "loopback"
