"""The grid of resources and levels, as pages show it and forms choose from it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tessera.platform.actors import LEVELS
from tessera.platform.permissions import list_resources


@dataclass(frozen=True, slots=True)
class GridRow:
    """One resource: what its levels allow, and the highest one held."""

    key: str
    label: str
    levels: Mapping[str, str]
    held: str | None

    def covers(self, level: str) -> bool:
        """Say whether what is held includes this level."""
        return self.held is not None and LEVELS.index(level) <= LEVELS.index(self.held)


def make_grid(permissions: Collection[str] | None) -> list[GridRow]:
    """Return a row for every resource; None is everything."""
    return [
        GridRow(resource.key, resource.label, resource.levels, held_level(resource.key, resource.levels, permissions))
        for resource in list_resources()
    ]


def held_level(key: str, levels: Collection[str], permissions: Collection[str] | None) -> str | None:
    """Return the highest level of a resource that is among the permissions."""
    held = [level for level in LEVELS if level in levels and (permissions is None or f"{key}:{level}" in permissions)]
    return held[-1] if held else None
