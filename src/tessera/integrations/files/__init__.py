"""Files in other people's stores: one contract for every kind, with errors that say whether to try again."""

from tessera.integrations.files.contract import (
    FileCapabilities,
    FileInfo,
    FilePage,
    FileStore,
)
from tessera.integrations.files.errors import (
    FileError,
    FileMissingError,
    FileNameInvalidError,
    FileStoreForbiddenError,
    FileStoreMissingError,
    FileStoreRefusedError,
    FileStoreUnreachableError,
    FileTransferBrokenError,
    HostKeyChangedError,
    StoreCredentialsError,
)

__all__ = [
    "FileCapabilities",
    "FileError",
    "FileInfo",
    "FileMissingError",
    "FileNameInvalidError",
    "FilePage",
    "FileStore",
    "FileStoreForbiddenError",
    "FileStoreMissingError",
    "FileStoreRefusedError",
    "FileStoreUnreachableError",
    "FileTransferBrokenError",
    "HostKeyChangedError",
    "StoreCredentialsError",
]
