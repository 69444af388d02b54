"""What can go wrong with secrets. No message ever holds a secret, a key or a sealed text.

SecretError
  KeyFileError       the key ring's file cannot be used; stops the start
  KeyNotFoundError   sealed with a key that this ring does not hold
  BrokenSealError    not sealed by us, changed since, or sealed for another purpose
"""

from tessera.platform.errors import InvalidError


class SecretError(InvalidError):
    """A secret or its key cannot be used."""

    code = "secret_invalid"


class KeyFileError(SecretError):
    """The key ring's file cannot be used."""

    code = "key_file_invalid"


class KeyNotFoundError(SecretError):
    """The ring lacks the key that sealed this."""

    code = "secret_key_not_found"


class BrokenSealError(SecretError):
    """The sealed text does not open for this purpose."""

    code = "secret_seal_broken"
