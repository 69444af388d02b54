"""Whether an asset is still the one that the caller read."""

from tessera.platform.assets.errors import VersionConflictError


def check_version(label: str, stored: int, seen: int | None) -> None:
    """Raise unless the asset still has the version that the caller saw; None accepts any."""
    if seen is not None and seen != stored:
        raise changed_meanwhile(label)


def changed_meanwhile(label: str) -> VersionConflictError:
    """Return the refusal of a change to something that another caller changed first."""
    return VersionConflictError(f"{label} was changed by another user in the meantime. Read it again, then change it.")
