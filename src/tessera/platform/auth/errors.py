"""What can go wrong with users and sign-in.

InvalidError
  UserInvalidError     a property of a user cannot be used
ConflictError
  EmailTakenError      another user signs in with this address
NotFoundError
  UserNotFoundError    no such user
UnavailableError
  SignInDelayedError   too many failures; try again later
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, UnavailableError


class UserInvalidError(InvalidError):
    """A property of a user cannot be used."""

    code = "user_invalid"


class EmailTakenError(ConflictError):
    """Another user signs in with this address."""

    code = "email_taken"


class UserNotFoundError(NotFoundError):
    """No such user."""

    code = "user_not_found"


class SignInDelayedError(UnavailableError):
    """Too many failures of this account or from this address; whether the account exists makes no difference."""

    code = "sign_in_delayed"
