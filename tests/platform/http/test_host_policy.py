"""The policy at work: refused when connecting, by literal or name, with the reason; allowed once listed."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest
from tests.builders.wires import answer_ok, run_wires

from tessera.platform.errors import InvalidError
from tessera.platform.http import CallErrorKind, NotSentError, OutboundClient, RefusedAddressError, vet_host
from tessera.platform.http.addresses import Address

# Family, spellings of a literal, the addresses that a name gives, the word of the refusal, a network that opens it.
TARGETS = [
    ("loopback", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1"], "127.0.0.1", "127.0.0.0/8"),
    ("loopback", ["[::1]", "[0:0:0:0:0:0:0:1]"], "::1", "::1/128"),
    ("loopback", ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]"], "::ffff:127.0.0.1", "127.0.0.0/8"),
    ("private", ["10.0.0.5", "10.5", "0xa000005", "167772165", "012.0.0.5"], "10.0.0.5", "10.0.0.0/8"),
    ("private", ["192.168.0.1", "3232235521"], "192.168.0.1", "192.168.0.0/16"),
    ("cloud metadata", ["169.254.169.254", "2852039166", "0xa9fea9fe"], "169.254.169.254", "169.254.169.254/32"),
    ("cloud metadata", ["[fd00:ec2::254]", "[FD00:0EC2:0::254]"], "fd00:ec2::254", "fd00:ec2::/32"),
    ("NAT64", ["[64:ff9b::808:808]", "[64:ff9b::8.8.8.8]"], "64:ff9b::8.8.8.8", "64:ff9b::/96"),
    ("NAT64 to cloud metadata", ["[64:ff9b::a9fe:a9fe]"], "64:ff9b::a9fe:a9fe", "64:ff9b::/96"),
    ("6to4", ["[2002:7f00:1::]", "[2002:7F00:1:0::0]"], "2002:7f00:1::", "2002::/16"),
    ("carrier-grade NAT", ["100.64.0.1"], "100.64.0.1", "100.64.0.0/10"),
    ("link-local", ["[fe80::1]"], "fe80::1", "fe80::/10"),
    ("unique-local", ["[fc00::1]"], "fc00::1", "fc00::/7"),
    ("multicast", ["224.0.0.1", "[ff02::1]"], "224.0.0.1", "224.0.0.0/4"),
    ("unspecified", ["0", "0.0.0.0", "0x0"], "0.0.0.0", "0.0.0.0/8"),
]
LITERALS = [(reason, spelling) for reason, spellings, _, _ in TARGETS for spelling in spellings]
NAMES = [(reason, address, network) for reason, _, address, network in TARGETS]


class Names:
    """A resolver that knows one name, and counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        assert (host, port > 0) == ("receiver.example", True)
        self.asked += 1
        return [ip_address(address) for address in self.addresses]


@pytest.mark.parametrize(("reason", "spelling"), LITERALS)
async def test_literal_is_refused(reason: str, spelling: str) -> None:
    client = OutboundClient(allow_insecure_http=True)
    for scheme in ("http", "https"):
        with pytest.raises(RefusedAddressError, match=f"“{reason}”") as caught:
            await client.send("POST", f"{scheme}://{spelling}:8080/path?token=hunter2")
    assert caught.value.kind is CallErrorKind.REFUSED_ADDRESS
    assert isinstance(caught.value, InvalidError)
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(("reason", "address", "network"), NAMES)
async def test_name_is_refused_until_its_address_is_listed(reason: str, address: str, network: str) -> None:
    client = OutboundClient(resolver=Names(address))
    with pytest.raises(RefusedAddressError, match=f"receiver.example are refused.*“{reason}”"):
        await client.send("GET", "https://receiver.example/")
    allowed = [ip_network(network)]
    assert await vet_host("receiver.example", 443, allowed=allowed, resolver=Names(address)) == (ip_address(address),)


async def test_listed_name_is_called_and_unlisted_gets_no_connection() -> None:
    async with run_wires(answer_ok) as server:
        url = f"http://receiver.example:{server.port}/"
        guarded = OutboundClient(allow_insecure_http=True, resolver=Names("127.0.0.1"))
        with pytest.raises(RefusedAddressError):
            await guarded.send("GET", url)
        assert server.connections == 0
        opened = OutboundClient(
            allow_insecure_http=True, resolver=Names("127.0.0.1"), allowed_networks=[ip_network("127.0.0.1/32")]
        )
        assert (await opened.send("GET", url)).status == 200
        await opened.close()


async def test_localhost_is_resolved_and_refused() -> None:
    with pytest.raises(RefusedAddressError, match="loopback"):
        await OutboundClient().send("GET", "https://localhost/")


@pytest.mark.parametrize("addresses", [("8.8.8.8", "10.0.0.1"), ("10.0.0.1", "8.8.8.8"), ("8.8.8.8", "::1")])
async def test_one_bad_address_refuses_the_name(addresses: tuple[str, str]) -> None:
    with pytest.raises(RefusedAddressError):
        await OutboundClient(resolver=Names(*addresses)).send("GET", "https://receiver.example/")


async def test_message_keeps_the_addresses_of_names_to_itself() -> None:
    with pytest.raises(RefusedAddressError) as caught:
        await OutboundClient(resolver=Names("10.1.2.3")).send("GET", "https://receiver.example/")
    assert "10.1.2.3" not in f"{caught.value.message} {caught.value.details}"


async def test_name_without_address_is_not_sent() -> None:
    with pytest.raises(NotSentError, match="no address"):
        await OutboundClient(resolver=Names()).send("GET", "https://receiver.example/")
