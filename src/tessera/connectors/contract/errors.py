"""Failures that a connector type raises by itself."""

from tessera.platform.errors import ConflictError


class TooManyProfilesError(ConflictError):
    """The type allows no further profile in the chain."""

    code = "too_many_profiles"
