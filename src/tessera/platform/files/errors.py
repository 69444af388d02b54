"""What can go wrong with files on this machine's disk."""

from tessera.platform.errors import ConflictError, UnavailableError


class ScratchUnavailableError(UnavailableError):
    """The disk is full, or the folder cannot be written: later, or after an operator's help, it may be."""

    code = "scratch_unavailable"


class EncryptionRefusedError(ConflictError):
    """A key cannot encrypt or sign: it expired, was revoked, or has no part for it."""

    code = "file_encryption_refused"
