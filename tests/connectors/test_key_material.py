"""Key material: what opens, what is refused, and that no refusal tells what stands in a key."""

import os
import shutil
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders.key_files import PASSPHRASE, pgp_key, protected_pgp_key, ssh_key

from tessera.connectors.keys.errors import EncryptionKeyInvalidError
from tessera.connectors.keys.material import KeyFacts, KeyType, read_material

NOW = datetime(2031, 1, 1, tzinfo=UTC)


def read(kind: KeyType, material: str, passphrase: str | None = None, now: datetime = NOW) -> KeyFacts:
    return read_material(kind, material, passphrase, now=now)


def refused(kind: KeyType, material: str, passphrase: str | None = None, now: datetime = NOW) -> tuple[object, str]:
    """Return the field and the message of the refusal."""
    with pytest.raises(EncryptionKeyInvalidError) as caught:
        read(kind, material, passphrase, now)
    assert "backtrace" not in caught.value.message
    assert PASSPHRASE not in caught.value.message
    return caught.value.details["field"], caught.value.message


@pytest.mark.parametrize(
    ("kind", "form", "algorithm"),
    [
        ("rsa", "RFC4716", "RSA 2048"),
        ("rsa", "PEM", "RSA 2048"),
        ("rsa", "PKCS8", "RSA 2048"),
        ("ed25519", "RFC4716", "Ed25519"),
        ("ecdsa", "PEM", "ECDSA P-256"),
    ],
)
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_private_key_for_ssh_opens(kind: str, form: str, algorithm: str, passphrase: str) -> None:
    facts = read(KeyType.RSA_PRIVATE_KEY, ssh_key(kind, form, passphrase), passphrase or None)

    assert (facts.algorithm, facts.expires_at) == (algorithm, None)
    assert facts.fingerprint.startswith("SHA256:")


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_wrong_or_missing_passphrase_is_refused(form: str) -> None:
    material = ssh_key("rsa", form, PASSPHRASE)

    assert refused(KeyType.RSA_PRIVATE_KEY, material, "wrong") == (
        "passphrase",
        "This passphrase does not open the key. Type it again.",
    )
    assert refused(KeyType.RSA_PRIVATE_KEY, material)[0] == "passphrase"
    assert refused(KeyType.RSA_PRIVATE_KEY, ssh_key("rsa", form), "not needed")[0] == "passphrase"


def test_key_that_takes_for_ever_is_refused() -> None:
    def packed(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    options = packed(packed(b"salt" * 4) + (2**31).to_bytes(4, "big"))
    data = b"openssh-key-v1\0" + packed(b"aes256-ctr") + packed(b"bcrypt") + options
    text = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{b64encode(data).decode()}\n-----END OPENSSH PRIVATE KEY-----\n"

    assert "2,147,483,648 rounds" in refused(KeyType.RSA_PRIVATE_KEY, text, "x")[1]


@pytest.mark.parametrize("kind", list(KeyType))
@pytest.mark.parametrize(
    "material",
    [
        "",
        "  \n",
        "<script>alert(1)</script>",
        "a\0b",
        "x" * 1_000_000,
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n",
    ],
    ids=range(9),
)
def test_what_is_no_key_is_refused_beside_its_field(kind: KeyType, material: str) -> None:
    assert refused(kind, material)[0] == "material"


def test_passphrase_has_an_end() -> None:
    assert refused(KeyType.RSA_PRIVATE_KEY, ssh_key(), "x" * 1001)[0] == "passphrase"


def test_key_for_openpgp_opens() -> None:
    private, public = pgp_key(seconds=86_400)

    ours, theirs = read(KeyType.PGP_PRIVATE_KEY, private), read(KeyType.PGP_PUBLIC_KEY, public, now=datetime.now(UTC))

    assert ours.fingerprint == theirs.fingerprint
    assert len(ours.fingerprint) == 40
    assert theirs.expires_at is not None
    assert abs(theirs.expires_at - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=5)


def test_public_and_private_are_told_apart() -> None:
    private, public = pgp_key()

    assert refused(KeyType.PGP_PUBLIC_KEY, private) == (
        "material",
        "This is a private key. Paste the partner's public key, or choose the type PGP private key.",
    )
    assert refused(KeyType.PGP_PRIVATE_KEY, public)[0] == "material"
    assert refused(KeyType.PGP_PUBLIC_KEY, public, "secret")[0] == "passphrase"
    assert refused(KeyType.PGP_PRIVATE_KEY, private, "secret")[0] == "passphrase"
    assert refused(KeyType.RSA_PRIVATE_KEY, private)[0] == "material"


def test_expired_public_key_is_refused() -> None:
    _, public = pgp_key(seconds=60)

    assert "expired" in refused(KeyType.PGP_PUBLIC_KEY, public, now=datetime.now(UTC) + timedelta(days=1))[1]


def test_protected_key_for_openpgp_needs_its_passphrase() -> None:
    if shutil.which("gpg") is None:
        if os.environ.get("TESSERA_REQUIRE_ALL") == "1":
            pytest.fail("GnuPG is missing, and TESSERA_REQUIRE_ALL=1 asks for every test")
        pytest.skip("GnuPG is missing, and nothing else here makes a protected key")
    material = protected_pgp_key()

    assert read(KeyType.PGP_PRIVATE_KEY, material, PASSPHRASE).algorithm == "OpenPGP"
    assert refused(KeyType.PGP_PRIVATE_KEY, material, "wrong")[0] == "passphrase"
    assert refused(KeyType.PGP_PRIVATE_KEY, material)[0] == "passphrase"
