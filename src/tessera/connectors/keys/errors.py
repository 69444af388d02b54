"""Failures of encryption keys."""

from tessera.platform.errors import InvalidError, NotFoundError


class EncryptionKeyNotFoundError(NotFoundError):
    """No such encryption key among those the actor may see."""

    code = "encryption_key_not_found"


class EncryptionKeyInvalidError(InvalidError):
    """Key material that does not open, or is of another type than was said."""

    code = "encryption_key_invalid"
