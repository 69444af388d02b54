"""Mail addresses as people type them, and as an attacker would."""

import pytest

from tessera.notifications.errors import NoticeAddressesError
from tessera.notifications.notices.addresses import parse_addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", ()),
        (" ,;\n ", ()),
        ("ada@example.com", ("ada@example.com",)),
        ("a@x.example, b@x.example;c@x.example\r\n", ("a@x.example", "b@x.example", "c@x.example")),
        ("Ada@Example.com; ada@example.COM", ("Ada@example.com",)),
        ("ada+exports@example.com", ("ada+exports@example.com",)),
        ('"lane, ada"@example.com; b@example.com', ('"lane, ada"@example.com', "b@example.com")),
        ("ada@bücher.example", ("ada@xn--bcher-kva.example",)),
        ("ada@localhost", ("ada@localhost",)),
    ],
)  # fmt: skip
def test_text_becomes_addresses(text: str, addresses: tuple[str, ...]) -> None:
    assert parse_addresses(text) == addresses


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@exa mple.com",
        "Ada Lovelace <ada@example.com>",
        "ada@example.com\x00",
        "ada@example.com\tBcc: eve@example.com",
        "ada@example.com\u2028Bcc: eve@example.com",
        'ada"@example.com',
        "ada@[127.0.0.1]",
        "ada@127.0.0.1",
        "ada@example.com.",
        f"{'a' * 65}@example.com",
        f"ada@{'a.' * 130}example",
    ],
)
def test_hostile_address_is_named(text: str) -> None:
    with pytest.raises(NoticeAddressesError, match="mail address"):
        parse_addresses(f"good@example.com, {text}")


def test_each_bad_address_is_named() -> None:
    with pytest.raises(NoticeAddressesError) as refused:
        parse_addresses("one, ada@example.com, two")
    assert refused.value.message.startswith("'one', 'two' are not mail addresses.")


def test_line_end_makes_two_addresses_and_no_header() -> None:
    with pytest.raises(NoticeAddressesError, match="Bcc"):
        parse_addresses("ada@example.com\nBcc: eve@example.com")


def test_fifty_are_enough() -> None:
    many = [f"a{number}@example.com" for number in range(51)]
    assert len(parse_addresses(",".join(many[:50]))) == 50
    with pytest.raises(NoticeAddressesError, match="more than 50"):
        parse_addresses(",".join(many))
