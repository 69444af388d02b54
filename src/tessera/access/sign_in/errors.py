"""Failures of signing in, each of one of the five kinds."""

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
