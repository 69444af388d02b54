"""Files encrypted by OpenPGP, from file to file, so that memory stays bounded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tessera.platform.files.errors import EncryptionRefusedError
from tessera.platform.files.scratch import scratch_fault

if TYPE_CHECKING:
    from pysequoia import Cert, PySigner

# The library answers with a RuntimeError whose text is a stack trace: only that it fails is shown.
FOREIGN = (RuntimeError, ValueError)
OS_ERROR = re.compile(r"\(os error (\d+)\)")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An OpenPGP private key, and what opens it."""

    material: str
    passphrase: str | None = None

    def __repr__(self) -> str:
        return "SigningKey(…)"


def encrypt_file(
    source: Path,
    target: Path,
    recipients: Sequence[str],
    *,
    now: datetime,
    signer: SigningKey | None = None,
    armored: bool = False,
) -> None:
    """Encrypt a file to OpenPGP public keys, each of which can decrypt it alone; the target is written over.

    The work is done in a thread of the caller's choice: 400 MB take 2 seconds, and 23 MB of memory.
    """
    import pysequoia

    certificates = [read_recipient(recipient, now) for recipient in recipients]
    if not certificates:
        raise EncryptionRefusedError("There is no key to encrypt the file to. Choose a PGP public key.")
    opened = None if signer is None else open_signer(signer, now)
    try:
        # The library would create it for everybody to read.
        target.touch(mode=0o600)
        pysequoia.encrypt_file(source, target, certificates, opened, armor=armored)
    except OSError as error:
        raise scratch_fault(target.parent, error) from None
    except RuntimeError as error:
        # The keys were proven before, so this is the disk.
        found = OS_ERROR.search(str(error))
        raise scratch_fault(target.parent, OSError(int(found[1]), "") if found else OSError()) from None


def check_recipient(material: str, now: datetime) -> None:
    """Refuse a key that files cannot be encrypted to at this moment."""
    read_recipient(material, now)


def check_signer(key: SigningKey, now: datetime) -> None:
    """Refuse a key that files cannot be signed with at this moment."""
    open_signer(key, now)


def read_recipient(material: str, now: datetime) -> "Cert":
    """Return a certificate that files may be encrypted to at this moment."""
    import pysequoia

    try:
        certificate = pysequoia.Cert.from_bytes(material.encode())
        check_alive(certificate, now)
        # The library says only while it encrypts whether a key can; the few bytes are thrown away.
        pysequoia.encrypt(b"", [certificate])
    except FOREIGN:
        raise EncryptionRefusedError(
            "A file cannot be encrypted to this key: it is no OpenPGP public key, or has no part that encrypts. "
            "Ask its owner for another one."
        ) from None
    return certificate


def open_signer(key: SigningKey, now: datetime) -> "PySigner":
    """Return what signs; a key that expired makes no signature that anybody would believe."""
    import pysequoia

    try:
        opened = pysequoia.Tsk.from_bytes(key.material.encode())
        check_alive(opened.extract_certificate(), now)
        return opened.signer(key.passphrase)
    except FOREIGN:
        raise EncryptionRefusedError(
            "The file cannot be signed with this key: its passphrase does not open it, or it has no part that signs. "
            "Choose another PGP private key."
        ) from None


def check_alive(certificate: "Cert", now: datetime) -> None:
    """Refuse a key that was revoked or has expired: the library would use it."""
    if certificate.is_revoked:
        raise EncryptionRefusedError(f"{name_of(certificate)} was revoked by its owner. Ask for the new key.")
    if certificate.expiration is not None and certificate.expiration <= now:
        raise EncryptionRefusedError(
            f"{name_of(certificate)} expired on {certificate.expiration:%Y-%m-%d}. Ask its owner for a new one."
        )


def name_of(certificate: "Cert") -> str:
    """Return how people recognise a key."""
    return f"the key {certificate.fingerprint.upper()}"
