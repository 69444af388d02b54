"""Failures of second factors, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, InvalidError


class FactorExistsError(ConflictError):
    """The user has a second factor already."""

    code = "second_factor_exists"


class FactorMissingError(ConflictError):
    """The user has no second factor, or has begun none."""

    code = "second_factor_missing"


class CodeWrongError(InvalidError):
    """A code of a second factor is wrong, too old, or was used."""

    code = "second_factor_code_wrong"
