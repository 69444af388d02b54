"""What can go wrong with files elsewhere. Each kind of store translates its library's failures into these, once.

FileError
  FileNameInvalidError      the name cannot be used in a store
  FileMissingError          there is no such file
  StoreCredentialsError     the store does not accept who we say we are
  HostKeyChangedError       the host shows another key than the pinned one
  FileStoreForbiddenError   the store knows us and does not allow it
  FileStoreMissingError     no such bucket, container or root folder
  FileStoreRefusedError     the store refuses for another reason; trying again will not help
  FileStoreUnreachableError no connection
  FileTransferBrokenError   the connection broke, or the store is not able just now
"""

from typing import ClassVar

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, TesseraError, UnavailableError


class FileError(TesseraError):
    """A failure of a file store; whether to try again depends on `permanent` alone."""

    permanent: ClassVar[bool] = True


class FileNameInvalidError(FileError, InvalidError):
    """The name leads out of the root, or holds what stores do not take."""

    code = "file_name_invalid"


class FileMissingError(FileError, NotFoundError):
    """There is no file of that name."""

    code = "file_missing"


class StoreCredentialsError(FileError, ConflictError):
    """The store refuses the credentials."""

    code = "store_credentials_refused"


class HostKeyChangedError(FileError, ConflictError):
    """None of the host's keys is the one that was pinned: it was changed, or another machine answers."""

    code = "host_key_changed"


class FileStoreForbiddenError(FileError, ConflictError):
    """The account may not do this in the store."""

    code = "file_store_forbidden"


class FileStoreMissingError(FileError, ConflictError):
    """The bucket, the container or the root folder is not there."""

    code = "file_store_missing"


class FileStoreRefusedError(FileError, ConflictError):
    """The store refuses, and would refuse again."""

    code = "file_store_refused"


class FileStoreUnreachableError(FileError, UnavailableError):
    """No connection to the store came about."""

    code = "file_store_unreachable"
    permanent = False


class FileTransferBrokenError(FileError, UnavailableError):
    """The connection broke, or the store is full or not able just now."""

    code = "file_transfer_broken"
    permanent = False
