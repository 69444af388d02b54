"""Failures of users, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, DeniedError, NotFoundError


class EmailTakenError(ConflictError):
    """Another user signs in with this address."""

    code = "email_taken"


class UserNotFoundError(NotFoundError):
    """No such user."""

    code = "user_not_found"


class UserExceedsError(DeniedError):
    """A user is not changed by one who holds less: a new password would be a way to the rest."""

    code = "user_exceeds_actor"


class SessionNotFoundError(NotFoundError):
    """No such session of this user."""

    code = "session_not_found"
