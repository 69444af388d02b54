"""Failures of chains and enterprises, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError


class ChainMissingError(InvalidError):
    """A user who sees every chain has to name the ones meant."""

    code = "chain_missing"


class ChainReachError(DeniedError):
    """Only a user who sees every chain creates one: others would not see it."""

    code = "chain_beyond_reach"


class ChainNameTakenError(ConflictError):
    """Another chain that is not archived has this name."""

    code = "chain_name_taken"


class EnterpriseNameTakenError(ConflictError):
    """Another enterprise of the chain has this name."""

    code = "enterprise_name_taken"


class TimeZoneError(InvalidError):
    """There is no time zone of that name."""

    code = "time_zone_invalid"


class ChainNotFoundError(NotFoundError):
    """No such chain within the actor's reach."""

    code = "chain_not_found"


class EnterpriseNotFoundError(NotFoundError):
    """No such enterprise within the actor's reach."""

    code = "enterprise_not_found"
