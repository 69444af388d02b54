"""Reading key material: what a key is, whether its passphrase opens it, and how people recognise it. Pure."""

import struct
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tessera.connectors.keys.errors import EncryptionKeyInvalidError

if TYPE_CHECKING:
    from pysequoia import Tsk

LONGEST_MATERIAL = 100_000
LONGEST_PASSPHRASE = 1_000
# `ssh-keygen` takes 16 to 24 rounds; a key made to stop us for hours would take millions.
MOST_ROUNDS = 512
OPENSSH_MAGIC = b"openssh-key-v1\0"


class KeyType(StrEnum):
    """What an encryption key is for. Its first sort opens SFTP logins, whatever the algorithm."""

    RSA_PRIVATE_KEY = "rsa_private_key"
    PGP_PUBLIC_KEY = "pgp_public_key"
    PGP_PRIVATE_KEY = "pgp_private_key"

    @property
    def label(self) -> str:
        """The type as pages show it."""
        return LABELS[self]


LABELS = {
    KeyType.RSA_PRIVATE_KEY: "RSA Private Key",
    KeyType.PGP_PUBLIC_KEY: "PGP public key",
    KeyType.PGP_PRIVATE_KEY: "PGP private key",
}


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What may be shown of a key."""

    algorithm: str
    fingerprint: str
    expires_at: datetime | None = None


def read_material(kind: KeyType, material: str, passphrase: str | None, *, now: datetime) -> KeyFacts:
    """Return what the key is, or raise with what is wrong with it."""
    if len(material) > LONGEST_MATERIAL:
        raise material_fault(f"This is longer than {LONGEST_MATERIAL:,} characters, and no key. Paste the key alone.")
    if "\0" in material or not material.strip():
        raise material_fault("There is no key here. Paste the whole text of the key file, first and last line too.")
    if passphrase is not None and (len(passphrase) > LONGEST_PASSPHRASE or "\0" in passphrase):
        raise passphrase_fault(f"A passphrase has at most {LONGEST_PASSPHRASE:,} characters, none of code zero.")
    return READERS[kind](material, passphrase, now)


def read_ssh_key(material: str, passphrase: str | None, _now: datetime) -> KeyFacts:
    """Open a private key for SSH, of any algorithm that the client can use."""
    import asyncssh
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if "PRIVATE KEY" not in material:
        raise material_fault(
            "This is not a private key for SSH. Paste the file that begins with -----BEGIN … PRIVATE KEY."
        )
    encrypted, rounds = read_protection(material)
    if rounds > MOST_ROUNDS:
        raise material_fault(f"The passphrase of this key takes {rounds:,} rounds; at most {MOST_ROUNDS} are allowed.")
    if encrypted and not passphrase:
        raise passphrase_fault("The key is protected by a passphrase. Give it, or a key without one.")
    if passphrase and not encrypted:
        raise passphrase_fault("This key has no passphrase. Leave the field empty.")
    try:
        key = asyncssh.import_private_key(material, passphrase or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        if encrypted:
            raise passphrase_fault("This passphrase does not open the key. Type it again.") from None
        raise material_fault("This private key cannot be read. Paste the whole file, unchanged.") from None
    algorithm = SSH_NAMES.get(key.get_algorithm(), key.get_algorithm())
    size = f" {key.pyca_key.key_size}" if isinstance(key.pyca_key, RSAPrivateKey) else ""
    return KeyFacts(f"{algorithm}{size}", key.get_fingerprint("sha256"))


def read_protection(material: str) -> tuple[bool, int]:
    """Return whether a key is encrypted, and how often its passphrase is stretched where the format says so."""
    lines = material.strip().splitlines()
    try:
        data = b64decode("".join(line.strip() for line in lines[1:-1]))
        if data.startswith(OPENSSH_MAGIC):
            cipher, rest = take(data[len(OPENSSH_MAGIC) :])
            options, _ = take(take(rest)[1])
            return cipher != b"none", struct.unpack(">I", take(options)[1][:4])[0] if options else 0
    except (NoBase64, struct.error, ValueError):
        pass  # another format, which says it in its head
    return "ENCRYPTED" in material, 0


def take(data: bytes) -> tuple[bytes, bytes]:
    """Split off a string of SSH: its length, then itself."""
    (length,) = struct.unpack(">I", data[:4])
    return data[4 : 4 + length], data[4 + length :]


def read_pgp_public_key(material: str, passphrase: str | None, now: datetime) -> KeyFacts:
    """Read an OpenPGP certificate that files can be encrypted to."""
    import pysequoia

    if passphrase:
        raise passphrase_fault("A public key has no passphrase. Leave the field empty.")
    if "PRIVATE KEY" in material:
        raise material_fault(
            "This is a private key. Paste the partner's public key, or choose the type PGP private key."
        )
    # The library answers with a RuntimeError whose text is a stack trace: only that it fails is shown.
    try:
        certificate = pysequoia.Cert.from_bytes(material.encode())
        revoked, expires_at = certificate.is_revoked, certificate.expiration
    except RuntimeError:
        raise material_fault(
            "This is not an OpenPGP public key. Paste the block from -----BEGIN PGP PUBLIC KEY."
        ) from None
    if revoked:
        raise material_fault("The owner has revoked this key. Ask for the new one.")
    if expires_at is not None and expires_at <= now:
        raise material_fault(f"This key expired on {expires_at:%Y-%m-%d}. Ask for a new one.")
    return KeyFacts("OpenPGP", certificate.fingerprint.upper(), expires_at)


def read_pgp_private_key(material: str, passphrase: str | None, _now: datetime) -> KeyFacts:
    """Open an OpenPGP private key that files can be decrypted with; an expired one still opens old files."""
    import pysequoia

    if "PRIVATE KEY" not in material:
        raise material_fault("This is not an OpenPGP private key. Paste the block from -----BEGIN PGP PRIVATE KEY.")
    try:
        key = pysequoia.Tsk.from_bytes(material.encode())
        certificate = key.extract_certificate()
        expires_at = certificate.expiration
    except RuntimeError:
        raise material_fault("This OpenPGP private key cannot be read. Paste the whole block, unchanged.") from None
    if opens(key, None):
        if passphrase:
            raise passphrase_fault("This key has no passphrase. Leave the field empty.")
    elif not passphrase:
        raise passphrase_fault("The key is protected by a passphrase, or cannot decrypt. Give its passphrase.")
    elif not opens(key, passphrase):
        raise passphrase_fault("This passphrase does not open the key, or the key cannot decrypt. Type it again.")
    return KeyFacts("OpenPGP", certificate.fingerprint.upper(), expires_at)


def opens(key: "Tsk", passphrase: str | None) -> bool:
    """Say whether the key can decrypt with this passphrase."""
    try:
        key.decryptor(passphrase)
    except RuntimeError:
        return False
    return True


def material_fault(message: str) -> EncryptionKeyInvalidError:
    """Say what is wrong with the key."""
    return EncryptionKeyInvalidError(message, field="material")


def passphrase_fault(message: str) -> EncryptionKeyInvalidError:
    """Say what is wrong with the passphrase."""
    return EncryptionKeyInvalidError(message, field="passphrase")


SSH_NAMES = {
    "ssh-rsa": "RSA",
    "ssh-ed25519": "Ed25519",
    "ssh-ed448": "Ed448",
    "ecdsa-sha2-nistp256": "ECDSA P-256",
    "ecdsa-sha2-nistp384": "ECDSA P-384",
    "ecdsa-sha2-nistp521": "ECDSA P-521",
}
READERS: dict[KeyType, Callable[[str, str | None, datetime], KeyFacts]] = {
    KeyType.RSA_PRIVATE_KEY: read_ssh_key,
    KeyType.PGP_PUBLIC_KEY: read_pgp_public_key,
    KeyType.PGP_PRIVATE_KEY: read_pgp_private_key,
}
