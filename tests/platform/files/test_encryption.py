"""Encrypted files, opened by the library and by GnuPG."""

import os
import resource
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest
from tests.builders.key_files import PASSPHRASE, pgp_key

from tessera.platform.clock import now
from tessera.platform.files import EncryptionRefusedError, ScratchUnavailableError, SigningKey, encrypt_file

GPG = shutil.which("gpg")
PARTNER = """%no-protection
Key-Type: {}
Subkey-Type: {}
Name-Email: partner@example.com
Expire-Date: 0
%commit
"""
OLD_KINDS = ("RSA\nKey-Length: 2048", "RSA\nSubkey-Length: 2048")
NEW_KINDS = ("EdDSA\nKey-Curve: ed25519", "ECDH\nSubkey-Curve: cv25519")
CONTENT = b"number,name\n1,Ann\n" * 50_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "members.csv"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def gpg_home() -> Iterator[Path]:
    """Give a key ring of its own; the path is short, as its socket's name must be."""
    if GPG is None:
        if os.environ.get("TESSERA_REQUIRE_ALL") == "1":
            pytest.fail("GnuPG is missing, and TESSERA_REQUIRE_ALL=1 asks for every test")
        pytest.skip("GnuPG (gpg) is not installed")
    with tempfile.TemporaryDirectory(prefix="gpg") as folder:
        yield Path(folder)
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=False, capture_output=True)


def gpg(home: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [str(GPG), "--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=True)


def decrypt(path: Path, private: str) -> bytes:
    decrypted = pysequoia.decrypt(path.read_bytes(), pysequoia.Tsk.from_bytes(private.encode()).decryptor(None))
    assert decrypted.bytes is not None
    return decrypted.bytes


@pytest.mark.parametrize("armored", [False, True])
def test_each_recipient_opens_the_file_alone(source: Path, tmp_path: Path, armored: bool) -> None:
    (first, first_public), (second, second_public) = pgp_key(), pgp_key()
    target = tmp_path / "members.pgp"
    encrypt_file(source, target, [first_public, second_public], now=now(), armored=armored)

    assert decrypt(target, first) == decrypt(target, second) == CONTENT
    assert target.read_bytes().startswith(b"-----BEGIN PGP MESSAGE") is armored
    assert b"number,name" not in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("kinds", [OLD_KINDS, NEW_KINDS], ids=["rsa", "curve25519"])
def test_gnupg_opens_the_file_and_knows_the_signer(
    source: Path, tmp_path: Path, gpg_home: Path, kinds: tuple[str, str]
) -> None:
    gpg(gpg_home, "--generate-key", given=PARTNER.format(*kinds).encode())
    public = gpg(gpg_home, "--armor", "--export").stdout.decode()
    private, our_public = pgp_key()
    gpg(gpg_home, "--import", given=our_public.encode())
    target = tmp_path / "members.pgp"

    encrypt_file(source, target, [public], now=now(), signer=SigningKey(private))
    opened = gpg(gpg_home, "--decrypt", str(target))

    assert opened.stdout == CONTENT
    assert b'Good signature from "Ada <ada@example.com>"' in opened.stderr


def test_signing_key_with_a_passphrase_signs(source: Path, tmp_path: Path, gpg_home: Path) -> None:
    gpg(
        gpg_home,
        "--passphrase",
        PASSPHRASE,
        "--quick-generate-key",
        "Us <us@example.com>",
        "default",
        "default",
        "never",
    )
    private = gpg(gpg_home, "--passphrase", PASSPHRASE, "--armor", "--export-secret-keys").stdout.decode()
    partner, public = pgp_key()
    target = tmp_path / "members.pgp"

    encrypt_file(source, target, [public], now=now(), signer=SigningKey(private, PASSPHRASE))
    assert decrypt(target, partner) == CONTENT
    for passphrase in (None, "wrong"):
        with pytest.raises(EncryptionRefusedError, match="its passphrase does not open it"):
            encrypt_file(source, target, [public], now=now(), signer=SigningKey(private, passphrase))


def test_dead_key_is_refused(source: Path, tmp_path: Path) -> None:
    """The library itself would encrypt to it."""
    private, public = pgp_key(seconds=86_400)
    key = pysequoia.Tsk.from_bytes(private.encode())
    certificate = key.extract_certificate()
    revoked = str(pysequoia.Cert.from_bytes(bytes(certificate) + bytes(certificate.revoke(key.certifier(None)))))
    later = datetime.now(UTC) + timedelta(days=2)
    target = tmp_path / "members.pgp"

    with pytest.raises(EncryptionRefusedError, match=f"{certificate.fingerprint.upper()} expired on"):
        encrypt_file(source, target, [public], now=later)
    with pytest.raises(EncryptionRefusedError, match="was revoked"):
        encrypt_file(source, target, [revoked], now=now())
    with pytest.raises(EncryptionRefusedError, match="expired on"):
        encrypt_file(source, target, [pgp_key()[1]], now=later, signer=SigningKey(private))
    assert not target.exists()


def test_key_without_a_part_that_encrypts_is_refused(source: Path, tmp_path: Path, gpg_home: Path) -> None:
    gpg(gpg_home, "--passphrase", "", "--quick-generate-key", "Signer <s@example.com>", "ed25519", "sign", "never")
    public = gpg(gpg_home, "--armor", "--export").stdout.decode()

    for recipients in ([public], [pgp_key()[1], public], ["no key"], []):
        with pytest.raises(EncryptionRefusedError) as caught:
            encrypt_file(source, tmp_path / "x", recipients, now=now())
        assert "stack" not in str(caught.value).lower()


def test_full_disk_is_temporary(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ScratchUnavailableError, match="no space left on device"):
        encrypt_file(source, Path("/dev/full"), [pgp_key()[1]], now=now())
    with pytest.raises(ScratchUnavailableError, match="no such file or directory"):
        encrypt_file(source, tmp_path / "nowhere" / "x", [pgp_key()[1]], now=now())


def test_signing_key_does_not_print() -> None:
    assert "secret" not in repr(SigningKey("secret material", "secret passphrase"))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    source, public = tmp_path / "large", pgp_key()[1]
    with source.open("wb") as file:
        file.truncate(200_000_000)
    encrypt_file(source, tmp_path / "x", [public], now=now())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    encrypt_file(source, tmp_path / "x", [public], now=now())

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert (tmp_path / "x").stat().st_size > 100_000
