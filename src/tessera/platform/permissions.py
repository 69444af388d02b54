"""What permissions are about. Each room declares its resources; the wiring names the places, in the order of pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tessera.platform.lazy_imports import load_place

# Tuples of resources as `module:NAME`.
PLACES: list[str] = []


@dataclass(frozen=True, slots=True)
class Resource:
    """What permissions are about. `levels` maps a level to what it allows; a higher one includes the lower."""

    key: str
    label: str
    levels: dict[str, str]


def register_resources(places: Sequence[str]) -> None:
    """Make the rooms' resources known, each place as `module:NAME`; this replaces an earlier call."""
    PLACES[:] = places
    list_resources.cache_clear()


@cache
def list_resources() -> tuple[Resource, ...]:
    """Return every resource, in the order of the matrix."""
    return tuple(resource for place in PLACES for resource in load_place(place))


def list_permissions() -> Iterator[str]:
    """Yield every permission, by resource and level."""
    for resource in list_resources():
        yield from (f"{resource.key}:{level}" for level in resource.levels)
