"""What can go wrong with users, roles, sign-in and API keys.

InvalidError
  UserInvalidError        a property of a user cannot be used
  RoleInvalidError        a property of a role cannot be used
  ApiKeyInvalidError      a property of an API key cannot be used
DeniedError
  GrantExceedsError       nobody grants more than they hold
  UserExceedsError        nobody changes a user who holds more
  RoleReachError          roles are for every chain
  ApiKeyScopeError        a key cannot have more than its maker
ConflictError
  EmailTakenError         another user signs in with this address
  UserChangedError        somebody else changed the user meanwhile
  LastAdministratorError  nobody would be left who may do everything
  RoleTakenError          another role has this name
  RoleBuiltInError        built-in roles stay as they are
  RoleInUseError          somebody holds the role
  RoleChangedError        somebody else changed the role meanwhile
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


class UserExceedsError(DeniedError):
    """A user is not changed by somebody who holds less: a new password would be a way to the rest."""

    code = "user_exceeds_actor"


class UserChangedError(ConflictError):
    """Somebody else changed the user in the meantime."""

    code = "user_changed"


class LastAdministratorError(ConflictError):
    """One enabled user always may do everything in every chain."""

    code = "last_administrator"


class GrantExceedsError(DeniedError):
    """Nobody grants more than they hold."""

    code = "grant_exceeds_holder"


class RoleInvalidError(InvalidError):
    """A property of a role cannot be used."""

    code = "role_invalid"


class RoleExceedsError(DeniedError):
    """A role that holds more than the actor is neither changed nor deleted by them."""

    code = "role_exceeds_actor"


class RoleReachError(DeniedError):
    """Roles are for every chain: who sees only some does not change them."""

    code = "role_beyond_reach"


class RoleTakenError(ConflictError):
    """Another role has this label or internal name."""

    code = "role_taken"


class RoleBuiltInError(ConflictError):
    """Built-in roles stay as they are."""

    code = "role_built_in"


class RoleInUseError(ConflictError):
    """A role that somebody holds is not deleted; `holders` are the first of them."""

    code = "role_in_use"


class RoleChangedError(ConflictError):
    """Somebody else changed the role in the meantime."""

    code = "role_changed"


class RoleNotFoundError(NotFoundError):
    """No such role."""

    code = "role_not_found"


class ApiKeyInvalidError(InvalidError):
    """A property of an API key cannot be used."""

    code = "api_key_invalid"


class ApiKeyScopeError(DeniedError):
    """An API key cannot do what its maker may not do."""

    code = "api_key_exceeds_maker"


class ApiKeyExceedsError(DeniedError):
    """A key that holds more than the actor is neither switched nor revoked by them."""

    code = "api_key_exceeds_actor"


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


class PasswordWrongError(InvalidError):
    """The current password is another one."""

    code = "password_wrong"


class SessionNotFoundError(NotFoundError):
    """No such session of this user."""

    code = "session_not_found"


class FactorExistsError(ConflictError):
    """The user has a second factor already."""

    code = "second_factor_exists"


class FactorMissingError(ConflictError):
    """The user has no second factor, or has begun none."""

    code = "second_factor_missing"


class CodeWrongError(InvalidError):
    """A code of a second factor is wrong, too old, or was used."""

    code = "second_factor_code_wrong"


class StepExpiredError(DeniedError):
    """The second step of a sign-in came too late, or from another browser."""

    code = "sign_in_step_expired"


class ResetInvalidError(DeniedError):
    """A link to set a new password is unknown, used, or too old."""

    code = "password_reset_invalid"


class IdentityUnknownError(DeniedError):
    """The identity provider knows this person, and Tessera has no user for them."""

    code = "identity_unknown"


class IdentityTakenError(ConflictError):
    """The identity belongs to another user."""

    code = "identity_taken"


class PasswordSignInOffError(DeniedError):
    """This deployment lets nobody in by password."""

    code = "password_sign_in_off"
