"""This room's failures, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class UrlNotAllowedError(InvalidError):
    """An address that this deployment does not send to."""

    code = "url_not_allowed"


class ProfileNotFoundError(NotFoundError):
    """No such connection profile among those the actor may see."""

    code = "connection_profile_not_found"


class VariantFrozenError(ConflictError):
    """The authentication type is chosen at creation, once."""

    code = "auth_type_immutable"


class NotCopyableError(ConflictError):
    """Profiles of this type cannot be copied."""

    code = "not_copyable"


class NotTestableError(ConflictError):
    """Profiles of this type have nothing to test."""

    code = "not_testable"


class ProfileDisabledError(ConflictError):
    """A disabled or incomplete profile cannot be selected or used."""

    code = "profile_disabled"
