"""What can go wrong with users, sign-in and API keys.

InvalidError
  UserInvalidError     a property of a user cannot be used
  ApiKeyInvalidError   a property of an API key cannot be used
DeniedError
  ApiKeyScopeError     a key cannot have more than its maker
ConflictError
  EmailTakenError      another user signs in with this address
  ApiKeyRevokedError   a revoked key stays revoked
NotFoundError
  UserNotFoundError    no such user
  ApiKeyNotFoundError  no such key within reach
  ApiKeyChainError     no such chain within reach
UnavailableError
  SignInDelayedError   too many failures; try again later
"""

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError, UnavailableError


class UserInvalidError(InvalidError):
    """A property of a user cannot be used."""

    code = "user_invalid"


class EmailTakenError(ConflictError):
    """Another user signs in with this address."""

    code = "email_taken"


class UserNotFoundError(NotFoundError):
    """No such user."""

    code = "user_not_found"


class ApiKeyInvalidError(InvalidError):
    """A property of an API key cannot be used."""

    code = "api_key_invalid"


class ApiKeyScopeError(DeniedError):
    """An API key cannot do what its maker may not do."""

    code = "api_key_exceeds_maker"


class ApiKeyRevokedError(ConflictError):
    """A revoked API key stays revoked."""

    code = "api_key_revoked"


class ApiKeyNotFoundError(NotFoundError):
    """No such API key within the actor's reach."""

    code = "api_key_not_found"


class ApiKeyChainError(NotFoundError):
    """An API key cannot see a chain that its maker does not see."""

    code = "api_key_chain_unknown"


class SignInDelayedError(UnavailableError):
    """Too many failures of this account or from this address; whether the account exists makes no difference."""

    code = "sign_in_delayed"
