"""Decisions on memberships, programs and tiers: values in, values out."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from tessera.loyalty.values.memberships import NewMembership

T = TypeVar("T", bound=Hashable)


def settle_primaries(items: Sequence[NewMembership]) -> Sequence[NewMembership]:
    """Leave each account one primary membership: the last that asks for it."""
    last: dict[UUID, int] = {}
    claims = 0
    for place, item in enumerate(items):
        if item.is_primary:
            last[item.account_id] = place
            claims += 1
    if claims == len(last):
        return items
    return [
        replace(item, is_primary=False) if item.is_primary and last[item.account_id] != place else item
        for place, item in enumerate(items)
    ]


def find_double(values: Iterable[T]) -> T | None:
    """Return the first value that comes a second time."""
    seen: set[T] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def find_misplaced_tier(items: Iterable[NewMembership], programs: dict[UUID, UUID]) -> UUID | None:
    """Return the first tier that is unknown or of another program than its membership; `programs` is by tier."""
    for item in items:
        if item.tier_id is not None and programs.get(item.tier_id) != item.program_id:
            return item.tier_id
    return None
