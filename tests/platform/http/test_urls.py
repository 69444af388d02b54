"""What may be called at all, and hosts in every spelling."""

from ipaddress import ip_address

import pytest

from tessera.platform.http import InvalidUrlError, normalise_host, parse_url


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("%31%32%37.0.0.1", "127.0.0.1"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("2852039166", "169.254.169.254"),
        ("0xA9.0xFE.0xA9.0xFE", "169.254.169.254"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("[::FFFF:127.0.0.1]", "::ffff:127.0.0.1"),
        ("64:FF9B::7f00:1", "64:ff9b::7f00:1"),
        ("2002:7F00:0001::", "2002:7f00:1::"),
    ],
)
def test_literal_is_read_as_the_address_it_spells(spelling: str, address: str) -> None:
    assert normalise_host(spelling) == ip_address(address)
    in_url = f"[{spelling}]" if ":" in spelling and "[" not in spelling else spelling
    assert normalise_host(parse_url(f"https://{in_url}/").host_str or "") == ip_address(address)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com."),
        ("bücher.example", "xn--bcher-kva.example"),
        ("%6cocalhost", "localhost"),
        ("a_b.example", "a_b.example"),
    ],
)
def test_name_is_read_in_ascii(spelling: str, name: str) -> None:
    assert normalise_host(spelling) == name


@pytest.mark.parametrize(
    "host",
    [
        "", " ", "ex ample", "a\tb", "a\nb", "a/b", "a?b", "a#b", "user@host", "a\\b", "host:80", "[::1]:80", "[::1",
        "fe80::1%eth0", "fe80::1%25eth0", "[fe80::1%eth0]", "1.2.3.4.5", "256.1.1.1", "0x100000000", "a.0x1", "a%00b",
    ],
)  # fmt: skip
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(InvalidUrlError) as caught:
        normalise_host(host)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "https://", "ftp://example.com/", "file:///etc/passwd",
        "data:text/plain,x", "unix:/run/socket", "ws://example.com/", "https://user@example.com/",
        "https://user:hunter2@example.com/", "https://:hunter2@example.com/", "http://example.com/",
        "https://example.com:99999/", "https://[::1/",
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_refused(url: str) -> None:
    with pytest.raises(InvalidUrlError) as caught:
        parse_url(url)
    assert "hunter2" not in caught.value.message


def test_http_is_called_only_where_allowed() -> None:
    assert parse_url("http://example.com/x", allow_insecure_http=True).port_or_known_default == 80
    with pytest.raises(InvalidUrlError, match="TESSERA_ALLOW_INSECURE_HTTP"):
        parse_url("HTTP://example.com/x")
