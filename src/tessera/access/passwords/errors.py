"""What a user or a password may not be."""

from tessera.platform.errors import InvalidError


class UserInvalidError(InvalidError):
    """A property of a user cannot be used."""

    code = "user_invalid"
