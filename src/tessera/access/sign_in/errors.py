"""What can go wrong with users, roles, sign-in and API keys.

InvalidError
  UserInvalidError        a property of a user cannot be used
  RoleInvalidError        a property of a role cannot be used
  ApiKeyInvalidError      a property of an API key cannot be used
DeniedError
  GrantExceedsError       a grant exceeds what the actor holds
  UserExceedsError        the user to change holds more than the actor
  RoleReachError          roles are for every chain
  ApiKeyScopeError        a key cannot have more than its maker
ConflictError
  EmailTakenError         another user signs in with this address
  LastAdministratorError  no user would be left who may do everything
  RoleTakenError          another role has this name
  RoleBuiltInError        built-in roles stay as they are
  RoleInUseError          the role is held
  ApiKeyRevokedError      a revoked key stays revoked
NotFoundError
  UserNotFoundError       no such user within reach
  RoleNotFoundError       no such role
  ApiKeyNotFoundError     no such key within reach
  ApiKeyChainError        no such chain within reach
UnavailableError
  SignInDelayedError      too many failures; try again later

Second factors, resets and identities have theirs below.
"""

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, UnavailableError


class SignInDelayedError(UnavailableError):
    """Too many failures of this account or from this address; whether the account exists makes no difference."""

    code = "sign_in_delayed"


class PasswordWrongError(InvalidError):
    """The current password is another one."""

    code = "password_wrong"


class StepExpiredError(DeniedError):
    """The second step of a sign-in came too late, or from another browser."""

    code = "sign_in_step_expired"


class ResetInvalidError(DeniedError):
    """A link to set a new password is unknown, used, or too old."""

    code = "password_reset_invalid"


class IdentityNotLinkedError(DeniedError):
    """The identity provider knows this person, and Tessera has no user for them."""

    code = "identity_not_linked"


class IdentityTakenError(ConflictError):
    """The identity belongs to another user."""

    code = "identity_taken"


class PasswordSignInOffError(DeniedError):
    """This deployment does not allow sign-in by password."""

    code = "password_sign_in_off"
