"""Where the export kinds are."""

from collections.abc import Mapping

PLACES: dict[str, str] = {}


def register_kinds(places: Mapping[str, str]) -> None:
    """Let each kind be found at `module:name`; it is imported when it is first used."""
    PLACES.update(places)
