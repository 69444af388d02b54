"""Secrets: sealed with keys that live outside the database, hashed for look-ups, masked when shown."""

from tessera.platform.secrets.errors import BrokenSealError, KeyFileError, KeyNotFoundError, SecretError
from tessera.platform.secrets.files import load_keys, rotate_keys
from tessera.platform.secrets.masks import Masker, mask
from tessera.platform.secrets.rings import Key, KeyRing
from tessera.platform.secrets.values import MASK, Secret

__all__ = [
    "MASK",
    "BrokenSealError",
    "Key",
    "KeyFileError",
    "KeyNotFoundError",
    "KeyRing",
    "Masker",
    "Secret",
    "SecretError",
    "load_keys",
    "mask",
    "rotate_keys",
]
