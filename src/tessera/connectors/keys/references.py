"""Which properties lead to encryption keys, and what a key is sealed for."""

from uuid import UUID

from tessera.connectors.contract import Property, PropertyKind
from tessera.connectors.keys.material import KeyType

ENCRYPTION_KEY = "encryption_key"


def material_purpose(key_id: UUID) -> str:
    """Return what a key's material is sealed for: it opens nowhere else."""
    return f"encryption-key:{key_id}:material"


def passphrase_purpose(key_id: UUID) -> str:
    """Return what a key's passphrase is sealed for."""
    return f"encryption-key:{key_id}:passphrase"


def wanted_type(each: Property) -> KeyType | None:
    """Return the type of key that the property leads to, if it leads to one."""
    if each.kind is not PropertyKind.REFERENCE or each.refers_to is None:
        return None
    noun, _, kind = each.refers_to.partition(":")
    return KeyType(kind) if noun == ENCRYPTION_KEY else None
