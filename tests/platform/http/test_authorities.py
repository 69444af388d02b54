"""Certificate authorities that a profile brings: what is refused, and that calls with different ones never mix."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.builders.certificates import issue
from tests.builders.wires import answer_ok, run_wires

from tessera.platform.clock import now
from tessera.platform.http import CallErrorKind, CertificateError, OutboundClient, clean_authorities, parse_authorities
from tessera.platform.http.addresses import Address

OURS = issue("Our Authority", authority=True)
OTHER = issue("Other Authority", authority=True)
PEM = OURS.pem().decode()
KEY = OURS.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def resolve(host: str, port: int) -> Sequence[Address]:
    return [ip_address("127.0.0.1")] if host and port else []


def test_certificates_are_kept_and_nothing_else() -> None:
    cleaned = clean_authorities(f"Subject: ours <script>\r\n{PEM}\nand another\n{OTHER.pem().decode()}", now())
    assert cleaned == PEM + OTHER.pem().decode()
    assert len(parse_authorities(cleaned)) == 2
    assert parse_authorities(None) == parse_authorities("") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "not a certificate in PEM"),
        (KEY, "private key"),
        (PEM + KEY, "private key"),
        (PEM.replace("-----END", "AAAA\n-----END"), "cut or damaged"),
        (PEM[:200], "cut or damaged"),
        (issue("receiver.example", by=OURS).pem().decode(), "is no authority"),
        (issue("Old Authority", authority=True, days=-5).pem().decode(), "expired on"),
        (PEM * 60, "more than 50"),
    ],
    ids=["text", "key", "key behind", "damaged", "cut", "leaf", "expired", "many"],
)
def test_what_vouches_for_nobody_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        clean_authorities(text, now())
    assert KEY[40:80] not in str(raised.value)


async def test_calls_with_different_authorities_share_no_connection(tmp_path: Path) -> None:
    client = OutboundClient(allowed_networks=[ip_network("127.0.0.0/8")], resolver=resolve)
    ours, other = parse_authorities(PEM), parse_authorities(OTHER.pem().decode())
    context = issue("receiver.example", by=OURS).server_context(tmp_path)
    async with run_wires(answer_ok, context=context) as server:
        url = f"https://receiver.example:{server.port}/"
        assert (await client.send("GET", url, authorities=ours)).status == 200
        for stranger in ((), other):
            with pytest.raises(CertificateError) as raised:
                await client.send("GET", url, authorities=stranger)
            assert raised.value.kind is CallErrorKind.CERTIFICATE
            assert "CA certificate" in raised.value.message
        assert (await client.send("GET", url, authorities=ours + other)).status == 200
    await client.close()
