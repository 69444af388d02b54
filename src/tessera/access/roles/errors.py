"""Failures of roles and grants, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError


class LastAdministratorError(ConflictError):
    """One enabled user always may do everything in every chain."""

    code = "last_administrator"


class GrantExceedsError(DeniedError):
    """An actor cannot grant more than they hold."""

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
    """A role that is held is not deleted; `holders` are the first of them."""

    code = "role_in_use"


class RoleNotFoundError(NotFoundError):
    """No such role."""

    code = "role_not_found"
