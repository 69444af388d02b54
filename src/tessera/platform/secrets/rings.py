"""The key ring: seals texts with its newest key, opens with any, and hashes with its oldest."""

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tessera.platform.secrets.errors import BrokenSealError, KeyNotFoundError
from tessera.platform.secrets.values import Secret

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a ring. Its material is never used itself: each use has a key derived from it."""

    id: str
    material: bytes = field(repr=False)
    created_at: datetime


def make_key(now: datetime) -> Key:
    """Draw a new key."""
    return Key(id=secrets.token_hex(4), material=os.urandom(KEY_BYTES), created_at=now)


def stretch(key: Key, use: str) -> bytes:
    """Derive the key for one use, so that no two uses ever share one."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"tessera {use}".encode()).derive(key.material)


class KeyRing:
    """Keys in order of age, oldest first.

    The newest seals. The oldest hashes and derives, because those values cannot be made again after a rotation: the
    text behind a stored digest is not known, and database logins keep their passwords until they are changed.
    So a rotation changes nothing that exists, and the oldest key stays in the ring as long as the installation.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise ValueError("A key ring needs a key.")
        self.keys = tuple(keys)
        self._ciphers = {key.id: AESGCM(stretch(key, "seal")) for key in keys}
        self._digest_key = stretch(keys[0], "digest")

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(key.id for key in self.keys)})"

    @property
    def newest(self) -> Key:
        """The key that seals."""
        return self.keys[-1]

    @property
    def oldest(self) -> Key:
        """The key that hashes and derives."""
        return self.keys[0]

    def seal(self, text: str, purpose: str) -> str:
        """Encrypt a text so that it opens for the same purpose only: `v1.<key id>.<base64>`."""
        key_id, nonce = self.newest.id, os.urandom(NONCE_BYTES)
        box = nonce + self._ciphers[key_id].encrypt(nonce, text.encode(), bind(key_id, purpose))
        return f"{VERSION}.{key_id}.{base64.urlsafe_b64encode(box).decode()}"

    def open(self, sealed: str, purpose: str) -> Secret:
        """Decrypt what `seal` made with any key of this ring."""
        key_id, box = split(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise KeyNotFoundError(
                f"A secret is sealed with key {key_id}, which the key ring does not hold. "
                "Put the key file back that was in use when the secret was saved, or save the secret again."
            )
        try:
            return Secret(cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bind(key_id, purpose)).decode())
        except (InvalidTag, ValueError):
            raise broken() from None

    def is_current(self, sealed: str) -> bool:
        """Return whether the newest key sealed this."""
        return split(sealed)[0] == self.newest.id

    def reseal(self, sealed: str, purpose: str) -> str:
        """Return the same secret under the newest key; what is current already stays as it is."""
        return sealed if self.is_current(sealed) else self.seal(self.open(sealed, purpose).reveal(), purpose)

    def digest(self, text: str, purpose: str) -> bytes:
        """Hash a text for look-ups; without the key, texts cannot be tried against a stolen table."""
        # The length keeps purpose and text apart: ("ab", "c") and ("a", "bc") must differ.
        return hmac.digest(self._digest_key, f"{len(purpose)}:{purpose}:{text}".encode(), "sha256")

    def derive(self, purpose: str) -> str:
        """Return the password that belongs to a purpose: the same one every time, in URL-safe characters."""
        return base64.urlsafe_b64encode(stretch(self.oldest, f"derive {purpose}")).decode().rstrip("=")


def bind(key_id: str, purpose: str) -> bytes:
    """Return what is sealed along: a text moved to another column or key does not open."""
    return f"{VERSION}.{key_id}.{purpose}".encode()


def split(sealed: str) -> tuple[str, bytes]:
    """Take a sealed text apart into key id and box."""
    version, _, rest = sealed.partition(".")
    key_id, dot, box = rest.partition(".")
    if version != VERSION or not dot:
        raise broken()
    try:
        return key_id, base64.b64decode(box, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise broken() from None


def broken() -> BrokenSealError:
    """Say that a seal does not open, and nothing about what is in it."""
    return BrokenSealError(
        "A stored secret does not open: it was changed, or belongs to another place. Save the secret again."
    )
