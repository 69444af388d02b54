"""Key files for tests, made on the spot: for SSH in every format, and for OpenPGP."""

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pysequoia

PASSPHRASE = "a quiet sentence"


@cache
def ssh_key(kind: str = "ed25519", form: str = "RFC4716", passphrase: str = "") -> str:
    """Return a private key as `ssh-keygen` writes it: RFC4716 is OpenSSH's own format, PEM and PKCS8 the older ones."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        size = ["-b", "2048"] if kind == "rsa" else []
        command = ["ssh-keygen", "-q", "-t", kind, *size, "-m", form, "-N", passphrase, "-C", "test", "-f", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path.read_text()


def pgp_key(*, seconds: int | None = None) -> tuple[str, str]:
    """Return an OpenPGP key without a passphrase: the private and the public part."""
    key = pysequoia.Tsk.generate("Ada <ada@example.com>", validity_seconds=seconds)
    return str(key), str(key.extract_certificate())


@cache
def protected_pgp_key() -> str:
    """Return an OpenPGP private key that GnuPG protected with the passphrase."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GNUPGHOME": folder}
        gpg = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE]
        made = [*gpg, "--quick-generate-key", "Ada <ada@example.com>", "future-default", "default", "never"]
        subprocess.run(made, check=True, capture_output=True, env=environment)
        exported = subprocess.run(
            [*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True, env=environment
        )
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False, capture_output=True, env=environment)
        return exported.stdout.decode()
