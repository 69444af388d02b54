"""Encryption keys: for SFTP logins and OpenPGP."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.keys.encryption_keys import (
        EncryptionKey,
        EncryptionKeyChange,
        NewEncryptionKey,
        create_encryption_key,
        delete_encryption_key,
        get_encryption_key,
        list_encryption_keys,
        list_key_users,
        reseal_encryption_keys,
        update_encryption_key,
    )
    from tessera.connectors.keys.errors import EncryptionKeyNotFoundError
    from tessera.connectors.keys.material import KeyType
    from tessera.connectors.keys.opened_keys import open_keys, resolve_keys
    from tessera.connectors.keys.references import material_purpose, passphrase_purpose, wanted_type
    from tessera.connectors.keys.store import list_choices, list_sealed
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EncryptionKey",
    "EncryptionKeyChange",
    "EncryptionKeyNotFoundError",
    "KeyType",
    "NewEncryptionKey",
    "create_encryption_key",
    "delete_encryption_key",
    "get_encryption_key",
    "list_choices",
    "list_encryption_keys",
    "list_key_users",
    "list_sealed",
    "material_purpose",
    "open_keys",
    "passphrase_purpose",
    "reseal_encryption_keys",
    "resolve_keys",
    "update_encryption_key",
    "wanted_type",
]
