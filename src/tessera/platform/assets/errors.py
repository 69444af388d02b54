"""Failures that every kind of asset has, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class SettingsInvalidError(InvalidError):
    """Settings of a connector that do not fit; `faults` maps each property to what is wrong with it."""

    code = "validation_failed"


class NameInvalidError(InvalidError):
    """A label or internal name that cannot be used."""

    code = "internal_name_invalid"


class NameAmbiguousError(ConflictError):
    """Several chains have an asset of that internal name."""

    code = "internal_name_ambiguous"


class NameTakenError(ConflictError):
    """Another asset of the kind has the internal name."""

    code = "internal_name_taken"


class ChainNotFoundError(NotFoundError):
    """No such chain among those the actor may see."""

    code = "chain_not_found"


class InUseError(ConflictError):
    """Something still refers to the thing."""

    code = "in_use"


class VersionConflictError(ConflictError):
    """The thing was changed by another user in the meantime."""

    code = "version_conflict"
