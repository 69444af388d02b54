"""Files in other people's stores: one contract for every kind, with errors that say whether to try again."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.files.contract import LARGEST_PAGE, FileCapabilities, FileInfo, FilePage, FileStore
    from tessera.connectors.files.errors import (
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
    from tessera.connectors.files.paths import check_name, check_prefix, clean_root, join, relative
    from tessera.platform.formats import WRITING, fault_of
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "LARGEST_PAGE",
    "WRITING",
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
    "check_name",
    "check_prefix",
    "clean_root",
    "fault_of",
    "join",
    "relative",
]
